package board

import "slices"

// explain makes suggestions of what is matched.
func (f *flow) explain() Suggestions {
	s := Suggestions{Pairs: []Suggestion{}, Waiting: []Waiting{}, Whole: f.looked == len(f.needs)}
	for i, n := range f.needs {
		need := int32(i)
		second := f.second(need)
		for _, e := range f.edges[need] {
			quantity := f.given(need, e.offer)
			if quantity == 0 {
				continue
			}
			s.Pairs = append(s.Pairs, Suggestion{
				Need: n.ID, Offer: f.offers[e.offer].ID, Quantity: quantity, Weight: e.weight,
				Terms: f.in.terms(n, f.offers[e.offer]), RunnerUp: f.runnerUp(need, e, second),
			})
		}
		if f.over[need] > 0 {
			s.Waiting = append(s.Waiting, f.waiting(need))
		}
	}
	return s
}

// given is what of an offer goes to a need.
func (f *flow) given(need, offer int32) int64 {
	for _, p := range f.matched[offer] {
		if p.need == need {
			return p.quantity
		}
	}
	return 0
}

// second is the heaviest edge of a need of which nothing is matched; of weight zero where there is none.
func (f *flow) second(need int32) edge {
	for _, e := range f.edges[need] {
		if f.given(need, e.offer) == 0 {
			return e
		}
	}
	return edge{}
}

func (f *flow) runnerUp(need int32, chosen, second edge) *RunnerUp {
	if second.weight == 0 {
		return nil
	}
	r := &RunnerUp{Offer: f.offers[second.offer].ID, Weight: second.weight, Why: Lighter}
	switch {
	case second.weight <= chosen.weight:
	case int(need) >= f.looked:
		r.Why = NotLooked
	default: // were something of it free, it would be matched
		r.Why, r.Needs = Elsewhere, f.others(need, second.offer)
	}
	return r
}

// others are the needs that an offer goes to, but for one, in order.
func (f *flow) others(but, offer int32) []string {
	var at []int32
	for _, p := range f.matched[offer] {
		if p.need != but {
			at = append(at, p.need)
		}
	}
	slices.Sort(at)
	var ids []string
	for _, need := range at {
		ids = append(ids, f.needs[need].ID)
	}
	return ids
}

func (f *flow) waiting(need int32) Waiting {
	w := Waiting{Need: f.needs[need].ID, Quantity: f.over[need], Why: NotEnough}
	switch {
	case len(f.edges[need]) == 0:
		w.Why = NoOffer
		return w
	case int(need) >= f.looked:
		w.Why = NotLooked
		return w
	}
	for _, e := range f.edges[need] {
		if others := f.others(need, e.offer); len(others) > 0 {
			w.Why, w.Needs = Elsewhere, others
			break
		}
	}
	return w
}
