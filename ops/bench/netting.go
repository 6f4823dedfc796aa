// Package bench measures what the product promises, on inputs that it makes itself.
package bench

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/netting"
	"github.com/ayni-switch/ayni/ops/netfiles"
)

// Row is one line of the netting targets, measured.
type Row struct {
	Name       string       `json:"name"`
	Pass       string       `json:"pass"`    // what must hold
	Stretch    string       `json:"stretch"` // what is hoped for
	MedianMS   float64      `json:"median_ms"`
	LeastMS    float64      `json:"least_ms"`
	MostMS     float64      `json:"most_ms"`
	Runs       int          `json:"runs"`
	Items      int          `json:"items"`
	Ratio      float64      `json:"ratio,omitzero"`      // of the bound, or of the best known
	FIFORatio  float64      `json:"fifo_ratio,omitzero"` // what first-in-first-out reaches of the same
	Reached    int64        `json:"reached,omitzero"`
	Bound      int64        `json:"bound,omitzero"`
	Tier       netting.Tier `json:"tier,omitempty"`
	Iterations int64        `json:"iterations,omitzero"`
	Reference  string       `json:"reference,omitempty"` // other solvers' times for inputs of this size
	Faults     []string     `json:"faults"`              // a limit passed, a sum not zero, a run that came out otherwise: never
	Passed     bool         `json:"passed"`
	Stretched  bool         `json:"stretched"`
}

// target is a bound on the time and on the ratio.
type target struct {
	ms    float64
	ratio float64
}

func (t target) String() string {
	switch {
	case t.ms == 0 && t.ratio == 0:
		return ""
	case t.ratio == 0:
		return fmt.Sprintf("≤ %g ms", t.ms)
	}
	return fmt.Sprintf("≥ %g in ≤ %g ms", t.ratio, t.ms)
}

// met tells whether a row keeps a target. A row with a fault keeps none.
func (t target) met(r *Row) bool {
	return len(r.Faults) == 0 && (t.ms > 0 || t.ratio > 0) && (t.ms == 0 || r.MedianMS <= t.ms) && r.Ratio >= t.ratio
}

// judge states the targets and whether they are met.
func (r *Row) judge(t targets) {
	r.Pass, r.Stretch = t.pass.String(), t.stretch.String()
	r.Passed, r.Stretched = t.pass.met(r), t.stretch.met(r)
	if r.Faults == nil {
		r.Faults = []string{}
	}
}

func (r *Row) fault(format string, args ...any) {
	r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
}

// measure runs the work once unmeasured and then so many times.
func (r *Row) measure(runs int, work func() error) error {
	took := make([]float64, 0, runs)
	for run := range runs + 1 {
		runtime.GC()
		began := time.Now()
		if err := work(); err != nil {
			return fmt.Errorf("%s: %w", r.Name, err)
		}
		if run > 0 {
			took = append(took, float64(time.Since(began).Microseconds())/1000)
		}
	}
	slices.Sort(took)
	r.Runs, r.MedianMS, r.LeastMS, r.MostMS = runs, took[len(took)/2], took[0], took[len(took)-1]
	return nil
}

// NettingOptions say what to measure.
type NettingOptions struct {
	Runs      int    // measured runs of each row
	Large     bool   // the set-off of five million debts as well
	Instances string // folder of sets with known best choices; "" for none
}

const million = 1_000_000

// Netting measures every row of the netting targets, and hands each on as it comes.
func Netting(o NettingOptions, each func(Row) error) error {
	if o.Runs < 1 {
		return fmt.Errorf("bench: %d runs measure nothing", o.Runs)
	}
	rows := []func() (Row, error){
		func() (Row, error) { return net(o.Runs, oneCurrency(200, million, 11, 25, false)) },
		func() (Row, error) {
			return selection(o.Runs, "selection, 200 accounts, liquidity 25 % of need", oneCurrency(200, million, 11, 25, false), few)
		},
		func() (Row, error) {
			return selection(o.Runs, "selection, 200 accounts, 50 %", oneCurrency(200, million, 11, 50, false), few)
		},
		func() (Row, error) {
			return selection(o.Runs, "selection, 200 accounts, 50 %, three priorities", oneCurrency(200, million, 11, 50, true), few)
		},
		func() (Row, error) {
			return selection(o.Runs, "selection, 1,000 accounts, 25 %", oneCurrency(1000, million, 13, 25, false), many)
		},
		func() (Row, error) {
			return selection(o.Runs, "selection, 1,000 accounts, 50 %", oneCurrency(1000, million, 13, 50, false), many)
		},
		func() (Row, error) {
			return selection(o.Runs, "selection, 566 accounts, 125 currencies, 25 %", manyCurrencies(566, 125, million, 17, 25), foreign)
		},
		func() (Row, error) {
			return selection(o.Runs, "selection, 566 accounts, 125 currencies, 50 %", manyCurrencies(566, 125, million, 17, 50), foreign)
		},
		func() (Row, error) { // the ratio is to the bound, which is above the best there is
			return selection(o.Runs, "selection, sparse: 3,000 of 120 accounts", oneCurrency(120, 3_000, 19, 50, false), sparse)
		},
		func() (Row, error) {
			return selection(o.Runs, "selection, sparse: 60,000 of 200 accounts", oneCurrency(200, 60_000, 19, 50, true), sparse)
		},
		func() (Row, error) {
			return setOff(o.Runs, 1_000, 100_000, 1, targets{target{ms: 54}, target{ms: 10}}, "LEMON network simplex 27 ms, cs2 10 ms")
		},
		func() (Row, error) {
			return setOff(o.Runs, 10_000, million, 2, targets{target{ms: 4060}, target{ms: 680}}, "LEMON network simplex 2.03 s, cs2 0.68 s")
		},
	}
	if o.Large {
		rows = append(rows, func() (Row, error) {
			return setOff(1, 100_000, 5_500_000, 3, targets{target{ms: 320_000}, target{ms: 8000}}, "LEMON network simplex 160 s, cs2 8.0 s")
		})
	}
	given, err := instances(o)
	if err != nil {
		return err
	}
	for _, row := range slices.Concat(rows, given) {
		r, err := row()
		if err != nil {
			return err
		}
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

// targets are what a row must and what it should keep.
type targets struct{ pass, stretch target }

// The targets of selections.
var (
	few     = targets{target{150, .9995}, target{100, .9999}}
	many    = targets{target{500, .997}, target{500, .999}}
	foreign = targets{target{300, .9995}, target{150, .9999}}
	sparse  = targets{target{1000, .97}, target{1000, .99}}
)

// instances are the given sets: their ratio is to the best choice that is known.
func instances(o NettingOptions) (rows []func() (Row, error), err error) {
	if o.Instances == "" {
		return nil, nil
	}
	files, err := filepath.Glob(filepath.Join(o.Instances, "*.best.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no sets in %s: %w", o.Instances, cmp.Or(err, fs.ErrNotExist))
	}
	for _, file := range files {
		rows = append(rows, func() (Row, error) {
			text, err := os.ReadFile(file)
			if err != nil {
				return Row{}, fmt.Errorf("instance: %w", err)
			}
			var known struct {
				Best int64 `json:"best_weighted"`
			}
			if err := json.Unmarshal(text, &known); err != nil {
				return Row{}, fmt.Errorf("instance %s: %w", file, err)
			}
			base := strings.TrimSuffix(file, ".best.json")
			book, obligations, err := netfiles.Load(base+".intents.csv", base+".caps.csv")
			if err != nil {
				return Row{}, err
			}
			r, err := selection(o.Runs, "selection, given: "+filepath.Base(base), batch{book, obligations}, targets{})
			r.Ratio = float64(r.Reached) / float64(known.Best)
			r.judge(sparse)
			return r, err
		})
	}
	return rows, nil
}

func net(runs int, b batch) (Row, error) {
	r := Row{Name: "net 1,000,000 obligations", Items: len(b.obligations)}
	var nets netting.Nets
	err := r.measure(runs, func() (err error) {
		nets, err = netting.Net(b.book, b.obligations, nil)
		return err
	})
	if err != nil {
		return r, err
	}
	r.zeroSum(b, nets)
	r.judge(targets{target{ms: 10}, target{ms: 3}})
	return r, nil
}

func selection(runs int, name string, b batch, t targets) (Row, error) {
	r := Row{Name: name, Items: len(b.obligations)}
	var s netting.Selection
	var before []bool
	err := r.measure(runs, func() (err error) {
		before = s.Chosen
		s, err = netting.Select(b.book, b.obligations, netting.MaxSearch)
		return err
	})
	if err != nil {
		return r, err
	}
	r.Reached, r.Bound, r.Tier, r.Iterations = s.Reached, s.Bound, s.Tier, s.Iterations
	r.Ratio, r.FIFORatio = float64(s.Reached)/float64(s.Bound), float64(s.FIFO)/float64(s.Bound)
	if !slices.Equal(before, s.Chosen) {
		r.fault("two runs chose otherwise")
	}
	nets, err := netting.Net(b.book, b.obligations, s.Chosen)
	if err != nil {
		return r, fmt.Errorf("%s: %w", name, err)
	}
	r.zeroSum(b, nets)
	for a, net := range nets.Net {
		if b.book.Liquidity[a]+net < 0 {
			r.fault("account %d is past its liquidity", a)
		}
	}
	for c, net := range nets.Pool {
		if b.book.Pools[c].Liquidity+net < 0 {
			r.fault("the pool of currency %d is past its liquidity", c)
		}
	}
	r.judge(t)
	return r, nil
}

// zeroSum holds accounts and pool of every currency against each other.
func (r *Row) zeroSum(b batch, nets netting.Nets) {
	sums := slices.Clone(nets.Pool)
	for a, net := range nets.Net {
		sums[b.book.Currency[a]] += net
	}
	for c, sum := range sums {
		if sum != 0 {
			r.fault("currency %d adds up to %d", c, sum)
		}
	}
}

func setOff(runs, participants, count int, seed uint64, t targets, reference string) (Row, error) {
	all := debts(participants, count, seed)
	r := Row{Name: fmt.Sprintf("set-off, %d participants, %d debts", participants, count), Items: count, Reference: reference}
	var c netting.Cleared
	err := r.measure(runs, func() (err error) {
		c, err = netting.SetOff(participants, all, nil)
		return err
	})
	if err != nil {
		return r, err
	}
	r.Reached, r.Bound, r.Ratio, r.Iterations = c.TotalMinor, c.TotalMinor, 1, c.Iterations
	for p, drawn := range c.DrawnMinor {
		if drawn != 0 {
			r.fault("participant %d: its net position changes by %d", p, drawn)
		}
	}
	r.judge(t)
	return r, nil
}

// Line writes the row for people.
func (r *Row) Line() string {
	verdict := "short"
	switch {
	case r.Stretched:
		verdict = "stretch"
	case r.Passed:
		verdict = "pass"
	}
	line := fmt.Sprintf("%-50s %9.1f ms", r.Name, r.MedianMS)
	if r.Ratio > 0 && r.Tier != "" {
		line += fmt.Sprintf("  ratio %.6f  fifo %.4f  tier %s", r.Ratio, r.FIFORatio, r.Tier)
	}
	line += fmt.Sprintf("  %s (%s; stretch %s)", verdict, r.Pass, r.Stretch)
	if len(r.Faults) > 0 {
		line += "  FAULTS: " + strings.Join(r.Faults, "; ")
	}
	return line + "\n"
}
