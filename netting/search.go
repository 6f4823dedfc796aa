package netting

import "slices"

// search improves a choice by exchanges, one try after the other: it forces in an obligation that is not chosen, throws out what no
// longer fits, takes in what now does, and keeps the outcome where it is not worse by more than a threshold
// that sinks to zero (threshold accepting, Dueck & Scheuer 1990). The best choice met is the result.
// Chance comes from a generator with a fixed seed, so that the same input gives the same choice.
type search struct {
	*rounding
	random  uint64
	log     []int32 // flips of the present try
	touched []int32 // accounts that may have room after it
}

const (
	// firstThreshold is what a try may lose at first: the mean obligation's worth divided by this. On sets of
	// 100 to 60,000 obligations 64 and 128 came nearest the best known, 4 stopped a hundredth short of it.
	firstThreshold = 64
	maxFlips       = 40  // of one try: chains that go on for longer rarely gain
	maxTouched     = 100 // accounts that one try fills again
)

// run tries exchanges for so many steps, and tells whether that improved the choice.
func (s *search) run(steps int64) bool {
	n := len(s.obligations)
	best := slices.Clone(s.chosen)
	value, bestValue, mean := int64(0), int64(0), s.total/int64(n)
	for start := s.steps; s.steps-start < steps; s.steps++ {
		i := int32(s.number(n))
		if s.chosen[i] || !s.may(i) {
			continue
		}
		left := steps - (s.steps - start)
		threshold := mean / firstThreshold * left / steps
		change, ok := s.try(i)
		if !ok || change < -threshold {
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
	s.head = s.headroomOf(s.chosen)
	return bestValue > 0
}

// polish tries once what the relaxation wants and rounding left out.
func (s *search) polish() {
	for i := range s.obligations {
		if s.chosen[i] || !s.may(int32(i)) || s.margin(&s.obligations[i]) <= 0 {
			continue
		}
		if change, ok := s.try(int32(i)); !ok || change <= 0 {
			s.undo()
		}
		if s.steps > s.budget {
			return
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

// try forces one obligation in, and tells what that changed and whether it worked out.
func (s *search) try(i int32) (change int64, ok bool) {
	s.log, s.touched = s.log[:0], s.touched[:0]
	change = s.set(i, true)
	o := &s.obligations[i]
	short := []int32{o.Debtor}
	if s.converts(o) {
		_, out := s.book.poolsOf(o)
		short = append(short, out)
	}
	s.touched = append(s.touched, o.Creditor)
	for len(short) > 0 {
		limit := short[len(short)-1]
		short = short[:len(short)-1]
		for s.head[limit] < 0 {
			j := s.eject(limit, i)
			if j < 0 || len(s.log) > maxFlips {
				return 0, false
			}
			change += s.set(j, false)
			p := &s.obligations[j]
			s.touched = append(s.touched, p.Debtor)
			short = append(short, p.Creditor)
			if s.converts(p) {
				in, _ := s.book.poolsOf(p)
				short = append(short, in)
			}
		}
	}
	for k := 0; k < len(s.touched) && k < maxTouched; k++ {
		change += s.refill(s.touched[k])
	}
	return change, true
}

// refill chooses what an account can now pay, the most worth first.
func (s *search) refill(account int32) (change int64) {
	if s.head[account] <= 0 {
		return 0
	}
	for {
		s.steps += int64(s.first[account+1] - s.first[account])
		best, bestGain := nobody, int64(0)
		for j := s.first[account]; j < s.first[account+1]; j++ {
			if !s.chosen[j] && s.may(j) && s.fits(&s.obligations[j]) && s.gain(j) > bestGain {
				best, bestGain = j, s.gain(j)
			}
		}
		if best < 0 {
			return change
		}
		change += s.set(best, true)
		s.touched = append(s.touched, s.obligations[best].Creditor)
	}
}

// eject gives the chosen draw on a limit that seems to lose least by going: itself, what it leaves
// uncovered, and what its creditor will miss. Chance passes over some, so that tries differ.
func (s *search) eject(limit, except int32) int32 {
	need := -s.head[limit]
	best, bestLoss := nobody, int64(0)
	draws := s.queue(limit)
	s.steps += int64(draws.len())
	skip := uint64(s.number(1 << 30))
	for k := range draws.len() {
		j := draws.at(k)
		if !s.chosen[j] || j == except || !s.may(j) {
			continue
		}
		skip = skip*6364136223846793005 + 1442695040888963407
		if skip>>62 == 0 {
			continue
		}
		o := &s.obligations[j]
		loss := s.gain(j) + max(0, need-s.draw(o, limit)) + max(0, o.Credit-max(0, s.head[o.Creditor]))
		if best < 0 || loss < bestLoss {
			best, bestLoss = j, loss
		}
	}
	return best
}

// set flips an obligation, notes it, and tells what that changed.
func (s *search) set(i int32, on bool) (change int64) {
	s.flip(i, on)
	s.log = append(s.log, i)
	if on {
		return s.gain(i)
	}
	return -s.gain(i)
}

// undo takes back the present try.
func (s *search) undo() {
	for _, i := range slices.Backward(s.log) {
		s.flip(i, !s.chosen[i])
	}
}
