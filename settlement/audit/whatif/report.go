package whatif

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/shopspring/decimal"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
)

// Result is what became of transfers in one history.
type Result struct {
	Transfers int64    `json:"transfers"` // accepted
	Refused   int64    `json:"refused"`
	Cleared   int64    `json:"cleared"`
	Expired   int64    `json:"expired"` // without having cleared
	Queued    int64    `json:"queued"`  // at the end
	Value     []Amount `json:"value"`   // of what cleared, in what it left
	Waited    Waited   `json:"waited"`
	Liquidity []Amount `json:"liquidity"` // the most that was used after any batch: positions below zero, each at its own worst
}

// Amount is money as programs read it.
type Amount struct {
	Currency string `json:"currency"`
	Amount   string `json:"amount"`
}

// Waited is how long what cleared had waited for it: a median and the longest.
type Waited struct {
	BatchesP50 int64  `json:"batches_p50"`
	BatchesMax int64  `json:"batches_max"`
	SecondsP50 string `json:"seconds_p50"`
	SecondsMax string `json:"seconds_max"`
}

// Pair is what was beside what would have been.
type Pair struct {
	Was   Result `json:"was"`
	Would Result `json:"would"`
}

// Report is what other rules would have come to.
type Report struct {
	Total        Pair              `json:"total"`
	Participants []ParticipantPair `json:"participants"`
}

// ParticipantPair is a participant's part: what it sent. The scheme's is what its pools used.
type ParticipantPair struct {
	Name string `json:"name"`
	Pair
}

func report(was, would *measure) *Report {
	ids := slices.Sorted(maps.Keys(was.names))
	r := &Report{Total: Pair{was.result(ids...), would.result(ids...)}}
	for _, id := range ids {
		p := ParticipantPair{Name: was.names[id], Pair: Pair{was.result(id), would.result(id)}}
		if id != settlement.SchemeID || len(p.Was.Liquidity)+len(p.Would.Liquidity) > 0 {
			r.Participants = append(r.Participants, p)
		}
	}
	return r
}

// Table writes a report for people: what was, an arrow, what would have been.
func (r *Report) Table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(cells ...string) {
		fmt.Fprintln(w, strings.Join(cells, "\t")) //nolint:errcheck // Flush tells of it
	}
	one := func(name string, p Pair, money ...string) {
		row(append([]string{
			name, beside(p.Was.Cleared, p.Would.Cleared), beside(p.Was.Expired, p.Would.Expired), beside(p.Was.Queued, p.Would.Queued),
			beside(p.Was.Waited, p.Would.Waited),
		}, money...)...)
	}
	row("PARTICIPANT", "CLEARED", "EXPIRED", "QUEUED", "WAITED P50, MAX", "VALUE CLEARED", "LIQUIDITY USED")
	for _, p := range r.Participants {
		one(p.Name, p.Pair, beside(texts(p.Was.Value), texts(p.Would.Value)), beside(texts(p.Was.Liquidity), texts(p.Would.Liquidity)))
	}
	one("in total", r.Total)
	row("\nCURRENCY", "VALUE CLEARED", "LIQUIDITY USED")
	was, would := r.Total.Was, r.Total.Would
	for _, c := range currencies(was.Value, would.Value, was.Liquidity, would.Liquidity) {
		row(c, beside(in(c, was.Value), in(c, would.Value)), beside(in(c, was.Liquidity), in(c, would.Liquidity)))
	}
	return w.Flush()
}

// String says it to people.
func (w Waited) String() string {
	return fmt.Sprintf("%d, %d batches; %s, %s s", w.BatchesP50, w.BatchesMax, w.SecondsP50, w.SecondsMax)
}

func beside[T comparable](was, would T) string {
	if was == would {
		return fmt.Sprint(was)
	}
	return fmt.Sprintf("%v -> %v", was, would)
}

func texts(of []Amount) string {
	all := make([]string, len(of))
	for i, a := range of {
		all[i] = a.Currency + " " + a.Amount
	}
	return cmp.Or(strings.Join(all, ", "), "-")
}

// currencies are those of any of the lists, in order.
func currencies(lists ...[]Amount) (all []string) {
	for _, a := range slices.Concat(lists...) {
		all = append(all, a.Currency)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// in is the amount of a currency.
func in(currency string, of []Amount) string {
	for _, a := range of {
		if a.Currency == currency {
			return a.Amount
		}
	}
	return "-"
}

func amounts(minor map[fx.Currency]int64) []Amount {
	all := make([]Amount, 0, len(minor))
	for c, n := range minor {
		all = append(all, Amount{Currency: c.String(), Amount: fx.Money{Minor: n, Currency: c}.Text()})
	}
	slices.SortFunc(all, func(a, b Amount) int { return cmp.Compare(a.Currency, b.Currency) })
	return all
}

func seconds(d time.Duration) string {
	const millis = 3
	return decimal.New(d.Milliseconds(), -millis).String()
}
