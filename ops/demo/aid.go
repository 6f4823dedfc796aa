package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/pool"
)

const (
	poolThreshold   = 2        // officers sign small payouts
	poolPayoutMinor = 2_000_00 // PHP
	medicine        = "medicine"
	hoursNeeded     = 2
	needLife        = 14 * 24 * time.Hour
	pledgeLife      = 365 * 24 * time.Hour
	flood, flooded  = "flood", "manila"
)

// wallets is where the people of Manila have their wallets. No transfer of a day has an account like those that pools pay.
const (
	wallets         = "gcash-ph"
	medicineAccount = 90_000_000
	turnAccount     = 91_000_000
	floodAccount    = 92_000_000
)

// party is somebody in Manila whose wallet works: the pools help people whom the sandbox does not decline.
func party(d *day, from int) messaging.Party {
	at := d.by[wallets]
	for n := from; ; n++ {
		who := person(d.seed, at, n, "c")
		if !demoFaults.Fate(sandbox.Dice{Seed: d.seed}, string(messaging.KindPayout), who.Account).Decline {
			return who
		}
	}
}

// exchange is a need in London that another member meets, paid in hours: m2 needs somebody to look after children, m3
// offers to. Each step is taken where the board says that it was not.
func (s *stage) exchange() error {
	const need, offer = 1, 2 // members
	due := decide.Amount{Minor: hoursNeeded * 100, Unit: hoursOf(london)}
	steps := []struct {
		member int
		kind   string
		done   func(p *decide.State) bool
		body   func(p *decide.State) any
	}{
		{need, "post", func(p *decide.State) bool { return len(p.Board().Postings) > 0 }, func(*decide.State) any { return childcare(board.Need) }},
		{offer, "post", func(p *decide.State) bool { return len(p.Board().Postings) > 1 }, func(*decide.State) any { return childcare(board.Offer) }},
		{offer, "match_posting", func(p *decide.State) bool { return len(p.Board().Matches) > 0 }, suggestion},
		{need, "answer_match", func(p *decide.State) bool { return theMatch(p).State != board.Proposed }, func(p *decide.State) any {
			return decide.Matching{Match: theMatch(p).ID, Yes: true}
		}},
		{need, "pay", func(p *decide.State) bool { return p.Balance("credit/"+memberName(offer), due.Unit) > 0 }, func(p *decide.State) any {
			return decide.Paying{To: memberName(offer), Amount: due, Match: theMatch(p).ID}
		}},
		{need, "feedback", func(p *decide.State) bool { return len(theMatch(p).Feedback) > 0 }, content},
		{offer, "feedback", func(p *decide.State) bool { return len(theMatch(p).Feedback) > 1 }, content},
	}
	for _, step := range steps {
		var done bool
		var body any
		s.pools[london].View(func(p *decide.State) {
			if done = step.done(p); !done {
				body = step.body(p)
			}
		})
		if done {
			continue
		}
		if err := s.say(london, step.member, step.kind, body); err != nil {
			return err
		}
	}
	return nil
}

func childcare(kind board.Kind) decide.Posting {
	return decide.Posting{
		Kind: kind, Category: "childcare", Urgency: 2, Quantity: hoursNeeded, Unit: board.Hour,
		Until: time.Now().Add(needLife).UTC().Truncate(time.Second),
	}
}

// suggestion is the first pair that the board suggests, as whoever offers proposes it.
func suggestion(p *decide.State) any {
	suggested, err := p.Suggestions()
	if err != nil || len(suggested.Pairs) == 0 {
		return decide.Matching{} // which is refused
	}
	pair := suggested.Pairs[0]
	return decide.Matching{Need: pair.Need, Offer: pair.Offer, Quantity: pair.Quantity}
}

// theMatch is the board's first; zero where it has none.
func theMatch(p *decide.State) board.Match { return p.Board().Matches["x1"] }

func content(p *decide.State) any {
	return decide.Matching{Match: theMatch(p).ID, Done: true, Stars: board.MaxStars}
}

// hoursOf is the unit of what a pool's members do for each other, in hundredths.
func hoursOf(pooled string) fx.Currency { return fx.MustCurrency("hours." + pooled + ".2") }

// help is what Nairobi decides: a member's family in Manila needs medicine, and two officers sign that it gets PHP
// 2,000. It waits for the dues, then proposes and approves.
func (s *stage) help(ctx context.Context, d *day) error {
	c := communityOf(poolName)
	var need string
	s.pools[poolName].View(func(p *decide.State) {
		for id := range p.Board().Postings { // its only one
			need = id
		}
	})
	if need == "" {
		err := s.say(poolName, 2, "post", decide.Posting{
			Kind: board.Need, Category: "health", Urgency: board.MaxUrgency, Quantity: poolPayoutMinor,
			Unit: board.Unit(d.by[manila].Currency.String()), Until: time.Now().Add(needLife).UTC().Truncate(time.Second),
		})
		if err != nil {
			return err
		}
		return s.help(ctx, d)
	}
	if s.find(poolName, refersTo(medicine)) == nil {
		if err := s.untilFund(ctx, c, c.dueMinor*int64(c.people*c.times)); err != nil {
			return err
		}
	}
	blob, beneficiary, err := pool.Close(party(d, medicineAccount))
	if err != nil {
		return err
	}
	return s.settleQuestion(question{
		pool: poolName, kind: charter.Payout, voters: []int{0, 1}, closed: [][]byte{blob}, known: refersTo(medicine),
		subject: decide.Payout{
			Fund: c.fund, Purpose: "illness", To: wallets, Beneficiary: beneficiary,
			Amount: decide.Amount{Minor: poolPayoutMinor, Unit: d.by[manila].Currency}, Fixed: fx.FixedDestination,
			MaxCost: decide.Amount{Minor: 3 * c.shareMinor, Unit: d.by[poolName].Currency}, Reference: medicine, Need: need,
		},
	}, time.Now().Add(quoteLife))
}

// pledging is what a pool will pay, without another vote, when Manila declares a flood or a typhoon.
func (s *stage) pledging(c community) question {
	return question{
		pool: c.name, kind: charter.Pledging, voters: everybody(c.name),
		known: func(p *decide.Proposal) bool { return p.Kind == charter.Pledging },
		subject: decide.Pledge{
			Pool: manila, Key: s.pools[manila].Public, Kinds: []string{flood, "typhoon"}, Places: []string{flooded},
			Fund: c.fund, Purpose: c.pledgeFor, EachMinor: c.pledgeMinor, TotalMinor: 2 * c.pledgeMinor,
			Until: time.Now().Add(pledgeLife).UTC().Truncate(time.Second),
		},
	}
}

// declare has Manila declare a flood once those who pledged have what they pledged, and waits until they have paid.
func (s *stage) declare(ctx context.Context, d *day) error {
	known := func(p *decide.Proposal) bool { return p.Kind == charter.Emergency }
	if s.find(manila, known) == nil {
		for _, c := range communities {
			if err := s.untilFund(ctx, c, c.pledgeMinor); err != nil {
				return err
			}
		}
	}
	blob, beneficiary, err := pool.Close(party(d, floodAccount))
	if err != nil {
		return err
	}
	err = s.settleQuestion(question{
		pool: manila, kind: charter.Emergency, voters: everybody(manila), closed: [][]byte{blob}, known: known,
		subject: decide.Declaration{
			Emergency: flood, Place: flooded, Needed: "Water, rice and medicine for forty households.",
			Until: time.Now().Add(needLife).UTC().Truncate(time.Second), To: wallets, Beneficiary: beneficiary,
		},
	}, time.Now().Add(quoteLife))
	if err != nil {
		return err
	}
	for _, c := range communities {
		if c.pledgeMinor == 0 {
			continue
		}
		err := s.until(ctx, c.name, func(p *decide.State) bool { return payoutOf(p, isKept) == decide.PayoutPaid })
		if err != nil {
			return fmt.Errorf("demo: what %s pledged: %w", c.name, err)
		}
	}
	return nil
}

// isKept knows a payout that keeps a pledge.
func isKept(p *decide.Proposal) bool { _, is := p.Subject.(*decide.Kept); return is }

// isLeg knows a pool's part of the round.
func isLeg(p *decide.Proposal) bool { _, is := p.Subject.(*decide.Leg); return is }
