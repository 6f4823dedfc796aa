package messaging

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The forms of short texts. schema/common.json has the same ones.
var (
	idForm        = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,35}$`)
	accountForm   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9@._:/-]{0,63}$`)
	amountForm    = regexp.MustCompile(`^-?[0-9]{1,40}(\.[0-9]{1,20})?$`)
	currencyForm  = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)
	reasonForm    = regexp.MustCompile(`^[A-Z0-9]{1,4}$`)
	faultForm     = regexp.MustCompile(`^[a-z0-9_]{1,64}$`)
	countryForm   = regexp.MustCompile(`^[A-Z]{2}$`)
	headerForm    = regexp.MustCompile(`^[A-Za-z0-9_=-]{1,128}$`)
	windowForm    = regexp.MustCompile(`^[a-z_]{1,32}$`)
	resolvedForms = []string{"response", "callback", "query", "operator"}
)

// ValidID tells whether id can name an intent or a quote.
func ValidID(id string) bool { return idForm.MatchString(id) }

// ValidCountry tells whether country is written as in ISO 3166-1 alpha-2.
func ValidCountry(country string) bool { return countryForm.MatchString(country) }

// rules checks one value after the other and keeps the first fault.
type rules struct{ fault *FaultError }

func (r *rules) that(holds bool, format string, args ...any) {
	if !holds && r.fault == nil {
		r.fault = &FaultError{Fault: FaultSchema, Detail: fmt.Sprintf(format, args...)}
	}
}

func (r *rules) form(where, value string, form *regexp.Regexp) {
	r.that(form.MatchString(value), "%s: %.40q has not the form of one", where, value)
}

func (r *rules) optional(where, value string, form *regexp.Regexp) {
	if value != "" {
		r.form(where, value, form)
	}
}

// text wants at most limit characters and none that a terminal or a page would obey.
func (r *rules) text(where, value string, limit int) {
	r.that(utf8.ValidString(value), "%s: not UTF-8", where)
	r.that(utf8.RuneCountInString(value) <= limit, "%s: longer than %d characters", where, limit)
	r.that(strings.IndexFunc(value, unprintable) < 0, "%s: holds control characters", where)
}

func (r *rules) party(where string, p Party) {
	r.text(where+".name", p.Name, MaxNameLength)
	r.that(strings.Trim(p.Name, " ") != "", "%s.name: missing", where)
	r.form(where+".account", p.Account, accountForm)
	r.text(where+".address", p.Address, MaxAddressLength)
}

func (r *rules) amount(where string, a Amount) {
	r.that(len(a.Amount) <= MaxAmountLength, "%s.amount: longer than %d characters", where, MaxAmountLength)
	r.form(where+".amount", a.Amount, amountForm)
	r.form(where+".currency", a.Currency, currencyForm)
}

func (r *rules) kind(k Kind) {
	r.that(k == KindPayout || k == KindRefund, "kind: no kind %.20q", string(k))
}

func (r *rules) count(what string, n, least, most int) {
	r.that(n >= least && n <= most, "%s: %d of them, want %d to %d", what, n, least, most)
}

// unprintable tells control characters, line and paragraph separators and the overrides of writing
// direction: what makes a text look different from what it is.
func unprintable(c rune) bool {
	return c < 0x20 || c >= 0x7f && c <= 0x9f || c == 0x2028 || c == 0x2029 ||
		c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069
}

// printable makes a text from elsewhere fit: what a rail says must not keep its outcome from being told.
func printable(text string, limit int) string {
	clean := strings.Map(func(c rune) rune {
		if unprintable(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if utf8.RuneCountInString(clean) > limit {
		clean = string([]rune(clean)[:limit])
	}
	return clean
}

// CheckStructure tells whether the intent is formed as the schema wants it, nil where it is.
// Amounts need only look like decimals: Check reads them.
func (i Intent) CheckStructure() *FaultError {
	var r rules
	r.form("id", i.ID, idForm)
	r.form("creditor_participant", i.CreditorParticipant, participantName)
	r.party("debtor", i.Debtor)
	r.party("creditor", i.Creditor)
	r.amount("source", i.Source)
	r.amount("destination", i.Destination)
	r.optional("quote", i.Quote, idForm)
	r.that(validFixed(i.Fixed), "fixed: no side %.20q", string(i.Fixed))
	r.that(i.Priority == "" || i.Priority == PriorityNormal || i.Priority == PriorityHigh, "priority: no priority %.20q", string(i.Priority))
	r.that(!i.Deadline.IsZero(), "deadline: missing")
	r.text("purpose", i.Purpose, MaxPurposeLength)
	r.text("reference", i.Reference, MaxReferenceLength)
	return r.fault
}

func (r *rules) outcome(o Outcome) {
	r.form("transfer", o.Transfer, idForm)
	r.kind(o.Kind)
	r.that(slices.Contains([]OutcomeState{OutcomePaid, OutcomeFailed, OutcomeUnknown}, o.State),
		"state: no outcome %.20q", string(o.State))
	r.amount("amount", o.Amount)
	r.text("rail_ref", o.RailRef, MaxReferenceLength)
	r.optional("reason", o.Reason, reasonForm)
	r.text("rail_code", o.RailCode, MaxRailCodeLength)
	r.text("rail_text", o.RailText, MaxRailTextLength)
	r.that(o.ResolvedBy == "" || slices.Contains(resolvedForms, o.ResolvedBy), "resolved_by: no way %.20q", o.ResolvedBy)
}

func (r *rules) instruction(i Instruction) {
	r.form("transfer", i.Transfer, idForm)
	r.kind(i.Kind)
	r.form("intent", i.Intent, idForm)
	r.amount("amount", i.Amount)
	r.party("debtor", i.Debtor)
	r.party("creditor", i.Creditor)
	r.form("counterparty", i.Counterparty, participantName)
	r.text("reference", i.Reference, MaxReferenceLength)
	r.optional("reason", i.Reason, reasonForm)
}

func (r *rules) change(c Change) {
	r.optional("intent", c.Intent, idForm) // nameless where the intent's own id was malformed
	r.optional("transfer", c.Transfer, idForm)
	r.that(slices.Contains(states, c.State), "state: no state %.20q", string(c.State))
	r.optional("fault", string(c.Fault), faultForm)
	r.optional("reason", c.Reason, reasonForm)
	r.text("detail", c.Detail, MaxDetailLength)
}

var states = []State{StateQueued, StateRejected, StateExpired, StateCleared, StatePaid, StateReturnPending, StateReturned}

func (r *rules) status(m StatusMessage) {
	r.count("changes", len(m.Changes), 0, MaxChanges)
	r.count("quotes", len(m.Quotes), 0, MaxListed)
	r.count("peers", len(m.Peers), 0, MaxListed)
	r.count("windows", len(m.Windows), 0, MaxListed)
	for _, c := range m.Changes {
		r.change(c)
	}
	for _, q := range m.Quotes {
		r.form("quote", q.ID, idForm)
		r.form("provider", q.Provider, participantName)
		r.that(!q.From.IsZero() && !q.To.IsZero() && !q.Rate.IsZero() && !q.Expires.IsZero(), "quote %s: incomplete", q.ID)
		r.that(q.FeeMinor >= 0, "quote %s: fee below zero", q.ID)
	}
	for _, p := range m.Peers {
		r.form("participant", p.Participant, participantName)
		r.optional("country", p.Country, countryForm)
		r.form("currency", p.Currency, currencyForm)
		r.that(p.PayoutIncrementMinor >= 0 && p.PayoutMinMinor >= 0 && p.PayoutMaxMinor >= 0, "peer %s: negative", p.Participant)
	}
	for _, w := range m.Windows {
		r.that(w.Window >= 0, "window: negative")
		r.form("state", w.State, windowForm)
		r.form("currency", w.Currency, currencyForm)
	}
}
