package messaging

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

var resolvedForms = []string{"response", "callback", "query", "operator"}

// ValidID tells whether id can name an intent or a quote.
func ValidID(id string) bool { return idForm.MatchString(id) }

// ValidCountry tells whether country is written as in ISO 3166-1 alpha-2.
func ValidCountry(country string) bool { return countryForm.MatchString(country) }

// rules checks one value after the other and keeps the first fault. Each text of a fault is made only
// where something is wrong: making them beforehand is most of what a check costs.
type rules struct {
	fault  *FaultError
	closed bool // what is checked is closed, and no fault quotes it
}

func (r *rules) fail(where, format string, args ...any) {
	if r.fault == nil {
		r.fault = &FaultError{Fault: FaultSchema, Detail: where + ": " + fmt.Sprintf(format, args...), Closed: r.closed}
	}
}

// item takes over the fault of one of many.
func (r *rules) item(fault *FaultError) {
	if r.fault == nil {
		r.fault = fault
	}
}

// within takes over the fault of a value's member.
func (r *rules) within(where string, member rules) {
	if r.fault == nil && member.fault != nil {
		r.fault = &FaultError{Fault: FaultSchema, Detail: where + "." + member.fault.Detail, Closed: r.closed}
	}
}

func (r *rules) form(where, value string, form form) {
	switch {
	case form.MatchString(value):
	case r.closed:
		r.fail(where, "has not the form of one")
	default:
		r.fail(where, "%.40q has not the form of one", value)
	}
}

func (r *rules) optional(where, value string, form form) {
	if value != "" {
		r.form(where, value, form)
	}
}

// text wants at most limit characters and none that a terminal or a page would obey.
func (r *rules) text(where, value string, limit int) {
	switch seen := survey(value); {
	case !seen.valid:
		r.fail(where, "not UTF-8")
	case seen.characters > limit:
		r.fail(where, "longer than %d characters", limit)
	case !seen.printable:
		r.fail(where, "holds control characters")
	}
}

func (r *rules) party(where string, p *Party) {
	member := rules{closed: r.closed}
	member.text("name", p.Name, MaxNameLength)
	if strings.Trim(p.Name, " ") == "" {
		member.fail("name", "missing")
	}
	member.form("account", p.Account, accountForm)
	member.text("address", p.Address, MaxAddressLength)
	member.optional("country", p.Country, countryForm)
	member.text("town", p.Town, MaxTownLength)
	r.within(where, member)
}

func (r *rules) amount(where string, a Amount) {
	var member rules
	if len(a.Amount) > MaxAmountLength {
		member.fail("amount", "longer than %d characters", MaxAmountLength)
	}
	if !isDecimal(a.Amount) {
		member.fail("amount", "%.40q has not the form of one", a.Amount)
	}
	member.form("currency", a.Currency, currencyForm)
	r.within(where, member)
}

func (r *rules) kind(k Kind) {
	switch k {
	case KindPayout, KindRefund, KindQuery, KindRecall, KindReserve, KindRelease:
	default:
		r.fail("kind", "no kind %.20q", string(k))
	}
}

func (r *rules) count(what string, n, least, most int) {
	if n < least || n > most {
		r.fail(what, "%d of them, want %d to %d", n, least, most)
	}
}

// decision checks where in the log a message of the switch stands.
func (r *rules) decision(batch, logIndex int64) {
	if batch < 0 || logIndex < 0 {
		r.fail("batch, log_index", "negative")
	}
}

// surveyed is what one look over a text tells.
type surveyed struct {
	characters       int
	valid, printable bool // valid UTF-8; without any unprintable character
}

func survey(text string) surveyed {
	seen := surveyed{valid: true, printable: true}
	for i := 0; i < len(text); seen.characters++ {
		if c := text[i]; c >= ' ' && c <= '~' { // most are
			i++
			continue
		}
		c, size := utf8.DecodeRuneInString(text[i:])
		if c == utf8.RuneError && size == 1 {
			return surveyed{}
		}
		seen.printable = seen.printable && !unprintable(c)
		i += size
	}
	return seen
}

// unprintable tells control characters, line and paragraph separators and the overrides of writing
// direction: what makes a text look different from what it is.
func unprintable(c rune) bool {
	return c < 0x20 || c >= 0x7f && c <= 0x9f || c == 0x2028 || c == 0x2029 ||
		c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069
}

// printable makes a text from elsewhere fit: what a rail says must not keep its outcome from being told.
func printable(text string, limit int) string {
	if seen := survey(text); seen.valid && seen.printable && seen.characters <= limit {
		return text
	}
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
func (i Intent) CheckStructure() *FaultError { return checkIntent(&i) }

// checkIntent checks all of an intent: what is about to be closed, or came before anything was closed.
func checkIntent(i *Intent) *FaultError {
	var r rules
	r.form("id", i.ID, idForm)
	r.form("creditor_participant", i.CreditorParticipant, participantName)
	r.party("debtor", &i.Debtor)
	r.party("creditor", &i.Creditor)
	r.order(i)
	r.text("purpose", i.Purpose, MaxPurposeLength)
	r.text("reference", i.Reference, MaxReferenceLength)
	return r.fault
}

// order checks what an intent asks for, apart from whose it is.
func (r *rules) order(i *Intent) {
	r.amount("source", i.Source)
	r.amount("destination", i.Destination)
	r.optional("quote", i.Quote, idForm)
	if !validFixed(i.Fixed) {
		r.fail("fixed", "no side %.20q", string(i.Fixed))
	}
	if i.Priority != "" && i.Priority != PriorityNormal && i.Priority != PriorityHigh {
		r.fail("priority", "no priority %.20q", string(i.Priority))
	}
	if i.Bundle != nil {
		r.bundle(i.Bundle)
	}
	if i.Deadline.IsZero() {
		r.fail("deadline", "missing")
	}
}

// checkOutcome checks an outcome as it was before anything in it was closed.
func checkOutcome(o *Outcome) *FaultError {
	var r rules
	r.result(o)
	r.amount("amount", o.Amount)
	r.text("rail_ref", o.RailRef, MaxReferenceLength)
	r.optional("reason", o.Reason, reasonForm)
	r.text("rail_code", o.RailCode, MaxRailCodeLength)
	r.text("rail_text", o.RailText, MaxRailTextLength)
	r.resolved(o)
	return r.fault
}

func (r *rules) result(o *Outcome) {
	r.form("transfer", o.Transfer, idForm)
	r.kind(o.Kind)
	switch o.State {
	case OutcomePaid, OutcomeFailed, OutcomeUnknown, OutcomeReserved, OutcomeReleased, OutcomeRefused:
	default:
		r.fail("state", "no outcome %.20q", string(o.State))
	}
}

func (r *rules) resolved(o *Outcome) {
	if o.ResolvedBy != "" && !slices.Contains(resolvedForms, o.ResolvedBy) {
		r.fail("resolved_by", "no way %.20q", o.ResolvedBy)
	}
}

func checkInstruction(i *Instruction) *FaultError {
	var r rules
	r.form("transfer", i.Transfer, idForm)
	r.kind(i.Kind)
	r.form("intent", i.Intent, idForm)
	r.amount("amount", i.Amount)
	r.party("debtor", &i.Debtor)
	r.party("creditor", &i.Creditor)
	r.form("counterparty", i.Counterparty, participantName)
	r.text("reference", i.Reference, MaxReferenceLength)
	r.optional("reason", i.Reason, reasonForm)
	return r.fault
}

func checkChange(c *Change) *FaultError {
	var r rules
	r.optional("intent", c.Intent, idForm) // nameless where the intent's own id was malformed
	r.optional("transfer", c.Transfer, idForm)
	if !slices.Contains(states, c.State) {
		r.fail("state", "no state %.20q", string(c.State))
	}
	r.optional("fault", string(c.Fault), faultForm)
	r.optional("reason", c.Reason, reasonForm)
	r.text("detail", c.Detail, MaxDetailLength)
	return r.fault
}

var states = []State{StateQueued, StateRejected, StateExpired, StateCleared, StatePaid, StateReturnPending, StateReturned}

func (r *rules) status(m *StatusMessage) {
	r.count("changes", len(m.Changes), 0, MaxChanges)
	r.count("quotes", len(m.Quotes), 0, MaxListed)
	r.count("peers", len(m.Peers), 0, MaxListed)
	r.count("windows", len(m.Windows), 0, MaxListed)
	r.count("recalls", len(m.Recalls), 0, MaxListed)
	for _, a := range m.Recalls {
		r.recallAnswer(a)
	}
	for i := range m.Changes {
		r.item(checkChange(&m.Changes[i]))
	}
	for _, q := range m.Quotes {
		r.form("quote", q.ID, idForm)
		r.form("provider", q.Provider, participantName)
		if q.From.IsZero() || q.To.IsZero() || q.Rate.IsZero() || q.Expires.IsZero() {
			r.fail("quote "+q.ID, "incomplete")
		}
		if q.FeeMinor < 0 {
			r.fail("quote "+q.ID, "fee below zero")
		}
	}
	for _, p := range m.Peers {
		r.form("participant", p.Participant, participantName)
		r.optional("country", p.Country, countryForm)
		r.form("currency", p.Currency, currencyForm)
		if p.PayoutIncrementMinor < 0 || p.PayoutMinMinor < 0 || p.PayoutMaxMinor < 0 {
			r.fail("peer "+p.Participant, "negative")
		}
	}
	for _, w := range m.Windows {
		if w.Window < 0 {
			r.fail("window", "negative")
		}
		r.form("state", w.State, windowForm)
		r.form("currency", w.Currency, currencyForm)
	}
	r.liquidity(m.Liquidity)
	r.settlements(m.Settlements)
	if r.fault == nil {
		r.fault = faultOfFees(m.Fees)
	}
}
