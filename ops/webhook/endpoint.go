package webhook

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// Endpoint is where somebody is told of events.
type Endpoint struct {
	ID         int64
	Owner      string // the participant whose events are told; "" of the switch's staff, who is told of everybody's
	URL        string
	About      string // for people
	Types      []Type // that are told; all of none
	Paused     string // why nothing is sent, "" while it is
	MadeBy     string // a subject
	MadeAt     time.Time
	Position   int64 // in the outbox, of what was last looked at for it
	Salt       []byte
	Generation int       // of its key
	KeyAt      time.Time // when that began
	OldUntil   time.Time // until when the one before signs too; zero where none does

	Failures     int
	FailingSince time.Time // zero while it takes what is sent
	TookAt       time.Time // when it last took something; zero if never
	Waiting      int64     // deliveries
}

// Wants says whether an event is for the endpoint.
func (e *Endpoint) Wants(event Event) bool {
	return (e.Owner == "" || e.Owner == event.Participant) && (len(e.Types) == 0 || slices.Contains(e.Types, event.Type))
}

// State is active, failing or paused.
func (e *Endpoint) State() string {
	switch {
	case e.Paused != "":
		return "paused"
	case Standing{Failures: e.Failures}.Fails():
		return "failing"
	default:
		return "active"
	}
}

// Limits of endpoints.
const (
	MaxURL       = 2048 // bytes
	MaxEndpoints = 16   // of an owner
	KeyOverlap   = 24 * time.Hour
	SecretShown  = 10 * time.Minute // after its key began
)

// Delivery is an event on its way to an endpoint.
type Delivery struct {
	ID       int64
	Endpoint int64
	Event    string
	Type     Type
	Outbox   int64
	At       time.Time // of the event
	State    DeliveryState
	Attempts int
	Strikes  int
	DueAt    time.Time
	EndedAt  time.Time // zero while it waits
	Last     Attempt   // zero before the first
}

// DeliveryState is where a delivery is.
type DeliveryState string

// The states of a delivery.
const (
	Waiting   DeliveryState = "waiting"
	Delivered DeliveryState = "delivered" // the receiver answered 2xx
	Dropped   DeliveryState = "dropped"   // it refused too often; only people have it sent again
)

// Attempt is one time that an event was sent.
type Attempt struct {
	Number int
	At     time.Time
	Status int // of HTTP, 0 where there was no answer
	Took   time.Duration
	Reason string // why it failed, "" where it did not
}

// Why an endpoint is refused.
var (
	ErrURL      = errors.New("webhook: the address is not https://HOST/PATH without user and fragment")
	ErrPrivate  = errors.New("webhook: the address leads into a private network")
	ErrTooMany  = errors.New("webhook: there are 16 endpoints already")
	ErrRotating = errors.New("webhook: the key before still signs")
	ErrUnknown  = errors.New("webhook: no such thing")
	ErrPaused   = errors.New("webhook: the endpoint is paused")
	ErrHidden   = errors.New("webhook: the secret was shown; rotate it for another")
)

// CheckURL says what is wrong with the address of an endpoint. Names are looked up when something is sent, and held
// against Reachable then. Where loopback is allowed, so is http to it.
func CheckURL(text string, loopback bool) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > MaxURL || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return ErrURL
	}
	address, err := netip.ParseAddr(u.Hostname())
	literal := err == nil
	if literal && !Reachable(address, loopback) {
		return ErrPrivate
	}
	local := literal && address.Unmap().IsLoopback() || u.Hostname() == "localhost"
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback || !local) {
		return ErrURL
	}
	return nil
}
