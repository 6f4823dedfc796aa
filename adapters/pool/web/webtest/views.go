package webtest

import (
	"context"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
)

const day = 24 * time.Hour

func kes(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: fx.MustCurrency("KES")} }

func hours(minor int64) fx.Money {
	return fx.Money{Minor: minor, Currency: fx.MustCurrency("hours.chama-umoja.2")}
}

func people(now time.Time) []web.Member {
	return []web.Member{
		{Person: web.Person{ID: "m1", Name: "Wanjiku Kamau"}, Roles: []web.Role{{Name: "treasurer", Until: now.Add(200 * day)}}, Since: now.Add(-900 * day), Standing: "active"},
		{Person: web.Person{ID: "m2", Name: "Achieng’ Otieno"}, Roles: []web.Role{{Name: "facilitator"}}, Since: now.Add(-900 * day), Standing: "active"},
		{Person: web.Person{ID: "m3"}, Since: now.Add(-90 * day), Standing: "late"},
	}
}

func funds() []web.Balance {
	return []web.Balance{
		{Name: "welfare", Purpose: "Illness, funerals, school fees", Amount: kes(184_250_00)},
		{Name: "reserve", Amount: kes(20_000_00), Reserve: true},
		{Name: "hours", Amount: hours(120_50)},
	}
}

func postings(now time.Time) []web.Posting {
	return []web.Posting{
		{ID: "b1", Kind: "need", Category: "childcare", Text: "Somebody for the twins on market days, from six in the morning.", Quantity: "3 hours", Place: "Kawangware", Urgency: 3, Until: now.Add(9 * day), By: web.Person{ID: "m2", Name: "Achieng’ Otieno"}, State: "open"},
		{ID: "b2", Kind: "offer", Category: "repair", Text: "Sewing machines and radios.", Quantity: "2 hours", Urgency: 1, Until: now.Add(60 * day), By: web.Person{ID: "m1", Name: "Wanjiku Kamau"}, Mine: true, State: "open"},
	}
}

func movements(now time.Time) []web.Movement {
	return []web.Movement{
		{Index: 38, At: now.Add(-2 * day), From: "outside/mpesa-ke", To: "fund/welfare", Amount: kes(1_000_00), What: "Dues of m1"},
		{Index: 37, At: now.Add(-3 * day), From: "fund/welfare", To: "outside/mpesa-ke", Amount: kes(12_345_678_90), What: "Land in Kitengela"},
		{Index: 31, At: now.Add(-9 * day), From: "fund/reserve", To: "member/m3/dues", Amount: kes(1_000_00), What: "Cover of round 4"},
	}
}

func proof() web.Proof {
	return web.Proof{Size: 39, Checkpoint: "chama-umoja/log\n39\nq1Vd0bM5bPp3xVw4o3Vb6zjB2q5x1d8Xk9jz4WcJ2nE=\n\n— chama-umoja/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"}
}

func group(now time.Time) web.Group {
	return web.Group{
		Name: "Merry-go-round", Order: "drawing", Round: 2, Rounds: 3, State: "collecting", Each: kes(5_000_00), Pot: []fx.Money{kes(15_000_00), hours(3_00)}, DueBy: now.Add(4 * day),
		Seats: []web.Seat{
			{Round: 1, At: now.Add(-26 * day), Holder: web.Person{ID: "m2", Name: "Achieng’ Otieno"}, Pot: true, State: "paid"},
			{Round: 2, At: now.Add(4 * day), Holder: web.Person{ID: "m1", Name: "Wanjiku Kamau"}, Mine: true, State: "open"},
			{Holder: web.Person{ID: "m3"}, State: "late"},
		},
	}
}

func (n *Node) payout(member string) web.Proposal {
	whole := kes(12_500_00)
	p := web.Proposal{
		ID: "p1", Kind: "payout", Title: "Hospital bill of Otieno’s mother", Text: "She was admitted on Friday; the hospital discharges her when the bill is paid.",
		By: web.Person{ID: "m2", Name: "Achieng’ Otieno"}, Amount: &whole, Opened: n.now().Add(-day), Closes: n.now().Add(2 * day), State: "voting", Version: 2, Method: "signatures",
		Facts: []web.Fact{{Name: "fund", Value: "welfare"}, {Name: "beneficiary", Value: "Hospitali ya Pumwani, +254 711 000 222"}, {Name: "to", Value: "mpesa-ke"}, {Name: "reference", Value: "bill 4471"}},
		Count: web.Count{Eligible: 3, Need: 2}, Mine: n.votes[member],
	}
	for _, voter := range []string{"m1", "m2", "m3"} {
		switch choice := n.votes[voter]; choice {
		case "":
			continue
		case "for":
			p.Count.For++
		default:
			p.Count.Against++
		}
		p.Votes = append(p.Votes, web.Vote{By: web.Person{ID: voter}, Choice: n.votes[voter], At: n.now()})
	}
	if p.Mine == "" {
		p.Choices = []string{"for", "against", "abstain"}
	}
	return p
}

// ask guards what follows it: nothing is shown while the node fails.
func ask[V any](n *Node, view func() V) (V, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.failing != nil {
		var none V
		return none, n.failing
	}
	return view(), nil
}

// Overview implements web.Reader.
func (n *Node) Overview(_ context.Context, member string) (web.Overview, error) {
	return ask(n, func() web.Overview {
		hold := hours(40_00)
		seat := group(n.now()).Seats[1]
		seat.Group = "Merry-go-round"
		view := web.Overview{
			You: web.Member{Person: web.Person{ID: member, Name: "Wanjiku Kamau"}}, Funds: funds(), Turn: &seat, ToSign: 1 - len(n.votes[member])/3,
			Due:     []web.Due{{Name: "Monthly dues", Amount: kes(1_000_00), By: n.now().Add(-day), Late: true}, {Name: "Merry-go-round", Amount: kes(5_000_00), By: n.now().Add(4 * day)}},
			Credit:  []web.Credit{{Amount: hours(-3_50), MayOwe: hours(20_00), MayHold: &hold}},
			Notices: []web.Notice{{Kind: "late", At: n.now().Add(-day), Link: "/contributions"}, {Kind: "rain", At: n.now(), Text: "The meeting is on Saturday at two, at Achieng’s."}},
		}
		return view
	})
}

// Contributions implements web.Reader.
func (n *Node) Contributions(context.Context, string) (web.Contributions, error) {
	return ask(n, func() web.Contributions {
		return web.Contributions{
			Due: []web.Due{{Name: "Monthly dues", Amount: kes(1_000_00), By: n.now().Add(-day), Late: true}},
			Paid: []web.Contribution{
				{At: n.now().Add(-2 * day), Name: "Monthly dues", Amount: kes(1_000_00), Rail: "M-Pesa", Reference: "SFE41H9XQ2", State: "paid"},
				{At: n.now().Add(-33 * day), Name: "Merry-go-round", Amount: kes(5_000_00), Rail: "M-Pesa", Reference: "SEH1P0LLD3", State: "pending"},
			},
			Totals: []fx.Money{kes(6_000_00), hours(12_25)},
			PayIn:  []web.PayIn{{Rail: "M-Pesa Paybill", Account: "400222", Reference: "m1"}},
		}
	})
}

// Turns implements web.Reader.
func (n *Node) Turns(context.Context, string) (web.Turns, error) {
	return ask(n, func() web.Turns { return web.Turns{Groups: []web.Group{group(n.now())}} })
}

// Proposals implements web.Reader.
func (n *Node) Proposals(_ context.Context, member string) (web.Proposals, error) {
	return ask(n, func() web.Proposals {
		return web.Proposals{
			Open:    []web.Proposal{n.payout(member)},
			Decided: []web.Proposal{{ID: "p0", Kind: "rule_change", Title: "Meet every second Saturday", State: "carried", Closes: n.now().Add(-30 * day), Mine: "for"}},
		}
	})
}

// Proposal implements web.Reader.
func (n *Node) Proposal(_ context.Context, member, id string) (web.Proposal, error) {
	if id != "p1" {
		return web.Proposal{}, web.ErrUnknown
	}
	return ask(n, func() web.Proposal { return n.payout(member) })
}

// Board implements web.Reader.
func (n *Node) Board(context.Context, string) (web.Board, error) {
	return ask(n, func() web.Board {
		return web.Board{
			Categories: []string{"food", "childcare", "repair", "transport", "other"}, Postings: n.posts,
			Matches: []web.Match{{ID: "x1", Need: n.posts[0], Offer: n.posts[1], State: "proposed", Choices: []string{"accept", "decline"}, Why: []web.Fact{{Name: "fit", Value: "600"}, {Name: "fairness", Value: "250"}}}},
		}
	})
}

// Book implements web.Reader.
func (n *Node) Book(_ context.Context, _, before string) (web.Book, error) {
	return ask(n, func() web.Book {
		view := web.Book{Funds: funds(), Movements: movements(n.now()), Proof: proof()}
		if before == "" {
			view.Older = "31"
		}
		return view
	})
}

// Members implements web.Reader.
func (n *Node) Members(context.Context, string) (web.Members, error) {
	return ask(n, func() web.Members { return web.Members{Members: n.people} })
}
