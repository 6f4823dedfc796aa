package api

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/rail"
)

// Rail is how a participant's rail stands: by what it said, by the books, by the streams, and by its adapter's own word.
type Rail struct {
	Participant  string       `json:"participant"`
	State        string       `json:"state" enum:"up,down,silent" doc:"silent said that it was down, and nothing since."`
	Since        time.Time    `json:"since,omitzero" doc:"None where it never said a word: it has always been up."`
	HeardAt      time.Time    `json:"heard_at,omitzero"`
	Suspended    bool         `json:"suspended" doc:"Of its participant: new intents of it and to it are refused."`
	Waiting      int64        `json:"waiting" doc:"Payouts and refunds that it was told and has not ended, as the books have it."`
	WaitingSince time.Time    `json:"waiting_since,omitzero" doc:"When it was told the oldest of them."`
	Unknown      int64        `json:"unknown" doc:"Those of them of which it said that it does not know."`
	UnknownSince time.Time    `json:"unknown_since,omitzero" doc:"When it said so of the first."`
	Unread       *int64       `json:"unread,omitempty" doc:"Messages to the adapter that it has not acknowledged."`
	Untaken      *int64       `json:"untaken,omitempty" doc:"Messages from the adapter that no batch has taken up."`
	Adapter      *AdapterWord `json:"adapter,omitempty" doc:"None where the switch knows no address of it."`
}

// AdapterWord is what an adapter says of itself, asked a moment ago.
type AdapterWord struct {
	Answers      bool              `json:"answers" doc:"Within two seconds. What follows is empty where it does not."`
	Rail         string            `json:"rail,omitempty"`
	State        string            `json:"state,omitempty" enum:"up,down"`
	Since        time.Time         `json:"since,omitzero"`
	Breaker      string            `json:"breaker,omitempty" enum:"closed,half-open,open" doc:"The worst of breakers."`
	Breakers     map[string]string `json:"breakers,omitempty" doc:"By endpoint of the rail."`
	Waiting      int64             `json:"waiting" doc:"Operations that have not ended."`
	Unknown      int               `json:"unknown" doc:"Those of them of which the rail has not said what became of them."`
	UnknownSince time.Time         `json:"unknown_since,omitzero" doc:"When the oldest of them was instructed."`
	Untold       int               `json:"untold" doc:"Ended operations of which the switch has not been told."`
	Exceptions   int               `json:"exceptions" doc:"Cases for a person that the adapter keeps."`
}

func railOf(s rail.Standing) Rail {
	r := Rail{
		Participant: s.Participant, State: string(s.State), Since: s.Since, HeardAt: s.HeardAt, Suspended: s.Suspended,
		Waiting: s.Load.Told, WaitingSince: s.Load.ToldSince, Unknown: s.Load.Unknown, UnknownSince: s.Load.UnknownSince,
	}
	if s.Lag != nil {
		r.Unread, r.Untaken = &s.Lag.Unread, &s.Lag.Untaken
	}
	if s.Word != nil {
		r.Adapter = adapterWord(*s.Word)
	}
	return r
}

func adapterWord(w rail.Word) *AdapterWord {
	s := w.Stats
	return &AdapterWord{
		Answers: w.Said(), Rail: s.Rail, State: string(s.Health.State), Since: s.Health.Since, Breaker: w.Breaker(), Breakers: s.Breakers,
		Waiting: s.Health.Waiting, Unknown: s.UnknownNow, UnknownSince: s.UnknownSince, Untold: s.OutcomesWaiting, Exceptions: w.Exceptions(),
	}
}

func (a *API) watchRails() {
	list(a, route{
		id: "list-rails", path: "/v1/rails", tag: "Rails", need: everyone(), summary: "How rails are",
		text: "By participant: what it said, what the books and the streams say, and what its adapter said when it was asked, a second ago at most. A participant sees its own.",
	}, a.listRails)
}

func (a *API) listRails(ctx context.Context, in *struct{ Paging }) (page Page[Rail], err error) {
	scope, err := auth.Scope(ctx)
	if err != nil {
		return page, err
	}
	found, err := a.standing.Standings(ctx, scope)
	if err != nil {
		return page, err
	}
	return pageOf(&in.Paging, "rails", each(found, railOf), func(r Rail) string { return r.Participant })
}
