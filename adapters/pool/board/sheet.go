package board

import (
	"cmp"
	"slices"
	"strings"
)

// sheet is an input in the order in which it is decided: the oldest first, then by id.
type sheet struct {
	in            Input
	needs, offers []Posting
	edges         [][]edge // per need, the heaviest first, then in the order of offers
}

// edge is a legal pair.
type edge struct {
	offer  int32
	weight int64
}

func newSheet(in Input) (*sheet, error) {
	s := &sheet{in: in}
	if f := in.Rules.FairnessPermille; f < 0 || f > best {
		return nil, refuse(FaultRules, "fairness_permille")
	}
	known := make(map[string]bool, len(in.Postings))
	for _, p := range in.Postings {
		if err := p.Check(); err != nil {
			return nil, err
		}
		if known[p.ID] {
			return nil, refuse(FaultKnown, p.ID)
		}
		known[p.ID] = true
		switch {
		case !in.Now.Before(p.Until):
		case p.Kind == Need:
			s.needs = append(s.needs, p)
		default:
			s.offers = append(s.offers, p)
		}
	}
	if len(s.needs) > MaxOpen || len(s.offers) > MaxOpen {
		return nil, refuse(FaultMany, "postings")
	}
	slices.SortFunc(s.needs, older)
	slices.SortFunc(s.offers, older)
	s.join()
	return s, nil
}

func older(a, b Posting) int {
	return cmp.Or(a.At.Compare(b.At), strings.Compare(a.ID, b.ID))
}

// join finds the legal pairs.
func (s *sheet) join() {
	type kin struct {
		pool  string
		unit  Unit
		group group
	}
	of := func(p Posting) kin {
		e, _ := p.Category.entry()
		return kin{p.Pool, p.Unit, e.group}
	}
	shelf := map[kin][]int32{}
	for i, o := range s.offers {
		shelf[of(o)] = append(shelf[of(o)], int32(i))
	}
	blocked := make(map[Block]bool, 2*len(s.in.Blocks))
	for _, b := range s.in.Blocks {
		blocked[b], blocked[Block{b.Other, b.Member}] = true, true
	}
	s.edges = make([][]edge, len(s.needs))
	for i, n := range s.needs {
		for _, at := range shelf[of(n)] {
			if o := s.offers[at]; legal(n, o) && !blocked[Block{n.Member, o.Member}] {
				s.edges[i] = append(s.edges[i], edge{at, weight(s.in.terms(n, o))})
			}
		}
		slices.SortStableFunc(s.edges[i], func(a, b edge) int { return cmp.Compare(b.weight, a.weight) })
	}
}

func weight(terms [5]Term) int64 {
	total := int64(0)
	for _, t := range terms {
		total += t.Weight
	}
	return total
}
