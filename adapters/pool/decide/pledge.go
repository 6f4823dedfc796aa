package decide

import (
	"slices"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Pledge is the subject of charter.Pledging: what the pool will pay, without another vote, when another pool declares
// an emergency. It may end an earlier pledge for whatever is declared from then on; one that names no pool only does that.
type Pledge struct {
	Revokes string `json:"revokes,omitzero"` // the proposal that made the earlier one

	Pool        string         `json:"pool,omitzero"`        // participant that may declare
	Key         string         `json:"key,omitzero"`         // of its log, as a verifier reads it: what it declares is proven under this one
	Kinds       []string       `json:"kinds,omitempty"`      // words: flood, fire, …
	Places      []string       `json:"places,omitempty"`     // words; none for anywhere
	Fund        string         `json:"fund,omitzero"`        // that pays
	Purpose     string         `json:"purpose,omitzero"`     // as of payouts
	EachMinor   int64          `json:"each_minor,omitzero"`  // for one declaration
	TotalMinor  int64          `json:"total_minor,omitzero"` // for all of them
	Until       time.Time      `json:"until,omitzero"`       // nothing is paid afterwards
	To          string         `json:"to,omitzero"`          // participant; "" for where the declaration says
	Beneficiary act.Commitment `json:"beneficiary,omitzero"` // goes with To: the declaration must name the same account
}

const (
	maxPromises   = 100 // in force at a time
	maxConditions = 16  // kinds, and places
	maxPledgeAge  = 3 * 366 * 24 * time.Hour
)

// Promise is a pledge that was decided.
type Promise struct {
	Pledge

	ID      string // the proposal's: its votes are why a payout that keeps it needs no others
	Revoked bool
	Kept    []Keeping // in order
}

// Keeping is a payout that keeps a promise.
type Keeping struct {
	Declaration string // pool and id
	Payout      string // the proposal
}

func (o *Pledge) weighs(s *State) fx.Money {
	fund, _ := s.rules().Fund(o.Fund)
	return fx.Money{Minor: o.TotalMinor, Currency: fund.Unit}
}

// concerns are members that are the pool which gets the money.
func (o *Pledge) concerns(s *State) (who []string) {
	for _, m := range s.members {
		if o.Pool != "" && m.Pool == o.Pool {
			who = append(who, m.ID)
		}
	}
	return who
}

func (o *Pledge) section() charter.Section { return charter.SectionPledges }

func (o *Pledge) check(s *State, _ *Proposal) *Refusal {
	if o.Revokes != "" {
		earlier := s.promise(o.Revokes)
		switch {
		case earlier == nil:
			return refuse(FaultUnknown, "no pledge is %q", clip(o.Revokes))
		case earlier.Revoked:
			return refuse(FaultAlready, "%s is revoked", earlier.ID)
		case o.Pool == "" && o.Fund == "":
			return nil
		}
	}
	if refused := o.conditions(); refused != nil {
		return refused
	}
	_, known := s.rules().Fund(o.Fund)
	standing := 0
	for _, p := range s.promises {
		if !p.Revoked && s.now.Before(p.Until) {
			standing++
		}
	}
	switch {
	case o.Pool == s.pool:
		return refuse(FaultConflict, "a pool pledges to others")
	case !known:
		return refuse(FaultRules, "no fund is %q", clip(o.Fund))
	case !s.rules().PaysFor(o.Purpose):
		return refuse(FaultRules, "the pool does not pay for %q", clip(o.Purpose))
	case !o.Until.After(s.now) || o.Until.Sub(s.now) > maxPledgeAge:
		return refuse(FaultExpired, "at %s", o.Until.Format(time.RFC3339))
	case standing >= maxPromises:
		return later(FaultTooMany, "%d pledges are in force", standing)
	}
	return nil
}

// conditions checks what does not depend on the pool's state.
func (o *Pledge) conditions() *Refusal {
	key, err := audit.ParseKey(o.Key)
	switch {
	case !messaging.ValidParticipant(o.Pool):
		return refuse(FaultForm, "it names no pool")
	case err != nil || key.Name() != string(diary.Origin(o.Pool)):
		return refuse(FaultForm, "the key is not of the log of %s", o.Pool)
	case len(o.Kinds) == 0 || !areWords(o.Kinds) || !areWords(o.Places):
		return refuse(FaultForm, "kinds and places are up to %d words of small letters, each once; one kind at least", maxConditions)
	case o.EachMinor <= 0 || o.TotalMinor < o.EachMinor:
		return refuse(FaultForm, "it pays nothing, or less in all than for one")
	case (o.To == "") != o.Beneficiary.IsZero():
		return refuse(FaultForm, "a beneficiary is a participant and an account there")
	case o.To != "" && !isElsewhere(o.To):
		return refuse(FaultForm, "to names no participant")
	case len(o.Purpose) > maxWord:
		return refuse(FaultForm, "a field is too long")
	}
	return nil
}

// isElsewhere tells whether money can be sent to a participant from afar.
func isElsewhere(to string) bool { return to != ByHand && messaging.ValidParticipant(to) }

// areWords tells whether conditions are words, each once.
func areWords(words []string) bool {
	for i, w := range words {
		if !isWord(w) || slices.Contains(words[:i], w) {
			return false
		}
	}
	return len(words) <= maxConditions
}

// isWord tells whether a text is small letters, digits and -, so that two pools mean the same by it.
func isWord(text string) bool {
	return text != "" && len(text) <= maxWord &&
		strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

func (o *Pledge) carry(t *turn, p *Proposal) *Refusal {
	if o.Revokes != "" {
		earlier := t.promise(o.Revokes)
		earlier.Revoked = true
		t.tellPromise(earlier)
	}
	if o.Pool != "" {
		promise := &Promise{Pledge: *o, ID: p.ID}
		t.promises = append(t.promises, promise)
		t.tellPromise(promise)
	}
	return nil
}

// promised is a pledge's line.
type promised struct {
	Pledge     string    `json:"pledge"`
	Pool       string    `json:"pool"`
	Kinds      []string  `json:"kinds"`
	Places     []string  `json:"places,omitempty"`
	Fund       string    `json:"fund"`
	EachMinor  int64     `json:"each_minor"`
	TotalMinor int64     `json:"total_minor"`
	Until      time.Time `json:"until"`
	Revoked    bool      `json:"revoked,omitzero"`
}

func (t *turn) tellPromise(p *Promise) {
	t.say(charter.SectionPledges, nil, "pledge", promised{
		Pledge: p.ID, Pool: p.Pool, Kinds: p.Kinds, Places: p.Places, Fund: p.Fund,
		EachMinor: p.EachMinor, TotalMinor: p.TotalMinor, Until: p.Until, Revoked: p.Revoked,
	})
}

// Promises lists the pledges that were decided, in order. They are not changed.
func (s *State) Promises() []*Promise { return slices.Clone(s.promises) }

func (s *State) promise(id string) *Promise {
	if i := slices.IndexFunc(s.promises, func(p *Promise) bool { return p.ID == id }); i >= 0 {
		return s.promises[i]
	}
	return nil
}

// Left is what a pledge may still pay: its total, less what left the fund for it and did not come back, and what is to.
func (s *State) Left(promise *Promise) int64 {
	left := promise.TotalMinor
	for _, kept := range promise.Kept {
		p := s.Proposal(kept.Payout)
		switch {
		case p.State == Failed || p.Payout == PayoutReturned || p.Payout == PayoutLapsed:
		case p.Cost > 0:
			left -= p.Cost
		default:
			left -= p.Paying().MaxCost.Minor
		}
	}
	return left
}
