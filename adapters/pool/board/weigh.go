package board

import "time"

// AgeDays is after how many days of waiting a need weighs no more for its age.
const AgeDays = 30

// best is the most points that a term has.
const best = 1000

// How the share that fairness leaves is split, in permille.
const (
	shareFit      = 400
	shareUrgency  = 300
	shareNearness = 150
	shareAge      = 150
)

// legal tells whether a need and an offer can meet, whatever their members think of each other. Postings of two
// pools cannot yet: that is where matching across pools begins.
func legal(need, offer Posting) bool {
	return need.Kind == Need && offer.Kind == Offer && need.Pool == offer.Pool && need.Member != offer.Member &&
		need.Unit == offer.Unit && fit(need.Category, offer.Category) > 0
}

// terms are what a legal pair weighs, for each unit of quantity. That of fairness is the same for all offers, so
// that whoever got less never has less suggested.
func (in *Input) terms(need, offer Posting) [5]Term {
	fairness := int64(in.Rules.FairnessPermille)
	rest := best - fairness
	terms := [5]Term{
		{Name: Fit, Points: fit(need.Category, offer.Category), Share: rest * shareFit},
		{Name: Urgency, Points: int64(200*need.Urgency + 50*offer.Urgency), Share: rest * shareUrgency},
		{Name: Nearness, Points: nearness(need.Place, offer.Place), Share: rest * shareNearness},
		{Name: Age, Points: age(need, in.Now), Share: rest * shareAge},
		{Name: Fairness, Points: fair(in.Received[need.Member]), Share: fairness * best},
	}
	for i := range terms {
		terms[i].Weight = terms[i].Points * terms[i].Share
	}
	return terms
}

// fit has half the points for a category that can stand in.
func fit(need, offer Category) int64 {
	if need == offer {
		return best
	}
	n, _ := need.entry()
	if o, _ := offer.entry(); n.group == o.group {
		return best / 2
	}
	return 0
}

// nearness is halfway where a place is not known.
func nearness(need, offer Place) int64 {
	if !need.shownTo(Members) || !offer.shownTo(Members) {
		return best / 2
	}
	if need.Area != "" && need.Area == offer.Area {
		return best
	}
	if need.Cell == "" || offer.Cell == "" {
		return best / 2
	}
	points := [MaxCell + 1]int64{0, 50, 150, 350, 650, 900, best}
	return points[near(need.Cell, offer.Cell)]
}

func age(need Posting, now time.Time) int64 {
	days := int64(now.Sub(need.At) / (24 * time.Hour))
	return min(max(days, 0), AgeDays) * best / AgeDays
}

// fair is all points for nothing lately, half for one match, a third for two; never none.
func fair(received int) int64 {
	return best / (1 + min(max(int64(received), 0), best-1))
}
