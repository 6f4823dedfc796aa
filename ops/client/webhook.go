package client

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrWebhook says that a webhook is not what the switch sent, or is sent again by somebody who saw it long ago. Answer 401.
var ErrWebhook = errors.New("ayni: the webhook is not the switch's, or too old")

// webhookTolerance is how far the clocks of sender and receiver may be apart.
const webhookTolerance = 5 * time.Minute

// VerifyWebhook says whether a webhook is the switch's: its header and the body exactly as it came, by any one of the keys, each
// an endpoint's secret (whsec_) or its public key (whpk_). Whoever changes keys gives both for a day. The id, which it
// returns, is the event's for ever: who has it already, has been told twice. Errors are ErrWebhook.
func VerifyWebhook(header http.Header, body []byte, now time.Time, keys ...string) (id string, err error) {
	id, stamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || id == "" || now.Sub(time.Unix(seconds, 0)).Abs() > webhookTolerance {
		return "", ErrWebhook
	}
	content := append([]byte(id+"."+stamp+"."), body...)
	for signed := range strings.FieldsSeq(header.Get("webhook-signature")) {
		kind, text, _ := strings.Cut(signed, ",")
		signature, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			continue
		}
		for _, key := range keys {
			if signedBy(kind, key, content, signature) {
				return id, nil
			}
		}
	}
	return "", ErrWebhook
}

// signedBy tells whether one key made a signature of some kind.
func signedBy(kind, key string, content, signature []byte) bool {
	prefix, text, _ := strings.Cut(key, "_")
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) == 0 {
		return false
	}
	switch kind + " " + prefix {
	case "v1 whsec":
		mac := hmac.New(sha256.New, raw)
		mac.Write(content)
		return hmac.Equal(mac.Sum(nil), signature)
	case "v1a whpk":
		return len(raw) == ed25519.PublicKeySize && ed25519.Verify(raw, content, signature)
	default:
		return false
	}
}
