package netting

import (
	"math/bits"
	"slices"
)

// search improves a choice by exchanges, one try after the other: it forces in an obligation that is not chosen, throws out what no
// longer fits, takes in what now does, and keeps the outcome where it is not worse by more than a threshold
// that sinks to zero (threshold accepting, Dueck & Scheuer 1990). The best choice met is the result.
// Chance comes from a generator with a fixed seed, so that the same input gives the same choice.
type search struct {
	*rounding
	owed    []list // per account: what others owe it
	stop    int64  // steps at which a try gives up
	random  uint64
	log     []int32 // flips of the present try
	short   []int32 // limits that may be passed
	touched []int32 // accounts that may have room after it
	owing   list    // what the account that is refilled owes and is not chosen
}

const (
	// firstThreshold is what a try may lose at first: the mean obligation's worth divided by this. On sets of
	// 100 to 60,000 obligations 64 and 128 came nearest the best known, 4 stopped a hundredth short of it.
	firstThreshold = 64
	maxFlips       = 40  // of one try: chains that go on for longer rarely gain
	maxTouched     = 100 // accounts that one try fills again
)

func newSearch(r *rounding) *search {
	s := &search{rounding: r, stop: r.budget, owed: make([]list, len(r.book.Currency))}
	for i := range r.obligations {
		if o := &r.obligations[i]; !r.chosen[i] && r.may(int32(i)) {
			s.owed[o.Creditor] = append(s.owed[o.Creditor], int32(i))
		}
	}
	return s
}

// run tries exchanges for so many steps, and tells whether that improved the choice. Of a few obligations it
// tries every choice instead.
func (s *search) run(steps int64) bool {
	if improved, done := s.exhaust(steps); done {
		return improved
	}
	n := len(s.obligations)
	best := slices.Clone(s.chosen)
	value, bestValue, mean := int64(0), int64(0), uint64(s.total/int64(n))
	for s.steps, s.stop = 0, steps; s.steps < steps; s.steps++ {
		i := int32(s.number(n))
		if s.chosen[i] || !s.may(i) {
			continue
		}
		hi, lo := bits.Mul64(mean/firstThreshold, uint64(steps-s.steps))
		threshold, _ := bits.Div64(hi, lo, uint64(steps))
		change, ok := s.try(i)
		if !ok || change < -int64(threshold) {
			s.undo()
			continue
		}
		if value += change; value > bestValue {
			bestValue = value
			copy(best, s.chosen)
			s.steps += int64(n / 64)
		}
	}
	copy(s.chosen, best)
	return bestValue > 0
}

// maxTried is up to how many obligations every choice is tried: there are 65,536 then.
const maxTried = 16

// exhaust tries every choice of a few obligations, each one flip from the one before (Gray 1953), and tells
// whether that improved the choice. It does nothing, and says so, where they are too many for the steps.
func (s *search) exhaust(steps int64) (improved, done bool) {
	var few list
	for i := range s.obligations {
		if s.may(int32(i)) {
			if few = append(few, int32(i)); len(few) > maxTried {
				return false, false
			}
		}
	}
	if int64(1)<<len(few) > steps {
		return false, false
	}
	best := slices.Clone(s.chosen)
	value, bestValue, passed := int64(0), int64(0), 0 // passed: how many limits are
	for step := 1; step < 1<<len(few); step++ {
		i := few[bits.TrailingZeros(uint(step))]
		passed -= s.passes(i)
		value += s.flip(i, !s.chosen[i])
		passed += s.passes(i)
		if passed == 0 && value > bestValue {
			bestValue = value
			copy(best, s.chosen)
		}
	}
	copy(s.chosen, best)
	return bestValue > 0, true
}

// passes counts the limits that an obligation touches and that are passed.
func (s *search) passes(i int32) (n int) {
	count := func(limit int32) {
		if s.head[limit] < 0 {
			n++
		}
	}
	s.draws(i, count)
	s.feeds(i, count)
	return n
}

// polish tries once what the relaxation wants and rounding left out, the most worth first.
func (s *search) polish() {
	var wanted []candidate
	for i := range s.obligations {
		if !s.chosen[i] && s.may(int32(i)) && s.margin(&s.obligations[i]) > 0 {
			wanted = append(wanted, candidate{s.gain(int32(i)), int32(i)})
		}
	}
	sortByGain(wanted)
	s.stop = min(s.budget, s.steps+leastBudget/20+int64(len(s.obligations))/2)
	for _, c := range wanted {
		if s.steps > s.stop {
			return
		}
		if s.chosen[c.i] {
			continue
		}
		if change, ok := s.try(c.i); !ok || change <= 0 {
			s.undo()
		}
	}
}

// number is the next number below n (splitmix64, Steele, Lea & Flood 2014).
func (s *search) number(n int) int {
	s.random += 0x9e3779b97f4a7c15
	z := s.random
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return int((z ^ z>>31) % uint64(n))
}

// try forces one obligation in, and tells what that changed and whether it worked out. Who comes short by it
// is paid by somebody else, or drops something.
func (s *search) try(i int32) (change int64, ok bool) {
	s.log, s.touched, s.short = s.log[:0], s.touched[:0], s.short[:0]
	change = s.take(i)
	for len(s.short) > 0 {
		limit := s.short[len(s.short)-1]
		s.short = s.short[:len(s.short)-1]
		for s.head[limit] < 0 {
			if len(s.log) > maxFlips || s.steps > s.stop {
				return 0, false
			}
			if payer := s.payer(limit); payer >= 0 {
				change += s.take(payer)
				continue
			}
			j := s.eject(limit)
			if j < 0 {
				return 0, false
			}
			change += s.drop(j)
		}
	}
	for k := 0; k < len(s.touched) && k < maxTouched && s.steps <= s.stop; k++ {
		change += s.refill(s.touched[k])
	}
	return change, true
}

// take takes an obligation in, notes who may come short, and tells what that changed.
func (s *search) take(i int32) (change int64) {
	s.log = append(s.log, i)
	change = s.flip(i, true)
	s.touched = append(s.touched, s.obligations[i].Creditor)
	s.draws(i, func(limit int32) { s.short = append(s.short, limit) })
	return change
}

// drop throws an obligation out, likewise.
func (s *search) drop(i int32) (change int64) {
	s.log = append(s.log, i)
	change = s.flip(i, false)
	s.touched = append(s.touched, s.obligations[i].Debtor)
	s.feeds(i, func(limit int32) { s.short = append(s.short, limit) })
	return change
}

// refill chooses what an account can now pay, the most worth first.
func (s *search) refill(account int32) (change int64) {
	if s.head[account] <= 0 {
		return 0
	}
	s.steps += int64(s.first[account+1] - s.first[account])
	idle := s.owing[:0]
	for j := s.first[account]; j < s.first[account+1]; j++ {
		if !s.chosen[j] && s.may(j) {
			idle = append(idle, j)
		}
	}
	s.owing = idle
	for _, c := range s.fitting(idle) {
		if o := &s.obligations[c.i]; s.fits(o) {
			s.log = append(s.log, c.i)
			change += s.flip(c.i, true)
			s.touched = append(s.touched, o.Creditor)
		}
	}
	return change
}

// payer gives, every other time, an obligation that pays a short account about what it lacks: the least that
// covers it, of those that chance does not pass over; -1 where there is none.
func (s *search) payer(limit int32) int32 {
	if int(limit) >= len(s.owed) || s.number(2) == 0 {
		return nobody
	}
	need := -s.head[limit]
	s.steps += int64(len(s.owed[limit]))
	best, least := nobody, int64(0)
	passing := s.pass()
	for _, j := range s.owed[limit] {
		if s.chosen[j] || passing() {
			continue
		}
		if credit := s.obligations[j].Credit; credit >= need && (best < 0 || credit < least) {
			best, least = j, credit
		}
	}
	return best
}

// pass makes a chance that is true once in four times.
func (s *search) pass() func() bool {
	state := uint64(s.number(1 << 30))
	return func() bool {
		state = state*6364136223846793005 + 1442695040888963407
		return state>>62 == 0
	}
}

// eject gives the chosen draw on a limit that seems to lose least by going: itself, what it leaves
// uncovered, and what its creditor will miss. Chance passes over some, so that tries differ.
func (s *search) eject(limit int32) int32 {
	need := -s.head[limit]
	best, bestLoss := nobody, int64(0)
	draws := s.queue(limit)
	s.steps += int64(draws.len())
	passing := s.pass()
	for k := range draws.len() {
		j := draws.at(k)
		if !s.chosen[j] || j == s.log[0] || !s.may(j) || passing() {
			continue
		}
		o := &s.obligations[j]
		loss := s.gain(j) + s.limitWorth(limit, max(0, need-s.draw(o, limit))) +
			s.limitWorth(o.Creditor, max(0, o.Credit-max(0, s.head[o.Creditor])))
		if best < 0 || loss < bestLoss {
			best, bestLoss = j, loss
		}
	}
	return best
}

// undo takes back the present try.
func (s *search) undo() {
	for _, i := range slices.Backward(s.log) {
		s.flip(i, !s.chosen[i])
	}
}
