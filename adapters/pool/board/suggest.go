package board

import "time"

// Rules are how a pool weighs.
type Rules struct {
	FairnessPermille int `json:"fairness_permille"` // share of fairness in a weight, 0 to 1000
}

// Lately is how far back help that was received counts for fairness.
const Lately = 90 * 24 * time.Hour

// Input is all that suggestions follow from.
type Input struct {
	Postings []Posting      // each Quantity is what is left
	Received map[string]int // per member, by how many matches it was helped lately
	Blocks   []Block
	Rules    Rules
	Now      time.Time
}

// Suggestions are the matching of greatest weight: the sum over pairs of weight × quantity. Being made of
// places and fairness, they are for members only.
type Suggestions struct {
	Pairs   []Suggestion `json:"pairs"`   // in the order of needs, the oldest first, and of a need the heaviest first
	Waiting []Waiting    `json:"waiting"` // needs of which something is left over, likewise
	Whole   bool         `json:"whole"`   // false where the budget of steps ran out: then only of the oldest needs
}

// Suggestion is that a part of an offer meets a part of a need.
type Suggestion struct {
	Need     string    `json:"need"`  // id of the posting
	Offer    string    `json:"offer"` // id of the posting
	Quantity int64     `json:"quantity"`
	Weight   int64     `json:"weight"` // for each unit of quantity; the sum of Terms
	Terms    [5]Term   `json:"terms"`
	RunnerUp *RunnerUp `json:"runner_up,omitempty"` // nil where no other offer fits
}

// Name is what a term is about.
type Name string

// The terms of a weight.
const (
	Fit      Name = "fit"      // the same category, or one that can stand in
	Urgency  Name = "urgency"  // of both, but mostly of the need
	Nearness Name = "nearness" // 500 where a place is not known
	Age      Name = "age"      // days that the need has waited, up to AgeDays
	Fairness Name = "fairness" // the less its member got lately, the more
)

// Term is a part of a weight: points times share.
type Term struct {
	Name   Name  `json:"name"`
	Points int64 `json:"points"` // 0 to 1000
	Share  int64 `json:"share"`  // millionths; those of a pair sum to a million
	Weight int64 `json:"weight"`
}

// RunnerUp is the best other offer for a need, and why it was not suggested, or not for more.
type RunnerUp struct {
	Offer  string   `json:"offer"`
	Weight int64    `json:"weight"`
	Why    Why      `json:"why"`
	Needs  []string `json:"needs,omitempty"` // whose needs the offer meets instead, by posting
}

// Why names why something is not suggested.
type Why string

// The reasons.
const (
	Lighter   Why = "lighter"    // it weighs no more than what is suggested
	Elsewhere Why = "elsewhere"  // other needs get it, because that makes no less weight in all
	NoOffer   Why = "no_offer"   // nobody offers what fits
	NotEnough Why = "not_enough" // the need gets all that fits
	NotLooked Why = "not_looked" // the budget of steps ran out before
)

// Waiting is a need of which something is left over.
type Waiting struct {
	Need     string   `json:"need"`
	Quantity int64    `json:"quantity"` // what is left over
	Why      Why      `json:"why"`
	Needs    []string `json:"needs,omitempty"` // whose needs the best offer for it meets instead, by posting
}

// Suggest finds the matching of greatest weight of everything that is left on the board.
// Errors are *RefusalError.
func (b *Board) Suggest(rules Rules, now time.Time) (Suggestions, error) {
	in := Input{Received: map[string]int{}, Blocks: b.Blocks, Rules: rules, Now: now}
	for _, l := range b.Postings {
		if l.Left() > 0 {
			p := l.Posting
			p.Quantity = l.Left()
			in.Postings = append(in.Postings, p)
		}
	}
	for _, m := range b.Matches {
		helped := m.State == Agreed || m.State == Done || m.State == Disputed
		if helped && m.AgreedAt.After(now.Add(-Lately)) {
			in.Received[b.Postings[m.Need].Member]++
		}
	}
	return Suggest(in)
}

// Suggest finds the matching of greatest weight. Between equals the older posting comes first, then the lesser id;
// the order of the input does not matter. Errors are *RefusalError.
func Suggest(in Input) (Suggestions, error) {
	s, err := newSheet(in)
	if err != nil {
		return Suggestions{}, err
	}
	f := newFlow(s)
	f.run(budget)
	return f.explain(), nil
}
