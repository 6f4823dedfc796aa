package mpesa

import (
	"fmt"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// Result codes that refuse this account and not the payment: every other payment would meet the same.
const (
	codeNoRole           = "21" // the initiator may not do this kind of operation
	codeBadInitiator     = "2001"
	codeLockedCredential = "8006"
)

var accountRefusals = map[string]bool{codeNoRole: true, codeBadInitiator: true, codeLockedCredential: true}

// AccountError says that the rail refuses the operator's own account, so that nothing was sent: a retry is
// safe. The refused operation itself has failed for good, for the rail takes its id only once.
type AccountError struct {
	Code  string    // the rail's
	Text  string    // the rail's
	Until time.Time // when one operation is sent to try again
}

func (e *AccountError) Error() string {
	return fmt.Sprintf("mpesa: the rail refuses the initiator, code %q (%s): submissions are held until %s",
		e.Code, e.Text, e.Until.UTC().Format(time.RFC3339))
}

// hold keeps submissions back after the rail refused the account. A wrong password must not send every
// waiting payout back to its sender, so after a refusal one operation is sent for every period until the rail
// decides about it otherwise. What was acknowledged before the first refusal came cannot be helped.
type hold struct {
	period time.Duration

	mu    sync.Mutex
	error AccountError // its Until is zero where nothing is held
	trial string       // the operation that was let through since
}

// admit tells why the operation has to wait; nil where it may go.
func (h *hold) admit(operation string, now time.Time) *AccountError {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.error.Until.IsZero() || operation == h.trial:
		return nil
	case now.Before(h.error.Until):
		held := h.error
		return &held
	default:
		h.trial, h.error.Until = operation, now.Add(h.period)
		return nil
	}
}

func (h *hold) refuse(code, text string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.error, h.trial = AccountError{Code: code, Text: text, Until: now.Add(h.period)}, ""
}

// decided notes that the rail decided about an operation as about any other.
func (h *hold) decided(operation string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if operation == h.trial {
		h.error, h.trial = AccountError{}, ""
	}
}

// holds are the holds by kind of operation: an initiator may have the role for one and not for the other.
type holds map[messaging.Kind]*hold

func newHolds(period time.Duration) holds {
	return holds{messaging.KindPayout: {period: period}, messaging.KindRefund: {period: period}}
}

// refuse holds the kind of operation that was refused, or, where no kind could have been carried out, all.
func (h holds) refuse(kind messaging.Kind, code, text string, now time.Time) {
	for held, hold := range h {
		if held == kind || code != codeNoRole {
			hold.refuse(code, text, now)
		}
	}
}

// proved ends the holds that a question of the same initiator disproves: the rail has answered it. It says nothing of
// roles.
func (h holds) proved() {
	for _, hold := range h {
		hold.mu.Lock()
		if hold.error.Code != codeNoRole {
			hold.error, hold.trial = AccountError{}, ""
		}
		hold.mu.Unlock()
	}
}
