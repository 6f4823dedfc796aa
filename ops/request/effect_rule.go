package request

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

func ratesEffect(r settlement.Rates) (effect, error) {
	s, err := fx.ParseSignedSheet([]byte(r.Signed))
	return effect{says: fmt.Sprintf("publish rate sheet %d, signed by %d members of the committee, which holds from %s until %s", s.Sheet.Serial,
		len(s.Signatures), moment(s.Sheet.From), moment(s.Sheet.Until))}, err
}

func moment(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func committeeEffect(c fx.Committee) (effect, error) {
	return effect{says: fmt.Sprintf("believe only rate sheets that %d of %d committee keys have signed", c.Threshold, len(c.Keys))}, c.Check()
}

func quotesEffect(q settlement.Quotes) (effect, error) {
	if len(q.Quotes) == 0 {
		return effect{}, errors.New("no quotes")
	}
	provider := q.Quotes[0].Provider
	if slices.ContainsFunc(q.Quotes, func(other fx.Quote) bool { return other.Provider != provider }) {
		return effect{}, errors.New("quotes of more than one provider")
	}
	last := slices.MaxFunc(q.Quotes, func(a, b fx.Quote) int { return a.Expires.Compare(b.Expires) })
	return effect{fmt.Sprintf("publish %d quotes of %s, each until its own expiry, the last at %s", len(q.Quotes), provider, moment(last.Expires)), provider}, named(provider)
}

func feesEffect(s fee.Schedule) (effect, error) {
	return effect{says: fmt.Sprintf("charge by version %d of the fees, of %d rules, from %s on", s.Version, len(s.Rules), moment(s.From))}, s.Check()
}

func patienceEffect(p settlement.Patience) (effect, error) {
	if p.Seconds <= 0 {
		return effect{}, fmt.Errorf("%d seconds out of range", p.Seconds)
	}
	return effect{fmt.Sprintf("ask %s's rail about an instruction after %s without a word", p.Participant, time.Duration(p.Seconds)*time.Second), p.Participant}, named(p.Participant)
}

func hoursEffect(h settlement.Hours) (effect, error) {
	fate := "wait"
	switch {
	case h.Currency.IsZero():
		return effect{}, errors.New("no currency")
	case h.Late == schedule.Refuse:
		fate = "are refused"
	case h.Late != schedule.Queue:
		return effect{}, fmt.Errorf("%.20q is not what may become of a late intent", string(h.Late))
	}
	if len(h.Closed) == 0 {
		return effect{says: fmt.Sprintf("have %s open at all times", h.Currency)}, nil
	}
	return effect{says: fmt.Sprintf("have %s closed %d times from %s until %s, in place of what was said before; intents that come then %s", h.Currency,
		len(h.Closed), moment(h.Closed[0].From), moment(h.Closed[len(h.Closed)-1].Until), fate)}, nil
}

func grossEffect(g settlement.Gross) (effect, error) {
	says := fmt.Sprintf("settle transfers from %s into %s of %s or more one by one, between prefunded accounts", g.From, g.To, money(g.ThresholdMinor, g.From))
	if g.ThresholdMinor == 0 {
		says = fmt.Sprintf("net transfers from %s into %s of any amount", g.From, g.To)
	}
	if g.To.IsZero() {
		return effect{}, errors.New("a rule needs two currencies, which may be the same")
	}
	return effect{says: says}, amount(g.ThresholdMinor, 0, g.From)
}

func screenEffect(l settlement.ScreenList) (effect, error) {
	switch {
	case !messaging.ValidID(l.Name) || l.Version < 1:
		return effect{}, errors.New("a list has a name and a version")
	case slices.ContainsFunc(l.Accounts, func(hash []byte) bool { return len(hash) != sha256.Size }):
		return effect{}, errors.New("an account is no hash")
	}
	return effect{says: fmt.Sprintf("hold transfers of the %d accounts on version %d of list %s, in place of what the list was", len(l.Accounts), l.Version, l.Name)}, nil
}

func travelEffect(t settlement.TravelRule) (effect, error) {
	says := fmt.Sprintf("want the originator's address and the beneficiary's town with intents above %s", money(t.ThresholdMinor, t.Currency))
	if t.ThresholdMinor == 0 {
		says = "no longer want addresses and towns with intents"
	}
	return effect{says: says}, amount(t.ThresholdMinor, 0, t.Currency)
}

func witnessesEffect(w settlement.Witnesses) (effect, error) {
	if w.Policy == "" {
		return effect{}, errors.New("no policy")
	}
	return effect{says: fmt.Sprintf("tell the settlement agent from the next batch on only what the log's witnesses have cosigned, by a policy of %d bytes", len(w.Policy))}, nil
}
