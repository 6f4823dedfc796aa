package pool

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/web"

	node "github.com/ayni-switch/ayni/adapters/pool"
)

// Problem is why a request was not answered, after RFC 9457.
type Problem struct { //nolint:errname // RFC 9457 calls it so
	Type   string `json:"type"` // urn:ayni:problem: and a name that stays
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

const problems = "urn:ayni:problem:"

func (p *Problem) Error() string { return "pool: " + p.Detail }

// Name is the type without what all have.
func (p *Problem) Name() string { return p.Type[min(len(problems), len(p.Type)):] }

func problem(status int, name, format string, args ...any) *Problem {
	return &Problem{Type: problems + name, Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// problemOf is an error as whoever asked may know it; false where it is the node's own.
func problemOf(err error) (*Problem, bool) {
	if known, ok := errors.AsType[*Problem](err); ok {
		return known, true
	}
	if strange, ok := errors.AsType[*decide.InputError](err); ok {
		return problem(http.StatusTooManyRequests, "too_fast", "%v", strange), true
	}
	if missing, ok := errors.AsType[*node.ClosedError](err); ok {
		return problem(http.StatusUnprocessableEntity, "closed_value", "%v", missing), true
	}
	if malformed, ok := errors.AsType[*act.FormError](err); ok {
		return problem(http.StatusUnprocessableEntity, "malformed", "%v", malformed), true
	}
	switch {
	case errors.Is(err, web.ErrNotShown):
		return problem(http.StatusForbidden, "not_shown", "the charter does not show it to you"), true
	case errors.Is(err, web.ErrUnknown):
		return problem(http.StatusNotFound, "unknown", "there is no such thing"), true
	}
	return problem(http.StatusInternalServerError, "failed", "the node failed; its log says why"), false
}

// answer writes a problem.
func (p *Problem) answer(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.MarshalWrite(w, p, json.Deterministic(true)) // the client is gone: there is nobody to tell
}
