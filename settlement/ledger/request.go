package ledger

import (
	"errors"
	"time"
)

// Request is what one person asks for and another decides on. It is never changed.
type Request struct {
	ID      int64
	Key     string // the asker's own: asked again under it is asked once
	Kind    string
	Subject string // the participant that it is about
	Body    []byte // JSON: exactly what is to be done
	Maker   string
	MadeAt  time.Time

	Checker   string // "" until somebody decided
	Approved  bool
	Reason    string
	DecidedAt time.Time

	Done   bool
	Fault  string // why not all of it was done, "" where it was
	DoneAt time.Time

	Expired bool // nobody decided on it for RequestHolds
}

// RequestHolds is how long a request can be approved.
const RequestHolds = 7 * 24 * time.Hour

// RequestState is where a request is in its life.
type RequestState string

// The states.
const (
	RequestOpen     RequestState = "open"     // nobody decided
	RequestRefused  RequestState = "refused"  // by the one who decided
	RequestApproved RequestState = "approved" // and not done
	RequestDone     RequestState = "done"
	RequestFailed   RequestState = "failed"  // not all of it was done
	RequestExpired  RequestState = "expired" // nobody decided on it for RequestHolds
)

// State tells where the request is.
func (r Request) State() RequestState {
	switch {
	case r.Expired:
		return RequestExpired
	case r.Checker == "":
		return RequestOpen
	case !r.Approved:
		return RequestRefused
	case !r.Done:
		return RequestApproved
	case r.Fault != "":
		return RequestFailed
	default:
		return RequestDone
	}
}

// RequestFilter says which requests are looked for. What is zero asks for nothing.
type RequestFilter struct {
	State   RequestState
	Subject string // the participant that they are about
	Kind    string
	Cursor  string // where the list goes on; "" at its begin
	Limit   int    // see PageSize
}

// RequestPage is a part of a list, newest first. Next is "" at the end.
type RequestPage struct {
	Requests []Request
	Next     string
}

// What the ledger refuses of requests. A retry fails again.
var (
	ErrSamePerson     = errors.New("ledger: whoever asks does not decide")
	ErrDecided        = errors.New("ledger: the request was decided on before")
	ErrExpired        = errors.New("ledger: nobody decided on the request in time")
	ErrNoRequest      = errors.New("ledger: no such request")
	ErrRequestChanged = errors.New("ledger: the key belongs to another request")
)
