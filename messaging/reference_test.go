package messaging

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
)

// What must stay as it is, written for clarity alone: the rules by regular expressions, the payloads by
// reflection. The tests hold what is fast against it.

var regexps = map[form]*regexp.Regexp{
	idForm:          regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,35}$`),
	accountForm:     regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9@._:/-]{0,63}$`),
	currencyForm:    regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`),
	reasonForm:      regexp.MustCompile(`^[A-Z0-9]{1,4}$`),
	faultForm:       regexp.MustCompile(`^[a-z0-9_]{1,64}$`),
	ruleForm:        regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,47}$`),
	countryForm:     regexp.MustCompile(`^[A-Z]{2}$`),
	railRefForm:     regexp.MustCompile(`^[A-Za-z0-9._:/=-]{1,140}$`),
	railCodeForm:    regexp.MustCompile(`^[A-Za-z0-9._:/=-]{1,35}$`),
	saltForm:        regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`),
	headerForm:      regexp.MustCompile(`^[A-Za-z0-9_=-]{1,128}$`),
	windowForm:      regexp.MustCompile(`^[a-z_]{1,32}$`),
	participantName: regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`),
}

var amountRegexp = regexp.MustCompile(`^-?[0-9]{1,40}(\.[0-9]{1,20})?$`)

type reference struct{ fault *FaultError }

func (r *reference) that(holds bool, format string, args ...any) {
	if !holds && r.fault == nil {
		r.fault = &FaultError{Fault: FaultSchema, Detail: fmt.Sprintf(format, args...)}
	}
}

func (r *reference) form(where, value string, form form) {
	r.that(regexps[form].MatchString(value), "%s: %.40q has not the form of one", where, value)
}

func (r *reference) optional(where, value string, form form) {
	if value != "" {
		r.form(where, value, form)
	}
}

func (r *reference) text(where, value string, limit int) {
	r.that(utf8.ValidString(value), "%s: not UTF-8", where)
	r.that(utf8.RuneCountInString(value) <= limit, "%s: longer than %d characters", where, limit)
	r.that(strings.IndexFunc(value, unprintable) < 0, "%s: holds control characters", where)
}

func (r *reference) party(where string, p Party) {
	r.text(where+".name", p.Name, MaxNameLength)
	r.that(strings.Trim(p.Name, " ") != "", "%s.name: missing", where)
	r.form(where+".account", p.Account, accountForm)
	r.text(where+".address", p.Address, MaxAddressLength)
	if p.Country != "" {
		r.form(where+".country", p.Country, countryForm)
	}
	r.text(where+".town", p.Town, MaxTownLength)
}

func (r *reference) amount(where string, a Amount) {
	r.that(len(a.Amount) <= MaxAmountLength, "%s.amount: longer than %d characters", where, MaxAmountLength)
	r.that(amountRegexp.MatchString(a.Amount), "%s.amount: %.40q has not the form of one", where, a.Amount)
	r.form(where+".currency", a.Currency, currencyForm)
}

func (r *reference) kind(k Kind) {
	r.that(slices.Contains(referenceKinds, k), "kind: no kind %.20q", string(k))
}

func (r *reference) intent(i Intent) {
	r.form("id", i.ID, idForm)
	r.form("creditor_participant", i.CreditorParticipant, participantName)
	r.party("debtor", i.Debtor)
	r.party("creditor", i.Creditor)
	r.amount("source", i.Source)
	r.amount("destination", i.Destination)
	r.optional("quote", i.Quote, idForm)
	r.that(validFixed(i.Fixed), "fixed: no side %.20q", string(i.Fixed))
	r.that(i.Priority == "" || i.Priority == PriorityNormal || i.Priority == PriorityHigh, "priority: no priority %.20q", string(i.Priority))
	if i.Bundle != nil {
		r.bundle(*i.Bundle)
	}
	r.that(!i.Deadline.IsZero(), "deadline: missing")
	r.text("purpose", i.Purpose, MaxPurposeLength)
	r.text("reference", i.Reference, MaxReferenceLength)
}

func (r *reference) bundle(b Bundle) {
	r.form("bundle.id", b.ID, idForm)
	for _, c := range []struct {
		what           string
		n, least, most int
	}{{"bundle.count", b.Count, 2, 64}, {"bundle.place", b.Place, 1, 64}, {"bundle.proof", len(b.Proof), 1, 6}} {
		r.that(c.n >= c.least && c.n <= c.most, "%s: %d of them, want %d to %d", c.what, c.n, c.least, c.most)
	}
	hash := regexp.MustCompile(`^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$`)
	for _, text := range append([]string{b.Digest}, b.Proof...) {
		r.that(hash.MatchString(text), "bundle: %q is no hash", text)
	}
}

func (r *reference) outcome(o Outcome) {
	r.form("transfer", o.Transfer, idForm)
	r.kind(o.Kind)
	r.that(slices.Contains(referenceOutcomes, o.State),
		"state: no outcome %.20q", string(o.State))
	r.amount("amount", o.Amount)
	r.text("rail_ref", o.RailRef, MaxReferenceLength)
	r.optional("reason", o.Reason, reasonForm)
	r.text("rail_code", o.RailCode, MaxRailCodeLength)
	r.text("rail_text", o.RailText, MaxRailTextLength)
	r.that(o.ResolvedBy == "" || slices.Contains(resolvedForms, o.ResolvedBy), "resolved_by: no way %.20q", o.ResolvedBy)
}

// openOutcome holds once the rail's reference and code fit.
func (r *reference) openOutcome(o Outcome) {
	text := o.RailText
	o.RailRef, o.RailCode, o.RailText = referenceFit(o.RailRef, railRefForm), referenceFit(o.RailCode, railCodeForm), ""
	r.outcome(o)
	r.text("rail_text", text, MaxRailTextLength)
}

func referenceFit(text string, form form) string {
	fitted := regexp.MustCompile(`[^A-Za-z0-9._:/=-]`).ReplaceAllString(string([]rune(text)), "_") // byte by byte what is not UTF-8
	return fitted[:min(len(fitted), int(form.most))]
}

func (r *reference) instruction(i Instruction) {
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

func (r *reference) change(c Change) {
	r.optional("intent", c.Intent, idForm)
	r.optional("transfer", c.Transfer, idForm)
	r.that(slices.Contains(states, c.State), "state: no state %.20q", string(c.State))
	r.optional("fault", string(c.Fault), faultForm)
	r.optional("reason", c.Reason, reasonForm)
	r.text("detail", c.Detail, MaxDetailLength)
}

func (r *reference) status(m StatusMessage) {
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

func referencePrintable(text string, limit int) string {
	clean := strings.Map(func(c rune) rune {
		if unprintable(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return string([]rune(clean)[:min(limit, utf8.RuneCountInString(clean))])
}

// referenceClosing writes envelopes by reflection, and the lines that it closes.
type referenceClosing struct{ lines []byte }

// line closes a value and returns its commitment.
func (c *referenceClosing) line(closed any) string {
	text, err := json.Marshal(closed)
	if err != nil {
		panic(err) // of what passed the rules
	}
	c.lines = append(append(c.lines, '\n'), text...)
	return commitmentTo(string(text))
}

func referenceSalt(id, role string) string {
	mac := hmac.New(sha256.New, testSalter.secret[:])
	mac.Write(fmt.Appendf(nil, "ayni.salt.v1\n%s\n%s", id, role))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

func (c *referenceClosing) intents(participant string, intents []Intent) any {
	envelope := struct {
		Version     int          `json:"version"`
		Participant string       `json:"participant"`
		Intents     []openIntent `json:"intents"`
	}{VersionOpen, participant, nil}
	for _, i := range intents {
		open := openIntent{
			ID: i.ID, CreditorParticipant: i.CreditorParticipant, Source: i.Source, Destination: i.Destination, Quote: i.Quote,
			Fixed: i.Fixed, Priority: i.Priority, Bundle: i.Bundle, Deadline: i.Deadline.UTC(),
			Debtor:   c.line(closedParty{i.Debtor, referenceSalt(i.ID, "debtor")}),
			Creditor: c.line(closedParty{i.Creditor, referenceSalt(i.ID, "creditor")}),
		}
		if i.Purpose+i.Reference != "" {
			open.Note = c.line(closedNote{i.Purpose, i.Reference, referenceSalt(i.ID, "note")})
		}
		envelope.Intents = append(envelope.Intents, open)
	}
	return envelope
}

func (c *referenceClosing) outcomes(participant string, outcomes []Outcome) any {
	outcomes = slices.Clone(outcomes)
	for n := range outcomes {
		o := &outcomes[n]
		o.RailRef, o.RailCode = referenceFit(o.RailRef, railRefForm), referenceFit(o.RailCode, railCodeForm)
		if o.RailText = referencePrintable(o.RailText, MaxRailTextLength); o.RailText != "" {
			o.RailText = c.line(closedText{o.RailText, referenceSalt(o.Transfer, "rail_text")})
		}
	}
	return OutcomeEnvelope{Version: VersionOpen, Participant: participant, Outcomes: outcomes}
}

// referencePackOpen is referencePack with closed lines.
func referencePackOpen[T any](items []T, most int, message func(*referenceClosing, []T) any) (payloads [][]byte, err error) {
	for part := range slices.Chunk(items, most) {
		var c referenceClosing
		open, err := json.Marshal(message(&c, part))
		if err != nil {
			return nil, err
		}
		payloads = append(payloads, append(open, c.lines...))
	}
	return payloads, nil
}

// referencePack makes payloads of most items each, whatever their size.
func referencePack[T any](items []T, most int, message func([]T) any) (payloads [][]byte, err error) {
	for part := range slices.Chunk(items, most) {
		payload, err := json.Marshal(message(part))
		if err != nil {
			return nil, err
		}
		payloads = append(payloads, payload)
	}
	return payloads, nil
}

var (
	referenceKinds    = []Kind{KindPayout, KindRefund, KindQuery, KindRecall, KindReserve, KindRelease}
	referenceOutcomes = []OutcomeState{OutcomePaid, OutcomeFailed, OutcomeUnknown, OutcomeReserved, OutcomeReleased, OutcomeRefused}
)

// firstIntents and firstReport are payloads of version 1.
func firstIntents(t require.TestingT, intents ...Intent) []byte {
	payload, err := json.Marshal(IntentEnvelope{Version: Version, Participant: "alpha", Intents: intents})
	require.NoError(t, err)
	return payload
}

func firstReport(t require.TestingT, rail *RailHealth, outcomes ...Outcome) []byte {
	payload, err := json.Marshal(OutcomeEnvelope{Version: Version, Participant: "alpha", Outcomes: outcomes, Rail: rail})
	require.NoError(t, err)
	return payload
}
