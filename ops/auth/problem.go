package auth

import (
	_ "embed"
	"errors"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// Problem is why a request was not answered, after RFC 9457.
type Problem struct { //nolint:errname // RFC 9457 calls it so
	Type   string `json:"type"` // urn:ayni:problem: and a name that stays
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

// NewProblem makes a problem of a name that stays.
func NewProblem(status int, name, detail string) *Problem {
	return &Problem{Type: "urn:ayni:problem:" + name, Title: http.StatusText(status), Status: status, Detail: detail}
}

func (p *Problem) Error() string { return "auth: " + p.Detail }

// What the guard refuses.
var (
	errNobody     = NewProblem(http.StatusUnauthorized, "sign_in", "sign in, or send a token")
	errBadToken   = NewProblem(http.StatusUnauthorized, "bad_token", "the token is not known, or no longer valid")
	errCredential = NewProblem(http.StatusBadRequest, "bad_credentials", "send credentials once, as \"Authorization: Bearer TOKEN\"")
	errQuery      = NewProblem(http.StatusBadRequest, "token_in_query", "a token in an address is read by others: send it in the Authorization header, and have this one revoked")
	errForbidden  = NewProblem(http.StatusForbidden, "forbidden", "that is not yours to do")
	errForeign    = NewProblem(http.StatusForbidden, "foreign_form", "the request comes from another site, or from a page that is too old: load the page again")
	errNotThere   = NewProblem(http.StatusNotFound, "not_found", "there is no such thing")
	errTooLarge   = NewProblem(http.StatusRequestEntityTooLarge, "too_large", "a request may have "+strconv.Itoa(MaxBody)+" bytes")
	errTooFast    = NewProblem(http.StatusTooManyRequests, "too_fast", "too many requests: wait a little")
	errFailed     = NewProblem(http.StatusInternalServerError, "failed", "the switch failed; its log says why")
	errAway       = NewProblem(http.StatusServiceUnavailable, "unavailable", "who you are cannot be found out now: try again")
)

// ProblemOf is what an error of this package is answered with; false for any other error.
func ProblemOf(err error) (*Problem, bool) {
	if known, ok := errors.AsType[*Problem](err); ok {
		return known, true
	}
	switch {
	case errors.Is(err, ErrNobody):
		return errNobody, true
	case errors.Is(err, ErrForbidden):
		return errForbidden, true
	case errors.Is(err, ErrNotYours):
		return errNotThere, true
	default:
		return nil, false
	}
}

// Answer writes the problem: a page for browsers that ask for one, else application/problem+json.
func (p *Problem) Answer(w http.ResponseWriter, r *http.Request) {
	switch p.Status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="ayni"`)
		if p == errBadToken {
			w.Header().Set("WWW-Authenticate", `Bearer realm="ayni", error="invalid_token"`)
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	}
	kind := "application/problem+json"
	body, _ := json.Marshal(p, json.Deterministic(true)) // it has nothing that could fail
	if wantsPage(r) {
		kind, body = "text/html; charset=utf-8", p.page(r)
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) //nolint:gosec // of the request it has nothing; and if the client is gone there is nobody to tell
}

//go:embed page.css
var style string

// Style is the look of pages that are seen before one is in.
func Style() string { return style }

func (p *Problem) page(r *http.Request) []byte {
	return fmt.Appendf(nil, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%[1]s</title>
<style nonce="%[3]s">%[4]s</style>
</head>
<body>
<main>
<h1>%[1]s</h1>
<p>%[2]s</p>
<a class="act" href="/">Go to the start</a>
</main>
</body>
</html>
`, html.EscapeString(p.Title), html.EscapeString(sentence(p.Detail)), html.EscapeString(Nonce(r.Context())), style)
}

// sentence is a detail as people read it.
func sentence(detail string) string {
	first, size := utf8.DecodeRuneInString(detail)
	return string(unicode.ToUpper(first)) + detail[size:] + "."
}

// wantsPage says whether a browser is to show the answer.
func wantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html") && r.Header.Get("Authorization") == ""
}
