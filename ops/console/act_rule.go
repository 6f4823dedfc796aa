package console

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

// rateActs are about what money is worth, and what clearing costs.
func rateActs() []act {
	return []act{
		{Kind: request.Rates, Title: "Publish reference rates", Button: "Publish rates", Fields: []actField{
			{Name: "signed", Label: "The signed sheet", Long: true, Hint: "As ayni rates sign writes it, with its signatures."}},
			plan: func(f filled) (request.Plan, error) { return request.RatesPlan(f.Get("signed")+"\n", f.reason()) }},
		{Kind: request.RateCommittee, Title: "Change who signs rates", Button: "Rate committee", Danger: true, Fields: []actField{
			{Name: "keys", Label: "Public keys of the committee", Long: true, Hint: "One a line."}, {Name: "threshold", Label: "How many of them have to sign", Whole: true}},
			plan: committeePlan},
		{Kind: request.Quotes, Title: "Publish a provider’s quotes", Button: "Publish quotes", Fields: []actField{
			{Name: "provider", Label: "Provider", List: listParticipants},
			{Name: "quotes", Label: "Quotes", Long: true, Hint: "One a line: id, from, to, rate and expiry, as q7 KES PHP 0.4321 2026-11-22T18:00:00Z."}},
			plan: quotesPlan},
		{Kind: request.Fees, Title: "Announce fees", Button: "Fees", Fields: []actField{
			{Name: "schedule", Label: "The schedule", Long: true, Hint: "JSON: version, from and rules. It holds from its moment on."}},
			plan: func(f filled) (request.Plan, error) {
				var s fee.Schedule
				if err := f.document("schedule", &s); err != nil {
					return request.Plan{}, err
				}
				return request.FeesPlan(s, f.reason())
			}},
	}
}

func committeePlan(f filled) (request.Plan, error) {
	var c fx.Committee
	for line := range strings.FieldsSeq(f.Get("keys")) {
		key, err := fx.ParseCommitteeKey(line)
		if err != nil {
			return request.Plan{}, &fieldError{"keys", "Each line is a public key of 43 characters."}
		}
		c.Keys = append(c.Keys, key)
	}
	threshold, err := f.whole("threshold")
	if err != nil {
		return request.Plan{}, err
	}
	c.Threshold = int(min(threshold, fx.MaxCommittee+1))
	return request.RateCommitteePlan(c, f.reason())
}

func quotesPlan(f filled) (request.Plan, error) {
	var all settlement.Quotes
	for line := range strings.Lines(f.Get("quotes")) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		quote, err := readQuote(f.Get("provider"), words)
		if err != nil {
			return request.Plan{}, &fieldError{"quotes", "Each line is an id, two currencies, a rate and a moment, as q7 KES PHP 0.4321 2026-11-22T18:00:00Z."}
		}
		all.Quotes = append(all.Quotes, quote)
	}
	return request.QuotesPlan(all, f.reason())
}

func readQuote(provider string, words []string) (q fx.Quote, err error) {
	const parts = 5
	if len(words) != parts {
		return q, errNoPage
	}
	q.ID, q.Provider = words[0], provider
	if q.From, err = fx.ParseCurrency(words[1]); err != nil {
		return q, err
	}
	if q.To, err = fx.ParseCurrency(words[2]); err != nil {
		return q, err
	}
	if q.Rate, err = fx.ParseRate(words[3]); err != nil {
		return q, err
	}
	q.Expires, err = time.Parse(time.RFC3339, words[4])
	return q, err
}

// ruleActs rule all participants alike.
func ruleActs() []act {
	from, to := actField{Name: "from", Label: "From", List: listCurrencies}, actField{Name: "to", Label: "Into", List: listCurrencies}
	currency := actField{Name: "currency", Label: "Currency", List: listCurrencies}
	return []act{
		{Kind: request.Group, Title: "Change which currencies settle together", Button: "Settlement group", Danger: true, Fields: []actField{
			{Name: "group", Label: "Group"}, {Name: "currencies", Label: "Currencies", Optional: true, Hint: "Codes with spaces between; none for the group of all others."},
			{Name: "seconds", Label: "Seconds to pay after the close", Whole: true, Hint: "0: no default procedure."},
			{Name: "share", Label: "Most that a survivor pays, in percent of its credit line", Amount: true},
			{Name: "timetable", Label: "Timetable", Long: true, Optional: true, Hint: "JSON. Without it windows close by request."}},
			plan: groupPlan},
		{Kind: request.Hours, Title: "Say when a currency is closed", Button: "Hours", Fields: []actField{
			currency, {Name: "late", Label: "What comes then", Choices: []string{string(schedule.Queue), string(schedule.Refuse)}},
			{Name: "closed", Label: "Closed", Long: true, Optional: true, Hint: "One time a line, from and until, as 2026-12-24T15:00:00Z 2026-12-27T06:00:00Z. It takes the place of what was said before."}},
			plan: hoursPlan},
		{Kind: request.Gross, Title: "Settle great transfers one by one", Button: "Gross settlement", Fields: []actField{
			from, to, {Name: "amount", Label: "From which amount on", Amount: true, Hint: "In the first currency; 0 nets all."}},
			plan: func(f filled) (request.Plan, error) {
				m, err := f.moneyIn("amount", "from")
				if err != nil {
					return request.Plan{}, err
				}
				into, err := fx.ParseCurrency(f.Get("to"))
				if err != nil {
					return request.Plan{}, noCurrency("to")
				}
				return request.GrossPlan(settlement.Gross{From: m.Currency, To: into, ThresholdMinor: m.Minor}, f.reason())
			}},
		{Kind: request.TravelRule, Title: "Change the travel rule", Button: "Travel rule", Fields: []actField{
			currency, much("Above which amount", "Intents above it say where the sender lives; 0 ends the rule.")},
			plan: func(f filled) (request.Plan, error) {
				m, err := f.money("amount")
				if err != nil {
					return request.Plan{}, err
				}
				return request.TravelRulePlan(settlement.TravelRule{Currency: m.Currency, ThresholdMinor: m.Minor}, f.reason())
			}},
		{Kind: request.Screen, Title: "Publish a list of screened accounts", Button: "Screening list", Fields: []actField{
			{Name: "list", Label: "The list", Long: true, Hint: "JSON: name, version and accounts, whose hashes are in base64."}},
			plan: func(f filled) (request.Plan, error) {
				var l settlement.ScreenList
				if err := f.document("list", &l); err != nil {
					return request.Plan{}, err
				}
				return request.ScreenPlan(l, f.reason())
			}},
		{Kind: request.Witnesses, Title: "Say who vouches for the log", Button: "Witnesses", Danger: true, Fields: []actField{
			{Name: "policy", Label: "The policy", Long: true, Hint: "Text of C2SP tlog-policy. Money waits until its quorum has cosigned."}},
			plan: func(f filled) (request.Plan, error) {
				return request.WitnessesPlan(settlement.Witnesses{Policy: f.Get("policy") + "\n"}, f.reason())
			}},
	}
}

func groupPlan(f filled) (request.Plan, error) {
	g := settlement.SettlementGroup{Name: f.Get("group"), Currencies: []fx.Currency{}}
	for code := range strings.FieldsSeq(f.Get("currencies")) {
		c, err := fx.ParseCurrency(code)
		if err != nil {
			return request.Plan{}, noCurrency("currencies")
		}
		g.Currencies = append(g.Currencies, c)
	}
	var err error
	if g.SettleWithinSeconds, err = f.whole("seconds"); err != nil {
		return request.Plan{}, err
	}
	if g.ShareMaxPPM, err = f.millionths("share"); err != nil {
		return request.Plan{}, err
	}
	if f.Get("timetable") != "" {
		g.Timetable = &schedule.Timetable{}
		if err := f.document("timetable", g.Timetable); err != nil {
			return request.Plan{}, err
		}
	}
	return request.GroupPlan(g, f.reason())
}

func hoursPlan(f filled) (request.Plan, error) {
	currency, err := fx.ParseCurrency(f.Get("currency"))
	if err != nil {
		return request.Plan{}, noCurrency("currency")
	}
	h := settlement.Hours{Currency: currency, Late: schedule.Late(f.Get("late")), Closed: []settlement.Closed{}}
	words := strings.Fields(f.Get("closed"))
	for len(words) > 0 {
		var c settlement.Closed
		if len(words) > 1 {
			if c.From, err = time.Parse(time.RFC3339, words[0]); err == nil {
				c.Until, err = time.Parse(time.RFC3339, words[1])
			}
		}
		if err != nil || c.Until.IsZero() {
			return request.Plan{}, &fieldError{"closed", "Each line is two moments, as 2026-12-24T15:00:00Z 2026-12-27T06:00:00Z."}
		}
		h.Closed, words = append(h.Closed, c), words[2:]
	}
	return request.HoursPlan(h, f.reason())
}

// streamActs are about what a stream holds.
func streamActs() []act {
	return []act{
		{Kind: request.Replay, Title: "Take a dead letter in again", Button: "Take in again", Fields: []actField{
			who(), {Name: "sequence", Label: "Message of its stream", Whole: true}, {Name: "place", Label: "Place in the message", Whole: true, Optional: true, Hint: "Empty: the whole message."}},
			plan: func(f filled) (request.Plan, error) {
				sequence, err := f.whole("sequence")
				if err != nil {
					return request.Plan{}, err
				}
				place := int64(-1)
				if f.Get("place") != "" {
					if place, err = f.whole("place"); err != nil {
						return request.Plan{}, err
					}
				}
				return request.ReplayPlan(f.Get("participant"), uint64(sequence), int32(min(place, 1<<30)), f.reason()) //nolint:gosec // not below zero
			}},
	}
}

// document reads a field of JSON.
func (f filled) document(name string, into any) error {
	if err := json.Unmarshal([]byte(f.Get(name)), into, json.RejectUnknownMembers(true)); err != nil {
		return &fieldError{name, "This is not the JSON that it should be: " + err.Error()}
	}
	return nil
}
