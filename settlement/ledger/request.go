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

// What the ledger refuses of requests. A retry fails again.
var (
	ErrSamePerson     = errors.New("ledger: whoever asks does not decide")
	ErrDecided        = errors.New("ledger: the request was decided on before")
	ErrExpired        = errors.New("ledger: nobody decided on the request in time")
	ErrNoRequest      = errors.New("ledger: no such request")
	ErrRequestChanged = errors.New("ledger: the key belongs to another request")
)
