package messaging

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

// What no text should hold, what JSON writes in another way, and what is near the edges of a form.
var drawHostile = rapid.OneOf(
	rapid.StringOfN(rapid.RuneFrom([]rune("aZ09 ._:@/=-+\"\\<>&'`{}[],\u00e9\u0905\U0001f600\U0001d11e\ufffd")), 0, 40, -1),
	rapid.StringOfN(rapid.RuneFrom([]rune("a\x00\t\n\r\x1f\x7f\u0080\u009f\u00a0\u2027\u2028\u2029\u202a\u202e\u202f\u2065\u2066\u2069\u206a\ufeff")), 0, 3, -1),
	rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 6), func(b []byte) string { return string(b) }),
	rapid.Map(rapid.IntRange(30, 300), func(n int) string { return string(slices.Repeat([]byte("9"), n)) }),
	rapid.Map(rapid.IntRange(30, 260), func(n int) string { return string(slices.Repeat([]rune("ü"), n)) }),
	rapid.Just(""), rapid.Just("\xed\xa0\x80"), rapid.Just("\xc0\x80"), rapid.Just("\xf4\x90\x80\x80"),
)

// hostile spoils a few of an item's texts.
func hostile(t *rapid.T, texts ...*string) {
	for range rapid.IntRange(0, 2).Draw(t, "spoiled") {
		text := texts[rapid.IntRange(0, len(texts)-1).Draw(t, "which")]
		if rapid.Bool().Draw(t, "behind") {
			*text += drawHostile.Draw(t, "tail")
		} else {
			*text = drawHostile.Draw(t, "text")
		}
	}
}

var (
	hostileIntent = rapid.Custom(func(t *rapid.T) Intent {
		i := drawIntent.Draw(t, "intent")
		hostile(t, textsOfIntent(&i)...)
		i.Deadline = rapid.OneOf(rapid.Just(i.Deadline), rapid.Just(time.Time{}),
			rapid.Just(i.Deadline.In(time.FixedZone("", 5*3600+1800)))).Draw(t, "deadline")
		return i
	})
	hostileOutcome = rapid.Custom(func(t *rapid.T) Outcome {
		o := drawOutcome.Draw(t, "outcome")
		hostile(t, textsOfOutcome(&o)...)
		return o
	})
	hostileInstruction = rapid.Custom(func(t *rapid.T) Instruction {
		i := drawInstruction.Draw(t, "instruction")
		hostile(t, textsOfInstruction(&i)...)
		return i
	})
	hostileChange = rapid.Custom(func(t *rapid.T) Change {
		c := Change{
			Intent: drawID.Draw(t, "intent"), Transfer: rapid.OneOf(rapid.Just(""), drawID).Draw(t, "transfer"),
			State: rapid.SampledFrom(states).Draw(t, "state"), Fault: rapid.SampledFrom([]Fault{"", FaultDeadline}).Draw(t, "fault"),
			Reason: rapid.SampledFrom([]string{"", "TM01"}).Draw(t, "reason"), Detail: drawText.Draw(t, "detail"),
		}
		hostile(t, textsOfChange(&c)...)
		return c
	})
	hostileStatus = rapid.Custom(func(t *rapid.T) StatusMessage {
		m := drawStatus.Draw(t, "status")
		q, p, w := &m.Quotes[0], &m.Peers[0], &m.Windows[0]
		hostile(t, &q.ID, &q.Provider, &p.Participant, &p.Country, &p.Currency, &w.State, &w.Currency)
		for _, n := range []*int64{&q.FeeMinor, &p.PayoutIncrementMinor, &p.PayoutMinMinor, &p.PayoutMaxMinor, &w.Window} {
			*n = rapid.SampledFrom([]int64{0, 1, 1, 1, 1, 1, 1, -1}).Draw(t, "minor")
		}
		q.From = rapid.SampledFrom([]fx.Currency{q.From, q.From, q.From, {}}).Draw(t, "from")
		return m
	})
)

func textsOfIntent(i *Intent) []*string {
	return []*string{
		&i.ID, &i.CreditorParticipant, &i.Debtor.Name, &i.Debtor.Account, &i.Debtor.Address, &i.Debtor.Country, &i.Debtor.Town,
		&i.Creditor.Name, &i.Creditor.Account, &i.Creditor.Address, &i.Creditor.Country, &i.Creditor.Town,
		&i.Source.Amount, &i.Source.Currency, &i.Destination.Amount, &i.Destination.Currency,
		&i.Quote, (*string)(&i.Fixed), (*string)(&i.Priority), &i.Purpose, &i.Reference,
	}
}

func textsOfOutcome(o *Outcome) []*string {
	return []*string{
		&o.Transfer, (*string)(&o.Kind), (*string)(&o.State), &o.Amount.Amount, &o.Amount.Currency,
		&o.RailRef, &o.Reason, &o.RailCode, &o.RailText, &o.ResolvedBy,
	}
}

func textsOfInstruction(i *Instruction) []*string {
	return []*string{
		&i.Transfer, (*string)(&i.Kind), &i.Intent, &i.Amount.Amount, &i.Amount.Currency,
		&i.Debtor.Name, &i.Debtor.Account, &i.Debtor.Address, &i.Debtor.Country, &i.Debtor.Town,
		&i.Creditor.Name, &i.Creditor.Account, &i.Creditor.Address, &i.Creditor.Country, &i.Creditor.Town,
		&i.Counterparty, &i.Reference, &i.Reason,
	}
}

func textsOfChange(c *Change) []*string {
	return []*string{&c.Intent, &c.Transfer, (*string)(&c.State), (*string)(&c.Fault), &c.Reason, &c.Detail}
}

func TestFormsAreTheirRegexps(t *testing.T) {
	for form, expression := range regexps {
		var matched, refused int
		rapid.Check(t, func(t *rapid.T) {
			text := rapid.OneOf(rapid.StringMatching(expression.String()), drawHostile).Draw(t, "text")
			if rapid.Bool().Draw(t, "more") {
				text += rapid.OneOf(rapid.StringN(1, 3, -1), rapid.StringMatching(expression.String())).Draw(t, "tail")
			}
			if form.MatchString(text) {
				matched++
			} else {
				refused++
			}
			require.Equal(t, expression.MatchString(text), form.MatchString(text), "%s %q", expression, text)
		})
		require.NotZero(t, matched, expression)
		require.NotZero(t, refused, expression)
		for c := range 256 { // every byte, first and later
			one, later := string([]byte{byte(c)}), "a"+string([]byte{byte(c)})
			require.Equal(t, expression.MatchString(one), form.MatchString(one), "%s %q", expression, one)
			require.Equal(t, expression.MatchString(later), form.MatchString(later), "%s %q", expression, later)
		}
	}
}

func TestDecimalsAreTheirRegexp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`-{0,2}[0-9]{0,41}\.{0,2}[0-9]{0,21}.?`), drawHostile).Draw(t, "text")
		require.Equal(t, amountRegexp.MatchString(text), isDecimal(text), "%q", text)
	})
}

func TestRulesAreAsTheyWere(t *testing.T) {
	sameFaults(t, hostileIntent, checkIntent, (*reference).intent)
	sameFaults(t, hostileOutcome, checkOutcome, (*reference).outcome)
	sameFaults(t, hostileOutcome, func(o *Outcome) *FaultError {
		open := *o
		open.RailRef, open.RailCode, open.RailText = railRefForm.fit(o.RailRef), railCodeForm.fit(o.RailCode), ""
		return checkOpenOutcome(&open)
	}, func(r *reference, o Outcome) {
		o.RailText = ""
		r.openOutcome(o)
	})
	sameFaults(t, hostileInstruction, checkInstruction, (*reference).instruction)
	sameFaults(t, hostileChange, checkChange, (*reference).change)
	sameFaults(t, hostileStatus, func(m *StatusMessage) *FaultError {
		var r rules
		m.Changes = nil // changes have their own
		r.status(m)
		return r.fault
	}, (*reference).status)
}

func sameFaults[T any](t *testing.T, draw *rapid.Generator[T], check func(*T) *FaultError, wanted func(*reference, T)) {
	t.Helper()
	var sound, faulty int
	rapid.Check(t, func(t *rapid.T) {
		item := draw.Draw(t, "item")
		var r reference
		wanted(&r, item)
		require.Equal(t, r.fault, check(&item))
		if r.fault == nil {
			sound++
		} else {
			faulty++
		}
	})
	require.NotZero(t, sound)
	require.NotZero(t, faulty)
}

func TestPrintableIsAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(drawHostile, rapid.String()).Draw(t, "text")
		limit := rapid.IntRange(0, 300).Draw(t, "limit")
		require.Equal(t, referencePrintable(text, limit), printable(text, limit))
	})
}
