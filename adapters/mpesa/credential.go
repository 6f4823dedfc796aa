package mpesa

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
)

// securityCredential is base64(RSA PKCS#1 v1.5(password)): 344 characters under a 2048-bit key.
func securityCredential(key *rsa.PublicKey, password string) (string, error) {
	sealed, err := rsa.EncryptPKCS1v15(rand.Reader, key, []byte(password)) //nolint:staticcheck // the rail accepts no other padding
	if err != nil {
		return "", fmt.Errorf("mpesa: encrypt initiator password: %w", err)
	}
	return base64.StdEncoding.EncodeToString(sealed), nil
}
