package engine

import (
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// rulesFIFO are the rules before: strict first-in-first-out, and nothing said of what was possible. What they
// did not know is refused as they refused it, so that a ledger that began under them replays to the byte.
const rulesFIFO = "ayni-fifo-1"

// earlier tells whether a batch is decided again by the rules before.
func (d *decision) earlier() bool { return d.rules == rulesFIFO }

// unknownThen tells whether the rules before had no such command.
func (d *decision) unknownThen(kind settlement.CommandKind) bool {
	return d.earlier() && (kind == settlement.CommandRates || kind == settlement.CommandRateCommittee)
}

// unreadableThen tells whether the rules before could not read a body of quotes.
func (d *decision) unreadableThen(q settlement.Quotes) bool {
	for _, quote := range q.Quotes {
		if d.earlier() && (quote.FeeMinor != 0 || !quote.Mid.IsZero()) {
			return true
		}
	}
	return false
}

// malformedThen is the fault of an intent that the rules before could not read.
func (d *decision) malformedThen(intent messaging.Intent) *messaging.FaultError {
	if d.earlier() && intent.Priority != "" {
		return &messaging.FaultError{Fault: messaging.FaultSchema, Detail: "priority"}
	}
	return nil
}
