package console

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/ops/request"
)

// railRow is how a participant's rail stands, for people.
type railRow struct{ rail.Standing }

// State is what is known last: what the adapter says now, or what the participant told the switch.
func (r railRow) State() messaging.RailState {
	if r.Word != nil && r.Word.Said() && r.Word.Stats.Health.State == messaging.RailDown {
		return messaging.RailDown
	}
	return r.Standing.State
}

// Since is from when on it is so, zero where nobody ever said a word.
func (r railRow) Since() time.Time {
	if r.Standing.State == r.State() {
		return r.Standing.Since
	}
	return r.Word.Stats.Health.Since
}

// Breaker is a badge's word of the worst breaker, "" where the adapter names none.
func (r railRow) Breaker() string {
	if r.Word == nil {
		return ""
	}
	return breakerWord(r.Word.Breaker())
}

func breakerWord(state string) string {
	if state == "" {
		return ""
	}
	return "breaker " + state
}

// Answers is a badge's word of whether its adapter can be asked.
func (r railRow) Answers() string {
	switch {
	case r.Word == nil:
		return "no address"
	case r.Word.Said():
		return "answers"
	default:
		return "does not answer"
	}
}

// Doubt counts what nobody knows: as the adapter says now, or as it told the switch.
func (r railRow) Doubt() (count int64) {
	if r.Word != nil && r.Word.Said() {
		return int64(r.Word.Stats.UnknownNow)
	}
	return r.Load.Unknown
}

// DoubtSince is from when on the oldest of that is not known.
func (r railRow) DoubtSince() time.Time {
	if r.Word != nil && r.Word.Said() {
		return r.Word.Stats.UnknownSince
	}
	return r.Load.UnknownSince
}

// trouble is how much a person should look at it: more first.
func (r railRow) trouble() int {
	switch breaker := r.Breaker(); {
	case r.State() != messaging.RailUp, breaker == "breaker open":
		return 3
	case r.Word != nil && !r.Word.Said(), breaker == "breaker half-open":
		return 2
	case r.Doubt() > 0 || r.Suspended:
		return 1
	default:
		return 0
	}
}

// railsView is how rails are, and what a person looks at.
type railsView struct {
	Rails []railRow
	Cases []railCase
}

func (s *Site) rails(v *visit) (view, error) {
	var shown railsView
	standings, err := s.watch.Standings(v.r.Context(), "")
	if err != nil {
		return view{}, err
	}
	for _, one := range standings {
		shown.Rails = append(shown.Rails, railRow{one})
	}
	slices.SortStableFunc(shown.Rails, func(a, b railRow) int {
		return cmp.Or(cmp.Compare(b.trouble(), a.trouble()), cmp.Compare(a.Participant, b.Participant))
	})
	shown.Cases, err = s.railCases(v, "")
	return view{name: "rails", title: "Rails", at: "Rails", data: &shown}, err
}

// railView is one rail.
type railView struct {
	railRow
	List
	Endpoints  []endpoint
	Operations []adapters.OpenOperation
	States     []adapters.State
	Cases      []railCase
	Noted      []notedCase
	Resolves   bool // who reads may find out and decide
	Acts       []entry
}

// Untold counts what has ended at the adapter and the switch does not know yet.
func (r railView) Untold() int64 { return int64(r.Word.Stats.OutcomesWaiting) }

// endpoint is a part of a rail that an adapter calls.
type endpoint struct {
	Name, Breaker string
	Waits         int64
}

// shownOperations bounds how many operations are on a page, and how many of the adapter's own cases.
const shownOperations = 50

func (s *Site) rail(v *visit) (view, error) {
	name := v.r.PathValue("name")
	standings, err := s.watch.Standings(v.r.Context(), name)
	if err != nil {
		return view{}, err
	}
	if name == "" || len(standings) != 1 {
		return view{}, errNoPage
	}
	shown := railView{
		railRow: railRow{standings[0]}, List: listOf(v, "state"), Resolves: resolves(v.who),
		States: []adapters.State{adapters.Unknown, adapters.Accepted, adapters.Instructed},
	}
	if v.who.Is(auth.Operator) {
		for _, a := range participantActs() {
			if a.Kind == request.Suspend && !shown.Suspended || a.Kind == request.Resume && shown.Suspended {
				shown.Acts = append(shown.Acts, a.entry("participant", name))
			}
		}
	}
	if shown.Word != nil && shown.Word.Said() {
		shown.open(v.r.Context(), s.Rails, v.r.URL.Query().Get("after"))
	}
	shown.Cases, err = s.railCases(v, name)
	return view{name: "rail", title: name, at: "Rails", data: &shown}, err
}

// open reads what the adapter holds. One that stops answering half-way does not answer.
func (r *railView) open(ctx context.Context, known rail.Directory, after string) {
	ctx, cancel := context.WithTimeout(ctx, adapterPatience)
	defer cancel()
	adapter, err := known.Of(r.Participant)
	if err == nil {
		r.Operations, err = adapter.Operations(ctx, adapters.State(r.Query.Get("state")), plain(after, maxField))
	}
	if err == nil {
		var noted []adapters.Exception
		noted, err = adapter.Exceptions(ctx)
		for _, e := range noted[:min(len(noted), shownOperations)] {
			r.Noted = append(r.Noted, notedOf(e, r.Participant))
		}
	}
	if err != nil {
		r.Word = &rail.Word{Err: err}
		return
	}
	next := ""
	if len(r.Operations) > shownOperations {
		r.Operations = r.Operations[:shownOperations]
		next = r.Operations[shownOperations-1].ID
	}
	r.List = r.paged(after, next)
	for name, state := range r.Word.Stats.Breakers {
		r.Endpoints = append(r.Endpoints, endpoint{name, breakerWord(state), int64(r.Word.Stats.Waiting[name])})
	}
	slices.SortFunc(r.Endpoints, func(a, b endpoint) int { return cmp.Compare(a.Name, b.Name) })
	r.Endpoints = r.Endpoints[:min(len(r.Endpoints), shownOperations)]
}

// adapterPatience is how long a page waits for an adapter.
const adapterPatience = 2 * time.Second
