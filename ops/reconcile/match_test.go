package reconcile

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

const day fx.Date = "2026-04-13"

var (
	kes     = fx.MustCurrency("KES")
	nairobi = time.FixedZone("Nairobi", 3*60*60)
	noon    = time.Date(2026, 4, 13, 9, 0, 0, 0, time.UTC) // in Nairobi
)

// moved is a movement of the log and the line of a statement that says the same.
func moved(kind ledger.MovementKind, n int, at time.Time) (ledger.RailMovement, adapters.StatementLine) {
	m := ledger.RailMovement{
		Kind: kind, Transfer: settlement.TransferID(1_000_000 + n), Intent: fmt.Sprintf("oORDER%d", n), AmountMinor: int64(100 + n), PostedMinor: int64(100 + n),
		Cleared: true, Currency: kes, At: at,
	}
	if kind != ledger.MovedCollection {
		m.RailRef = fmt.Sprintf("R%d", n)
	}
	return m, adapters.StatementLine{
		At: at, Ref: fmt.Sprintf("R%d", n), Order: orderOf(m), Amount: fx.Money{Minor: m.AmountMinor, Currency: kes}, Direction: direction(kind),
	}
}

// put is a match of a participant's day in Nairobi.
func put(lines []adapters.StatementLine, log []ledger.RailMovement) *Report {
	return Match(Sides{Participant: "mpesa-ke", Day: day, Zone: nairobi, Lines: lines, Log: log})
}

// Each kind once, by a statement or a log that was changed in one way.
func TestEveryKindOfDifference(t *testing.T) {
	for kind, change := range map[Kind]func(m *ledger.RailMovement, l *adapters.StatementLine) (twice bool){
		MissingAtRail: func(_ *ledger.RailMovement, l *adapters.StatementLine) bool {
			l.At, l.Ref, l.Order = noon.AddDate(0, 0, 5), "another", ""
			return false
		},
		MissingInLog: func(m *ledger.RailMovement, _ *adapters.StatementLine) bool {
			m.At = noon.AddDate(0, 0, 5)
			m.RailRef, m.Intent, m.Transfer = "", "oX", 1
			return false
		},
		MissingPosting: func(m *ledger.RailMovement, _ *adapters.StatementLine) bool { m.PostedMinor--; return false },
		AmountDiffers:  func(_ *ledger.RailMovement, l *adapters.StatementLine) bool { l.Amount.Minor++; return false },
		DirectionDiffers: func(_ *ledger.RailMovement, l *adapters.StatementLine) bool {
			l.Direction = map[adapters.Direction]adapters.Direction{adapters.In: adapters.Out, adapters.Out: adapters.In}[l.Direction]
			return false
		},
		TwiceAtRail: func(*ledger.RailMovement, *adapters.StatementLine) bool { return true },
		UnknownOpen: func(m *ledger.RailMovement, _ *adapters.StatementLine) bool { m.Unknown = true; return false },
	} {
		for _, of := range []ledger.MovementKind{ledger.MovedCollection, ledger.MovedPayout, ledger.MovedRefund} {
			t.Run(string(kind)+" "+string(of), func(t *testing.T) {
				sound, soundLine := moved(of, 1, noon)
				m, l := moved(of, 2, noon)
				twice := change(&m, &l)
				lines := []adapters.StatementLine{soundLine, l}
				if twice {
					again := l
					again.Ref = "R2-again"
					lines = append(lines, again)
				}
				r := put(lines, []ledger.RailMovement{sound, m})
				require.Len(t, r.Differences, 1)
				d := r.Differences[0]
				require.Equal(t, string(kind), d.Kind)
				require.NotEmpty(t, d.ID)
				require.Equal(t, 1, r.Open())
				require.Equal(t, r, put(lines, []ledger.RailMovement{m, sound}), "in any order, by the same name")
			})
		}
	}
}

func TestDaysEndAtTheRail(t *testing.T) {
	early, earlyLine := moved(ledger.MovedPayout, 1, time.Date(2026, 4, 12, 21, 30, 0, 0, time.UTC)) // half past midnight in Nairobi
	late, lateLine := moved(ledger.MovedPayout, 2, time.Date(2026, 4, 13, 20, 59, 0, 0, time.UTC))
	lateLine.At = lateLine.At.Add(2 * time.Minute) // on the statement of the day after
	next, nextLine := moved(ledger.MovedPayout, 3, time.Date(2026, 4, 13, 21, 30, 0, 0, time.UTC))
	lines, log := []adapters.StatementLine{earlyLine, lateLine, nextLine}, []ledger.RailMovement{early, late, next}
	kinds := func(of fx.Date, zone *time.Location) (matched int, kinds []string) {
		r := Match(Sides{Participant: "mpesa-ke", Day: of, Zone: zone, Lines: lines, Log: log})
		for _, d := range r.Differences {
			kinds = append(kinds, d.Kind)
			require.Contains(t, r.Settled, d.ID)
		}
		return r.Matched, kinds
	}
	matched, differ := kinds(day, nairobi)
	require.Equal(t, 1, matched)
	require.Empty(t, differ, "what is late is on the statement of the day after")
	matched, differ = kinds("2026-04-14", nairobi)
	require.Equal(t, 1, matched)
	require.Equal(t, []string{string(OtherDay)}, differ)
	matched, differ = kinds(day, time.UTC)
	require.Equal(t, 2, matched, "the first is of the day before")
	require.Empty(t, differ)
}

func TestFeesAreNoDifference(t *testing.T) {
	fee := adapters.StatementLine{At: noon, Ref: "F", Amount: fx.Money{Minor: 13, Currency: kes}, Direction: adapters.Out, Fee: true}
	r := put([]adapters.StatementLine{fee, fee}, nil)
	require.Empty(t, r.Differences)
	require.Equal(t, []fx.Money{{Minor: 26, Currency: kes}}, r.Fees)
}

// What a customer gave its operator otherwise than for an order, the rail's statement does not have; and what has not
// cleared has no postings.
func TestCollections(t *testing.T) {
	other, _ := moved(ledger.MovedCollection, 1, noon)
	other.Intent = "bulk-7"
	waits, line := moved(ledger.MovedCollection, 2, noon)
	waits.Cleared, waits.PostedMinor = false, 0
	require.Empty(t, put([]adapters.StatementLine{line}, []ledger.RailMovement{other, waits}).Differences)
}

// A statement that says what the log says has no differences, whatever is in it; and a line taken away or changed
// is found.
func TestNothingIsMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var log []ledger.RailMovement
		var lines []adapters.StatementLine
		for n := range rapid.IntRange(1, 20).Draw(t, "movements") {
			kind := rapid.SampledFrom([]ledger.MovementKind{ledger.MovedCollection, ledger.MovedPayout, ledger.MovedRefund}).Draw(t, "kind")
			m, l := moved(kind, n, noon.Add(time.Duration(rapid.IntRange(-8, 8).Draw(t, "hours"))*time.Hour))
			if rapid.Bool().Draw(t, "without order") && kind != ledger.MovedCollection {
				l.Order = ""
			}
			log, lines = append(log, m), append(lines, l)
		}
		r := put(rapid.Permutation(lines).Draw(t, "lines"), log)
		require.Empty(t, r.Differences)
		require.Equal(t, len(log), r.Matched)

		k := rapid.IntRange(0, len(lines)-1).Draw(t, "changed")
		want := MissingAtRail
		if rapid.Bool().Draw(t, "amount") {
			lines[k].Amount.Minor++
			want = AmountDiffers
		} else {
			lines = append(lines[:k:k], lines[k+1:]...)
		}
		r = put(lines, log)
		require.Len(t, r.Differences, 1)
		require.Equal(t, string(want), r.Differences[0].Kind)
		require.Equal(t, log[k].Transfer.String(), r.Differences[0].Transfer)
		require.NotContains(t, r.Differences[0].Detail, "%")
	})
}

// Of two lines of a movement the one that agrees counts, whichever came first; the other is for people.
func TestTheLineThatAgreesCounts(t *testing.T) {
	m, l := moved(ledger.MovedPayout, 1, noon)
	wrong := l
	wrong.At, wrong.Ref = noon.Add(-time.Hour), "EARLIER"
	wrong.Amount.Minor++
	r := put([]adapters.StatementLine{l, wrong}, []ledger.RailMovement{m})
	require.Equal(t, 1, r.Matched)
	require.Len(t, r.Differences, 1)
	require.Equal(t, string(TwiceAtRail), r.Differences[0].Kind)
	require.Equal(t, "EARLIER", r.Differences[0].RailRef)
}

// What was not posted is settled by a posting, and by nothing else.
func TestMissingPostingsAreSettledByPostings(t *testing.T) {
	m, l := moved(ledger.MovedPayout, 1, noon)
	m.PostedMinor = 0
	lines, log := []adapters.StatementLine{l}, []ledger.RailMovement{m}
	found := put(lines, log).Differences
	require.Len(t, found, 1)
	again := func() []string {
		return Match(Sides{Participant: "mpesa-ke", Day: day, Zone: nairobi, Lines: lines, Log: log, Open: found}).Settled
	}
	require.Empty(t, again())
	log[0].PostedMinor = m.AmountMinor
	require.Equal(t, []string{found[0].ID}, again())
}
