package demo

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// PoolsReport is the mutual-aid pools' day.
type PoolsReport struct {
	Each      []PoolReport    `json:"each"`
	Round     RoundReport     `json:"round"`
	Needs     NeedsReport     `json:"needs"`
	Emergency EmergencyReport `json:"emergency"`
}

// PoolReport is one pool's. Amounts are minor units of its currency.
type PoolReport struct {
	Name         string           `json:"name"`
	Template     string           `json:"template"`
	Currency     string           `json:"currency"`
	Members      int              `json:"members"`
	Funds        map[string]int64 `json:"funds_minor"`
	PaidInMinor  int64            `json:"paid_in_minor"`  // by members, and as the pot of a round
	PaidOutMinor int64            `json:"paid_out_minor"` // to members, others, and the pot of a round
	Decisions    int              `json:"decisions"`      // carried out after a vote
	Signatures   int              `json:"signatures"`     // of votes
	Entries      int64            `json:"entries"`        // of its log
	Root         string           `json:"root"`
	Verified     string           `json:"verified"`     // what an auditor of its export is told
	View         string           `json:"view"`         // what a member is told of its own redacted view
	PublicLines  map[string]int   `json:"public_lines"` // of pledges and emergencies, by kind, as everybody sees them

	books, logs bool // add up, verify
}

// RoundReport is the round of savings across the pools.
type RoundReport struct {
	Host     string      `json:"host"`
	Bundle   string      `json:"bundle"`
	State    string      `json:"state"`
	Receiver string      `json:"receiver"`
	Legs     []LegReport `json:"legs"`
	Batch    int64       `json:"batch"`     // of the switch, that cleared all legs; 0 where not one did
	PotMinor int64       `json:"pot_minor"` // with the receiver's own part, in its money
	PaidOut  string      `json:"paid_out"`  // state of the payout to the member whose turn it is

	whole bool // all legs moved together, and nothing else
}

// LegReport is what one pool sent.
type LegReport struct {
	Pool         string `json:"pool"`
	Currency     string `json:"currency"`
	Minor        int64  `json:"minor"`
	ArrivedMinor int64  `json:"arrived_minor"`
	State        string `json:"state"`
}

// NeedsReport is the needs that were met: with hours by another member, and with a payout abroad.
type NeedsReport struct {
	Pool       string `json:"pool"`
	Match      string `json:"match"`
	HoursMinor int64  `json:"hours_minor"` // paid for it, in hundredths
	PaidBy     string `json:"paid_by"`
	Payout     string `json:"payout"` // state of its transfer
	PaidTo     string `json:"paid_to"`
	Signatures int    `json:"signatures"`
}

// EmergencyReport is a declaration, and what those who had pledged paid on it.
type EmergencyReport struct {
	Pool        string       `json:"pool"`
	Kind        string       `json:"kind"`
	Declaration string       `json:"declaration"`
	Votes       int          `json:"votes"`
	Kept        []KeptReport `json:"kept"`
	MS          int64        `json:"ms"` // from the declaration's entry to that of the last payout that was paid
}

// KeptReport is a pledge that was kept.
type KeptReport struct {
	Pool     string `json:"pool"`
	Currency string `json:"currency"`
	Minor    int64  `json:"minor"`
	State    string `json:"state"`
	Votes    int    `json:"votes"` // on the payout itself: none, the pledge was the decision
}

// Steady is what of it does not depend on how the day went: how long it took, what batch it was in, and what was said
// again after a restart.
func (r PoolsReport) Steady() PoolsReport {
	r.Each = slices.Clone(r.Each)
	for i := range r.Each {
		one := &r.Each[i]
		one.Entries, one.Root, one.Verified, one.View, one.PublicLines = 0, "", "", "", nil
	}
	r.Round.Batch, r.Emergency.MS = 0, 0
	return r
}

// invariants holds what the pools did against what must be true, each with its figure.
func (r *PoolsReport) invariants() []ledger.Finding {
	books, logs, entries, lines := true, true, int64(0), ""
	for _, one := range r.Each {
		books, logs, entries = books && one.books, logs && one.logs, entries+one.Entries
		if !one.logs && lines == "" {
			lines = "; " + one.Name + ": " + one.Verified + "; " + one.View
		}
	}
	kept, public, pledged := true, true, 0
	for _, k := range r.Emergency.Kept {
		kept = kept && k.State == string(decide.PayoutPaid) && k.Votes == 0
	}
	for i, c := range communities {
		if i < len(r.Each) && c.name == manila {
			public = public && r.Each[i].PublicLines[decide.LineDeclaration] > 0
		}
		if i < len(r.Each) && c.pledgeMinor > 0 {
			pledged++
			public = public && r.Each[i].PublicLines["kept"] > 0
		}
	}
	needs := r.Needs.Match == string(board.Done) && r.Needs.HoursMinor == hoursNeeded*100 &&
		r.Needs.Payout == string(decide.PayoutPaid) && r.Needs.Signatures >= poolThreshold
	finding := func(name string, ok bool, format string, args ...any) ledger.Finding {
		return ledger.Finding{Name: name, OK: ok, Detail: fmt.Sprintf(format, args...)}
	}
	return []ledger.Finding{
		finding("pools_books_add_up", books && len(r.Each) == len(communities), "%d pools' own books add up to zero in every unit: %v", len(r.Each), books),
		finding("pools_logs_verify", logs, "%d entries under their own keys, decided again from exports; a member's view and the public's verify%s", entries, lines),
		finding("round_all_or_none", r.Round.whole, "%d legs of %s into %s, all in batch %d; nothing is left behind: %v",
			len(r.Round.Legs), r.Round.Bundle, r.Round.Receiver, r.Round.Batch, r.Round.whole),
		finding("needs_met", needs, "hours for a need in %s, match %s; %s paid a family at %s on %d signatures of %d: %s",
			r.Needs.Pool, r.Needs.Match, poolName, r.Needs.PaidTo, r.Needs.Signatures, poolThreshold, r.Needs.Payout),
		finding("pledges_kept", kept && public && pledged > 0 && len(r.Emergency.Kept) == pledged,
			"%d of %d pledges paid %d ms after %s declared a %s, and nobody voted again; each pool shows it in public: %v",
			len(r.Emergency.Kept), pledged, r.Emergency.MS, manila, flood, public),
	}
}
