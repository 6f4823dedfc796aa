package gcash

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The algorithms of the Signature header.
const (
	AlgorithmRSA  = "RSA256" // SHA256withRSA, PKCS #1 v1.5: the wallet's leg
	AlgorithmHMAC = "HS256"  // HMAC-SHA256: the sponsor bank's leg
)

// The headers of a signed message.
const (
	headerClient       = "Client-Id"
	headerRequestTime  = "Request-Time"
	headerResponseTime = "Response-Time"
	headerSignature    = "Signature"
)

// MinRSABits is the smallest RSA key that is accepted.
const MinRSABits = 2048

// minSecretBytes is the shortest HMAC secret that is accepted.
const minSecretBytes = 16

// maxSignatureHeader bounds the Signature header: a key of 8192 bits, percent-encoded, fits.
const maxSignatureHeader = 4096

// SignatureFault names why a signature was refused.
type SignatureFault string

// The faults of a signature.
const (
	SignatureMissing   SignatureFault = "missing_or_malformed"
	SignatureClient    SignatureFault = "another_client"
	SignatureAlgorithm SignatureFault = "another_algorithm"
	SignatureVersion   SignatureFault = "another_key_version"
	SignatureSkew      SignatureFault = "clock_skew"
	SignatureMismatch  SignatureFault = "does_not_verify"
)

// SignatureError says why a message is not taken for its sender's. The same message is refused again.
type SignatureError struct{ Fault SignatureFault }

func (e *SignatureError) Error() string { return "gcash: signature: " + string(e.Fault) }

// Signer signs what one client sends.
type Signer struct {
	client, version, algorithm string
	sign                       func(digester) ([]byte, error)
}

// Verifier checks what one peer sends: its client id, its pinned key version, its clock, its signature
// over the raw bytes.
type Verifier struct {
	client, version, algorithm string
	skew                       time.Duration
	verify                     func(digester, []byte) bool
}

// digester writes the signed text into a hash, without building it.
type digester func(io.Writer)

func signedText(method, path, client, at string, body []byte) digester {
	return func(w io.Writer) { // a hash never fails to be written
		_, _ = io.WriteString(w, method+" "+path+"\n"+client+"."+at+".")
		_, _ = w.Write(body)
	}
}

func (d digester) sha256() []byte {
	h := sha256.New()
	d(h)
	return h.Sum(nil)
}

func (d digester) hmac(secret []byte) []byte {
	h := hmac.New(sha256.New, secret)
	d(h)
	return h.Sum(nil)
}

// NewRSASigner signs with an RSA key in PEM (PKCS #8).
func NewRSASigner(client, version, privatePEM string) (*Signer, error) {
	der, err := pemBytes(privatePEM)
	if err != nil {
		return nil, fmt.Errorf("gcash: private key of %q: %w", client, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("gcash: private key of %q: %w", client, err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok || key.N.BitLen() < MinRSABits {
		return nil, fmt.Errorf("gcash: private key of %q: not RSA of at least %d bits", client, MinRSABits)
	}
	return &Signer{client: client, version: version, algorithm: AlgorithmRSA, sign: func(text digester) ([]byte, error) {
		return rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, text.sha256())
	}}, nil
}

// NewRSAVerifier verifies with an RSA key in PEM (PKIX). skew bounds how far the sender's clock may be off.
func NewRSAVerifier(client, version, publicPEM string, skew time.Duration) (*Verifier, error) {
	der, err := pemBytes(publicPEM)
	if err != nil {
		return nil, fmt.Errorf("gcash: public key of %q: %w", client, err)
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("gcash: public key of %q: %w", client, err)
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok || key.N.BitLen() < MinRSABits {
		return nil, fmt.Errorf("gcash: public key of %q: not RSA of at least %d bits", client, MinRSABits)
	}
	return &Verifier{client: client, version: version, algorithm: AlgorithmRSA, skew: skew, verify: func(text digester, signature []byte) bool {
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, text.sha256(), signature) == nil
	}}, nil
}

// NewHMACSigner signs with a shared secret of at least 16 bytes.
func NewHMACSigner(client, version, secret string) (*Signer, error) {
	if len(secret) < minSecretBytes {
		return nil, fmt.Errorf("gcash: secret of %q is shorter than %d bytes", client, minSecretBytes)
	}
	key := []byte(secret)
	return &Signer{client: client, version: version, algorithm: AlgorithmHMAC, sign: func(text digester) ([]byte, error) {
		return text.hmac(key), nil
	}}, nil
}

// NewHMACVerifier verifies with a shared secret of at least 16 bytes.
func NewHMACVerifier(client, version, secret string, skew time.Duration) (*Verifier, error) {
	if len(secret) < minSecretBytes {
		return nil, fmt.Errorf("gcash: secret of %q is shorter than %d bytes", client, minSecretBytes)
	}
	key := []byte(secret)
	return &Verifier{client: client, version: version, algorithm: AlgorithmHMAC, skew: skew, verify: func(text digester, signature []byte) bool {
		return hmac.Equal(text.hmac(key), signature)
	}}, nil
}

// NewKeyPair makes an RSA key of the given size: private as PKCS #8, public as PKIX, both PEM.
func NewKeyPair(bits int) (privatePEM, publicPEM string, err error) {
	if bits < MinRSABits {
		return "", "", fmt.Errorf("gcash: a key of %d bits is too small", bits)
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return "", "", fmt.Errorf("gcash: new key pair: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", fmt.Errorf("gcash: new key pair: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", "", fmt.Errorf("gcash: new key pair: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})), nil
}

func pemBytes(text string) ([]byte, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, errors.New("not one PEM block")
	}
	return block.Bytes, nil
}

// Request signs a request for the path that its receiver knows it by.
func (s *Signer) Request(h http.Header, method, path string, body []byte, now time.Time) error {
	return s.seal(h, headerRequestTime, method, path, body, now)
}

// Response signs an answer to a request for that method and path.
func (s *Signer) Response(h http.Header, method, path string, body []byte, now time.Time) error {
	return s.seal(h, headerResponseTime, method, path, body, now)
}

func (s *Signer) seal(h http.Header, timeHeader, method, path string, body []byte, now time.Time) error {
	at := now.UTC().Format(time.RFC3339)
	signature, err := s.sign(signedText(method, path, s.client, at, body))
	if err != nil {
		return fmt.Errorf("gcash: sign as %q: %w", s.client, err)
	}
	h.Set(headerClient, s.client)
	h.Set(timeHeader, at)
	h.Set(headerSignature, "algorithm="+s.algorithm+",keyVersion="+s.version+
		",signature="+url.QueryEscape(base64.StdEncoding.EncodeToString(signature)))
	return nil
}

// Request checks a request's headers against its raw body. Errors are *SignatureError.
func (v *Verifier) Request(h http.Header, method, path string, body []byte, now time.Time) error {
	return v.check(h, headerRequestTime, method, path, body, now)
}

// Response checks an answer's headers against its raw body. Errors are *SignatureError.
func (v *Verifier) Response(h http.Header, method, path string, body []byte, now time.Time) error {
	return v.check(h, headerResponseTime, method, path, body, now)
}

func (v *Verifier) check(h http.Header, timeHeader, method, path string, body []byte, now time.Time) error {
	at := h.Get(timeHeader)
	parts, ok := parseSignature(h.Get(headerSignature))
	if !ok {
		return &SignatureError{SignatureMissing}
	}
	sent, err := time.Parse(time.RFC3339, at)
	switch {
	case err != nil:
		return &SignatureError{SignatureMissing}
	case h.Get(headerClient) != v.client:
		return &SignatureError{SignatureClient}
	case parts.algorithm != v.algorithm:
		return &SignatureError{SignatureAlgorithm}
	case parts.version != v.version:
		return &SignatureError{SignatureVersion}
	case now.Sub(sent).Abs() > v.skew:
		return &SignatureError{SignatureSkew}
	case !v.verify(signedText(method, path, v.client, at, body), parts.signature):
		return &SignatureError{SignatureMismatch}
	}
	return nil
}

type signatureParts struct {
	algorithm, version string
	signature          []byte
}

// parseSignature reads "algorithm=…,keyVersion=…,signature=…": each part once, in any order.
func parseSignature(header string) (parts signatureParts, ok bool) {
	fields := strings.Split(header, ",")
	if len(header) > maxSignatureHeader || len(fields) != 3 {
		return parts, false
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch {
		case value == "":
			return parts, false
		case name == "algorithm" && parts.algorithm == "":
			parts.algorithm = value
		case name == "keyVersion" && parts.version == "":
			parts.version = value
		case name == "signature" && parts.signature == nil:
			encoded, err := url.QueryUnescape(value)
			if err != nil {
				return parts, false
			}
			if parts.signature, err = base64.StdEncoding.Strict().DecodeString(encoded); err != nil {
				return parts, false
			}
		default:
			return parts, false
		}
	}
	return parts, len(parts.signature) > 0
}
