package upi

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/adapters"
)

// callbackTimeout bounds how long a callback may take to become durable before its sender is told to
// come again.
const callbackTimeout = 10 * time.Second

// WebhookSignature is the value of HeaderSignature for a body: HMAC-SHA256 in lower-case hexadecimal.
func WebhookSignature(secret string, body []byte) string {
	return hex.EncodeToString(webhookMAC(secret, body))
}

func webhookMAC(secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write(body) // never fails
	return mac.Sum(nil)
}

// webhook records what the PSP says about an operation, and answers 200 only once it is durable: 401 for
// a wrong signature, 400 and 404 where sending again is in vain, 503 where it is not.
func (r *Rail) webhook(w http.ResponseWriter, q *http.Request, body []byte) {
	given, err := hex.DecodeString(q.Header.Get(HeaderSignature))
	if err != nil || !hmac.Equal(given, webhookMAC(r.cfg.WebhookSecret, body)) {
		http.Error(w, "signature", http.StatusUnauthorized)
		return
	}
	t, err := decodeWebhook(body)
	if err != nil || t.MerchantID != r.cfg.MerchantID {
		http.Error(w, "body", http.StatusBadRequest)
		return
	}
	e := t.evidence(adapters.FromCallback, r.cfg.Currency)
	if t.Type == TypeRefund {
		e.Account = "" // the payer, whom the refund's operation does not name by VPA
	}
	ctx, cancel := context.WithTimeout(q.Context(), callbackTimeout)
	defer cancel()
	err = r.sink.Evidence(ctx, t.MerchantRequestID, e.RailID, e)
	var unknown *adapters.UnknownOperationError
	switch {
	case errors.As(err, &unknown):
		http.Error(w, "no such operation", http.StatusNotFound)
	case err != nil:
		http.Error(w, "not recorded, send again", http.StatusServiceUnavailable)
	default:
		w.WriteHeader(http.StatusOK)
	}
}
