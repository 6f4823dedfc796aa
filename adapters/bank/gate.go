package bank

import (
	"crypto/sha256"
	"crypto/subtle"
	"mime"
	"net/http"
	"strings"
)

// Who may speak, and in what, before a word is read. What is stopped here was said by nobody.
var (
	errWho    = &refusal{http.StatusUnauthorized, "", "who is there?"}
	errNotXML = &refusal{http.StatusUnsupportedMediaType, "", "a message is sent as " + ContentType + ", in UTF-8"}
	errBusy   = &refusal{http.StatusServiceUnavailable, "", "too many groups at once, send again"}
)

// admit looks at who calls and what comes, nil is welcome. The bank's certificate stands for its BIC: whoever shows it
// may instruct as Config.BankBIC, and as nobody else.
func (r *Rail) admit(q *http.Request) *refusal {
	if r.gate != nil {
		if err := r.gate.Admits(q.TLS, r.now()); err != nil {
			return &refusal{http.StatusForbidden, "", err.Error()}
		}
	}
	if r.cfg.BankToken != "" && !r.isBank(q.Header.Get("Authorization")) {
		return errWho
	}
	kind, parameters, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	charset, stated := parameters["charset"]
	if err != nil || kind != ContentType && kind != "text/xml" || stated && !strings.EqualFold(charset, "utf-8") {
		return errNotXML
	}
	return nil
}

// isBank tells whether a header shows the bank's token. It takes as long for a wrong one.
func (r *Rail) isBank(header string) bool {
	token, ok := strings.CutPrefix(header, "Bearer ")
	shown, own := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(r.cfg.BankToken))
	return subtle.ConstantTimeCompare(shown[:], own[:]) == 1 && ok
}
