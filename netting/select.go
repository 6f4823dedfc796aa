package netting

import "sync"

// Tier names how a choice was found.
type Tier string

// The tiers.
const (
	TierA Tier = "A" // strict first-in-first-out
	TierB Tier = "B" // guided by the relaxation, rounded, repaired and refilled
	TierC Tier = "C" // B, improved by exchanges
)

// Selection is which obligations of a batch clear, and how good that is.
type Selection struct {
	Chosen  []bool // per obligation
	Cleared int    // how many are chosen
	Tier    Tier   // the tier that found the choice

	// Reached is the weighted value of what is chosen, less the cost of providers. No choice can reach
	// more than Bound. FIFO is what tier A reaches, which providers can make less than nothing. All are in
	// units of weight times value.
	Reached, Bound, FIFO int64
	Iterations           int64 // rounds and pivots of the flows, and looks of the search

	// Price is, per limit, what one more unit of value of liquidity releases at most, in weighted value: the
	// shadow price. Zero where it does not bind. Accounts come first, then the pools by currency.
	Price []int64
	// Alarm names the tiers whose choice passed a limit at the last gate and was thrown away: never, unless
	// there is a bug.
	Alarm []Tier
}

const (
	// searched bounds the batches that tier C works on: in larger ones hardly anything is left to find.
	searched = 100_000
	// MaxSearch bounds the steps of the search: a tenth to a third of a second. A small batch gets less of it.
	MaxSearch  = 30_000_000
	searchEach = 100_000 // steps an obligation
)

// Select chooses all-or-nothing which obligations clear, oldest first in the slice, such that no account
// and no pool passes its liquidity, for the greatest weighted value that it finds. Tier C may look at
// so many obligations as there are steps, up to MaxSearch.
//
// Strict classes are chosen one after the other, each under what those before it left; at the end what later
// ones brought releases what it can, and takes nothing back. A choice is better than another by the first
// class in which they differ, so FIFO may be above Reached. Bound and Price know no classes.
//
// Errors are *InputError.
func Select(book *Book, obligations []Obligation, steps int64) (Selection, error) {
	b, err := newBatch(book, obligations)
	if err != nil {
		return Selection{}, err
	}
	var s Selection
	if b.allClear() {
		s = b.everything()
	} else {
		s = b.choose(min(steps, MaxSearch, searchEach*int64(len(obligations))))
	}
	s.Cleared = count(s.Chosen)
	s.Chosen = b.inPlaces(s.Chosen)
	return s, nil
}

// allClear tells whether everything clears and nothing could be better.
func (b *batch) allClear() bool {
	for _, left := range b.all {
		if left < 0 {
			return false
		}
	}
	return b.spread(b.all) == 0
}

// everything is the choice of all, which strict order makes as well.
func (b *batch) everything() Selection {
	s := Selection{Tier: TierA, Chosen: make([]bool, len(b.obligations)), Price: make([]int64, b.book.limits())}
	for i := range s.Chosen {
		s.Chosen[i] = true
	}
	s.Reached, s.Bound, s.FIFO = b.total, b.total, b.total
	return s
}

// choose runs the tiers. A and B share nothing, so they run side by side; C starts from the better.
func (b *batch) choose(steps int64) Selection {
	var first []bool
	var wait sync.WaitGroup
	wait.Go(func() { first = shrink(b) })
	var s Selection
	guided, filled := b.guide(&s)
	wait.Wait()

	s.Tier, s.Chosen, s.FIFO = TierA, first, b.reached(first)
	s.Reached = b.orNothing(s.Chosen, s.FIFO)
	reached, tier := b.orNothing(guided, b.reached(guided)), TierB
	if b.better(s.Chosen, s.Reached, guided, reached) {
		copy(guided, s.Chosen)
		reached, filled = s.Reached, false
	}
	if len(b.obligations) < searched && steps > 0 && reached != s.Bound {
		for _, class := range b.classes {
			e := newSearch(b.rounding(class, guided))
			if e.run(max(1, steps/int64(len(b.classes)))) {
				tier, filled = TierC, false
			}
			s.Iterations += e.steps
		}
	}
	if !filled || len(b.classes) > 1 { // what a later class brought may release an earlier one's
		b.rounding(anyClass, guided).fill()
	}
	b.admit(&s, guided, tier)
	return s
}

// orNothing takes back a choice for which providers cost more than it is worth, and gives what it reaches.
func (b *batch) orNothing(chosen []bool, reached int64) int64 {
	if reached < 0 {
		clear(chosen)
	}
	return max(reached, 0)
}

// guide is tier B: class after class. It sets the bound, and tells whether nothing more fits.
func (b *batch) guide(s *Selection) (chosen []bool, filled bool) {
	chosen = make([]bool, len(b.obligations))
	small := len(b.obligations) < searched
	whole := b.relax(anyClass, b.book.headroom(), small)
	s.Bound, s.Price, s.Iterations = whole.bound, whole.price, whole.iterations
	if len(b.classes) == 1 {
		return chosen, whole.round(chosen)
	}
	for _, class := range b.classes {
		r := b.relax(class, b.headroomOf(chosen), small)
		s.Iterations += r.iterations
		r.round(chosen)
	}
	return chosen, false
}

// admit is the last gate: it counts in minor units, from the start and by itself, whether a choice keeps
// every limit. One that does not is thrown away and raises the alarm; one that does is taken if it is better.
func (b *batch) admit(s *Selection, chosen []bool, tier Tier) {
	for _, left := range b.headroomOf(chosen) {
		if left < 0 {
			s.Alarm = append(s.Alarm, tier)
			return
		}
	}
	if reached := b.reached(chosen); b.better(chosen, reached, s.Chosen, s.Reached) {
		s.Chosen, s.Tier, s.Reached = chosen, tier, reached
	}
}

// better tells whether a choice that reaches so much is worth more than another, in the first class in which
// they differ; between equals it is better to clear more.
func (b *batch) better(chosen []bool, reached int64, than []bool, thanReached int64) bool {
	if len(b.classes) > 1 {
		for _, c := range b.classes {
			if x, y := b.worth(c, chosen), b.worth(c, than); x != y {
				return x > y
			}
		}
	}
	if reached != thanReached {
		return reached > thanReached
	}
	return count(chosen) > count(than)
}
