package view

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/adapters/pool/web"
)

const (
	noticeAge  = 30 * 24 * time.Hour
	maxNotices = 10
)

// Overview implements web.Reader.
func (v *View) Overview(ctx context.Context, member string) (view web.Overview, err error) {
	var now time.Time
	_, err = v.look(member, func(g *glance) {
		now = g.Now()
		view.You, view.Funds, view.Due, view.Turn, view.Credit = g.member(g.me), g.funds(), g.dues(), g.myTurn(), g.credits()
		for _, p := range g.proposals() {
			if g.mayVoteNow(p) {
				view.ToSign++
			}
		}
	})
	if err != nil {
		return web.Overview{}, err
	}
	for _, due := range view.Due {
		if due.Late {
			view.Notices = append(view.Notices, web.Notice{Kind: "late", At: due.By, Text: due.Name, Link: "/contributions"})
		}
	}
	told, err := v.told(ctx, member, now.Add(-noticeAge))
	view.Notices = append(view.Notices, told...)
	return view, err
}

// told is what the newest lines about a member tell it, the newest first.
func (v *View) told(ctx context.Context, member string, since time.Time) (all []web.Notice, err error) {
	lines, _, err := v.store.Lines(ctx, store.LineQuery{About: member})
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		if notice, ok := noticeOf(line); ok && line.At.After(since) && len(all) < maxNotices {
			notice.At = line.At
			all = append(all, notice)
		}
	}
	return all, nil
}

// noticeOf is what a line about somebody asks them to know, if anything.
func noticeOf(line store.Line) (web.Notice, bool) {
	var body struct {
		State    string          `json:"state"`
		Measure  string          `json:"measure"`
		What     string          `json:"what"`
		Sanction string          `json:"sanction"`
		Proposal string          `json:"proposal"`
		Decision string          `json:"decision"`
		Notice   rotation.Notice `json:"notice"`
	}
	if read(line.Body, &body) != nil {
		return web.Notice{}, false
	}
	switch line.Kind {
	case "reminder", "may_be_sanctioned":
		return web.Notice{Kind: "reminder", Text: body.What, Link: "/contributions"}, true
	case "sanction":
		return web.Notice{Kind: "sanction", Text: body.Measure + ": " + body.State, Link: "/proposals/" + body.Sanction}, true
	case "appeal":
		return web.Notice{Kind: "appeal", Link: "/proposals/" + body.Sanction}, true
	case "proposal":
		return web.Notice{Kind: body.Decision, Link: "/proposals/" + body.Proposal}, true
	case "matched":
		return web.Notice{Kind: "match", Text: body.State, Link: "/board"}, true
	case "rotation":
		kind, ok := rotating[body.Notice.About]
		return web.Notice{Kind: kind, Link: "/turn"}, ok
	}
	return web.Notice{}, false
}

// rotating are the notices of groups that are worth a member's look.
var rotating = map[rotation.Telling]string{
	rotation.Collect: "collect", rotation.Turn: "turn", rotation.Remind: "reminder", rotation.Mediate: "mediation", rotation.Commits: "commits",
	rotation.Reveals: "reveals", rotation.SwapAsked: "swap_asked", rotation.Swapped: "swapped", rotation.Proposable: "reminder",
	rotation.Withheld: "withheld", rotation.Waived: "waived",
}
