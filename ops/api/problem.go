package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// typePrefix begins the type of every problem.
const typePrefix = "urn:ayni:problem:"

// Problem is an error as RFC 9457 has it. Type never changes; Detail is for people.
type Problem struct { //nolint:errname // RFC 9457 calls it so
	Type     string   `json:"type" format:"uri" example:"urn:ayni:problem:not_found" doc:"What went wrong, for programs. The documentation lists them."`
	Title    string   `json:"title" doc:"What went wrong, for people; the same for every problem of a type."`
	Status   int      `json:"status" doc:"The HTTP status."`
	Detail   string   `json:"detail,omitempty" doc:"What went wrong this time."`
	Instance string   `json:"instance,omitempty" doc:"The request's id, as urn:ayni:request:ID. Name it when you ask for help."`
	Errors   []Wanted `json:"errors,omitempty" nullable:"false" doc:"What is wrong with the request, place by place."`
}

// Wanted is one thing that is wrong with a request.
type Wanted struct {
	Where string `json:"where" example:"body.amount" doc:"In path, query, header or body."`
	What  string `json:"what"`
}

// problemKind is a row of the table of problems.
type problemKind struct {
	Name   string
	Status int
	Title  string
	Retry  string // whether asking again can help
}

// problemKinds lists every problem that the API answers with.
func problemKinds() []problemKind {
	return []problemKind{
		{"invalid", http.StatusUnprocessableEntity, "The request does not say what it should", "Change the request."},
		{"malformed", http.StatusBadRequest, "The request cannot be read", "Change the request."},
		{"cursor", http.StatusBadRequest, "That cursor is none of this list's", "Begin again without one."},
		{"sign_in", http.StatusUnauthorized, "Sign in first", "With credentials."},
		{"bad_token", http.StatusUnauthorized, "The token is not known, or no longer valid", "With a new token."},
		{"bad_credentials", http.StatusBadRequest, "Credentials are sent once, as Authorization: Bearer TOKEN", "Change the request."},
		{"token_in_query", http.StatusBadRequest, "A token in an address is read by others", "With another token, in the header."},
		{"foreign_form", http.StatusForbidden, "The request comes from another site", "From ours."},
		{"forbidden", http.StatusForbidden, "Not yours to do", "With another role."},
		{"not_found", http.StatusNotFound, "There is no such thing, or it is not yours to see", "No."},
		{"method", http.StatusMethodNotAllowed, "Not done by that method", "By a method that Allow names."},
		{"not_acceptable", http.StatusNotAcceptable, "Nothing that Accept names can be made", "Accept JSON."},
		{"media_type", http.StatusUnsupportedMediaType, "The body is not JSON", "Send JSON."},
		{"too_large", http.StatusRequestEntityTooLarge, "The request is too large", "Send less."},
		{"key_missing", http.StatusBadRequest, "Every write has an Idempotency-Key", "With a key."},
		{"key_reused", http.StatusUnprocessableEntity, "The Idempotency-Key belongs to another request", "With a new key, if it is meant to be another request."},
		{"in_flight", http.StatusConflict, "The same request is being worked on", "Yes, after Retry-After."},
		{"stale", http.StatusPreconditionFailed, "It changed since you looked", "Look again, and send the new ETag."},
		{"look_first", http.StatusPreconditionRequired, "Say by If-Match what you saw", "Look, and send the ETag."},
		{"same_person", http.StatusConflict, "Whoever asks does not decide", "As somebody else."},
		{"decided", http.StatusConflict, "It was decided on before", "No."},
		{"expired", http.StatusConflict, "Nobody decided on it in time", "Ask anew."},
		{"refused", http.StatusUnprocessableEntity, "It was refused where it was to be done", "Change the request."},
		{"no_adapter", http.StatusNotFound, "The switch does not know that participant's adapter", "When somebody has configured it."},
		{"unavailable", http.StatusServiceUnavailable, "Not there at the moment", "Yes, later."},
		{"unproved", http.StatusConflict, "Only an export of the log proves it", "No: make the receipt of an export, by ayni audit receipt."},
		{"too_fast", http.StatusTooManyRequests, "Too many requests", "Yes, after Retry-After."},
		{"failed", http.StatusInternalServerError, "Something failed here", "Yes: with the same Idempotency-Key nothing is done twice."},
	}
}

// problem makes one of the table's problems.
func problem(name, detail string) *Problem {
	for _, k := range problemKinds() {
		if k.Name == name {
			return &Problem{Type: typePrefix + k.Name, Title: k.Title, Status: k.Status, Detail: detail}
		}
	}
	panic("api: no problem " + name) // a name misspelled in this package
}

// problemOf is for an error of the rooms below. What is not known is a fault of ours, and not told.
func problemOf(err error) *Problem {
	if known, ok := errors.AsType[*Problem](err); ok {
		return known
	}
	if refused, ok := errors.AsType[*request.PlanError](err); ok {
		return problem("invalid", refused.Fault)
	}
	if answered, ok := errors.AsType[*rail.Error](err); ok {
		return adapterProblem(answered)
	}
	if _, ok := errors.AsType[*ledger.StepsError](err); ok {
		return problem("unproved", "")
	}
	for _, row := range []struct {
		is   error
		name string
	}{
		{auth.ErrNotYours, "not_found"}, {auth.ErrNobody, "sign_in"}, {auth.ErrForbidden, "forbidden"},
		{rail.ErrNoAddress, "no_adapter"}, {ledger.ErrNoRequest, "not_found"}, {ledger.ErrNoWindow, "not_found"}, {ledger.ErrNoTransfer, "not_found"},
		{ledger.ErrNoBatch, "not_found"}, {ledger.ErrNoAccount, "not_found"}, {ledger.ErrCursor, "cursor"}, {ledger.ErrFilter, "invalid"},
		{ledger.ErrNoDifference, "not_found"},
		{ledger.ErrExpired, "expired"}, {ledger.ErrSamePerson, "same_person"}, {ledger.ErrDecided, "decided"}, {ledger.ErrRequestChanged, "key_reused"},
	} {
		if errors.Is(err, row.is) {
			return problem(row.name, "")
		}
	}
	return problem("failed", "")
}

// Error implements error.
func (p *Problem) Error() string { return strings.TrimSuffix(p.Title+": "+p.Detail, ": ") }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// write answers outside of huma.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	said := *p
	said.Instance = instance(r.Context())
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(said.Status)
	_ = json.MarshalWrite(w, said) // a client that left
}

// tellProblem makes ours of huma's own errors, and names the request in every one. Values of the request are not said
// again: they may be personal.
func tellProblem(ctx huma.Context, _ string, v any) (any, error) {
	said, ok := v.(*Problem)
	if model, is := v.(*huma.ErrorModel); is {
		said, ok = problem(nameOf(model.Status), model.Detail), true
		said.Status = model.Status
		for _, e := range model.Errors {
			said.Errors = append(said.Errors, Wanted{Where: e.Location, What: e.Message})
		}
	}
	if !ok {
		return v, nil
	}
	told := *said
	told.Instance = instance(ctx.Context())
	return &told, nil
}

// nameOf is the problem that huma means by a status.
func nameOf(status int) string {
	switch status {
	case http.StatusUnprocessableEntity:
		return "invalid"
	case http.StatusNotAcceptable:
		return "not_acceptable"
	case http.StatusUnsupportedMediaType:
		return "media_type"
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	default:
		if status < http.StatusInternalServerError {
			return "malformed"
		}
		return "failed"
	}
}
