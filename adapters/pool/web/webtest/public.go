package webtest

import (
	"context"

	"github.com/ayni-switch/ayni/adapters/pool/web"
)

// Report implements web.Reader.
func (n *Node) Report(_ context.Context, member string) (web.Report, error) {
	if member == "" && n.closedToPublic() {
		return web.Report{}, web.ErrNotShown
	}
	return ask(n, func() web.Report {
		return web.Report{Proof: proof(), Principles: []web.Principle{
			{Number: 1, Rules: []string{"Members are admitted by a majority, after an invitation."}, Data: []string{"3 members, 1 admitted this year."}},
			{Number: 5, Rules: []string{"Reminder, mediation, reduced limits, suspension, exclusion."}, Gaps: []string{"No panel has been drawn yet."}},
		}}
	})
}

func (n *Node) closedToPublic() (hidden bool) {
	n.locked(func() { hidden = n.hidden })
	return hidden
}

// Public implements web.Reader.
func (n *Node) Public(context.Context) (web.Public, error) {
	all := []string{"balance", "contributions", "payouts", "needs", "members", "decisions", "rotation", "credit", "sanctions", "pledges"}
	return ask(n, func() web.Public {
		view := web.Public{Pool: Name, Title: "Chama ya Umoja", Purpose: "We save together, and stand by each other when somebody falls ill.", Proof: proof()}
		if n.hidden {
			view.Hidden = all
			return view
		}
		anonymous := []web.Member{{Person: web.Person{ID: "m1"}, Since: n.people[0].Since, Standing: "active"}}
		posted := n.posts[0]
		posted.By = web.Person{}
		view.Shown, view.Report = all, true
		view.Funds, view.Income, view.Payouts, view.Postings, view.Members = funds()[:2], movements(n.now())[:1], movements(n.now())[1:2], []web.Posting{posted}, anonymous
		view.Decisions = []web.Proposal{{ID: "p0", Kind: "rule_change", Title: "Meet every second Saturday", State: "carried", Closes: n.now()}}
		view.Pledges = []web.Pledge{{To: "solidarity-manila", Cap: kes(50_000_00), On: "A declared typhoon", Until: n.now().Add(100 * day), Called: true}}
		view.Groups, view.Credit = []web.Group{group(n.now())}, []web.Balance{{Name: "hours", Amount: hours(240_00)}}
		view.Sanctions = []web.Fact{{Name: "reminder", Value: "1"}, {Name: "mediation", Value: "0"}}
		return view
	})
}
