package api

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/pools"
)

// Pool is a mutual-aid pool as far as it shows itself.
type Pool struct {
	Participant string     `json:"participant" example:"chama-nairobi"`
	Title       string     `json:"title,omitempty" doc:"By its own word, as purpose."`
	Purpose     string     `json:"purpose,omitempty"`
	State       string     `json:"state" enum:"unheard,current,silent,refused,split" doc:"Silent or refused: what is shown is from heard_at. Split: its key signed two histories of its log, and nothing is shown."`
	Why         string     `json:"why,omitempty" doc:"It is not current: for the pool and the switch's own people."`
	HeardAt     time.Time  `json:"heard_at,omitzero"`
	Shows       []string   `json:"shows" nullable:"false" doc:"Sections of its log that everybody may see."`
	Members     string     `json:"members,omitempty" doc:"Where it shows its members."`
	Needs       string     `json:"needs" doc:"That are open, where it shows them; offers likewise."`
	Offers      string     `json:"offers"`
	Log         *PoolLog   `json:"log,omitempty"`
	Funds       []PoolFund `json:"funds" nullable:"false" doc:"Where it shows balances."`
}

// PoolLog is what proves the rest: verify it by the pool's own key.
type PoolLog struct {
	Size       string `json:"size" doc:"Entries."`
	Root       string `json:"root"`
	Checkpoint string `json:"checkpoint" doc:"Signed by the pool: a C2SP checkpoint."`
	Shown      string `json:"shown" doc:"Lines that everybody may see; each was held against the checkpoint."`
	Hidden     string `json:"hidden"`
}

// PoolFund is what a fund holds.
type PoolFund struct {
	Name   string `json:"name"`
	Amount Amount `json:"amount"`
}

// PoolStory is a pool with all that it shows.
type PoolStory struct {
	Pool
	Hides       []string      `json:"hides" nullable:"false"`
	Postings    []PoolPosting `json:"postings" nullable:"false"`
	Pledges     []PoolPledge  `json:"pledges" nullable:"false"`
	Emergencies []Emergency   `json:"emergencies" nullable:"false" doc:"That it declared, the newest first."`
	Ties        []PoolTie     `json:"ties" nullable:"false"`
}

// PoolPosting is a need or an offer.
type PoolPosting struct {
	ID       string    `json:"id"`
	Side     string    `json:"side" enum:"need,offer"`
	Category string    `json:"category"`
	Quantity string    `json:"quantity"`
	Unit     string    `json:"unit"`
	Urgency  string    `json:"urgency" doc:"1 to 4, the last the most."`
	Place    string    `json:"place,omitempty"`
	Until    time.Time `json:"until"`
}

// PoolPledge is what a pool pays, without another vote, when another declares an emergency.
type PoolPledge struct {
	ID      string    `json:"id"`
	To      string    `json:"to"`
	Kinds   []string  `json:"kinds" nullable:"false"`
	Places  []string  `json:"places" nullable:"false" doc:"None for anywhere."`
	Each    *Amount   `json:"each,omitempty" doc:"For one emergency. None where nothing that the pool shows says the currency."`
	Total   *Amount   `json:"total,omitempty"`
	Until   time.Time `json:"until"`
	InForce bool      `json:"in_force"`
}

// PoolTie is one pool's with another.
type PoolTie struct {
	From    string   `json:"from"`
	To      string   `json:"to"`
	Kind    string   `json:"kind" enum:"aids,saves" doc:"From has pledged to To, or paid it on a pledge; or is a member of it."`
	Pledged []Amount `json:"pledged" nullable:"false" doc:"In force."`
	Paid    []Amount `json:"paid" nullable:"false"`
}

// Emergency is what a pool declared, with what others do about it.
type Emergency struct {
	ID         string            `json:"id" example:"paluwagan-manila/p5"`
	Pool       string            `json:"pool" doc:"That declared it, by its own log."`
	Kind       string            `json:"kind" example:"flood"`
	Place      string            `json:"place,omitempty"`
	Needed     string            `json:"needed"`
	DeclaredAt time.Time         `json:"declared_at"`
	Until      time.Time         `json:"until"`
	Open       bool              `json:"open"`
	Votes      string            `json:"votes"`
	Answers    []EmergencyAnswer `json:"answers" nullable:"false"`
	Paid       []Amount          `json:"paid" nullable:"false"`
	Coming     []Amount          `json:"coming" nullable:"false" doc:"Decided, and not paid yet."`
}

// EmergencyAnswer is what one pool promised, by its own log.
type EmergencyAnswer struct {
	Pool   string  `json:"pool"`
	Pledge string  `json:"pledge"`
	State  string  `json:"state" example:"paid" doc:"pledged, until a payout is made of it; then due, funded, paid, returned or lapsed."`
	Amount *Amount `json:"amount,omitempty"`
}

type poolsInput struct {
	Paging
	Shows string `query:"shows" maxLength:"32" doc:"Only those that show this section: needs, pledges, balance, …"`
}

type emergenciesInput struct {
	Paging
	Open bool `query:"open" doc:"Only those to which money may still be sent."`
}

func (a *API) poolDirectory() {
	const tag = "Pools"
	list(a, route{
		id: "list-pools", path: "/v1/pools", tag: tag, need: public(), summary: "List pools",
		text: "Those that show something to everybody, by participant. A pool sees itself, and who runs the switch sees all that it knows.",
	}, func(ctx context.Context, in *poolsInput) (Page[Pool], error) {
		var shown []Pool
		for _, e := range a.seenPools(ctx) {
			if p := poolOf(e); in.Shows == "" || slices.Contains(p.Shows, in.Shows) {
				shown = append(shown, p)
			}
		}
		return pageOf(&in.Paging, "pools", shown, func(p Pool) string { return p.Participant })
	})
	read(a, route{id: "get-pool", path: "/v1/pools/{pool}", tag: tag, need: public(), summary: "Look a pool up"}, a.getPool)
	list(a, route{
		id: "list-emergencies", path: "/v1/emergencies", tag: tag, need: public(), summary: "List emergencies that pools declared",
		text: "By pool and id, with what other pools pledged and paid, each by its own log.",
	}, func(ctx context.Context, in *emergenciesInput) (Page[Emergency], error) {
		found := pools.Emergencies(a.seenPools(ctx), time.Now())
		found = slices.DeleteFunc(found, func(e pools.Emergency) bool { return in.Open && !e.Open })
		key := func(e Emergency) string { return e.ID }
		return pageOf(&in.Paging, "emergencies", sorted(each(found, emergencyOf), key), key)
	})
}

// seenPools are the pools that whoever asks may see. One that shows nothing to everybody is not there for others.
func (a *API) seenPools(ctx context.Context) []pools.Entry {
	who := auth.From(ctx)
	return a.pools.Seen(func(participant string) bool { return who.Sees(participant) })
}

func (a *API) getPool(ctx context.Context, in *struct {
	Pool string `path:"pool" maxLength:"64" example:"chama-nairobi"`
},
) (story PoolStory, err error) {
	all, now := a.seenPools(ctx), time.Now()
	at := slices.IndexFunc(all, func(e pools.Entry) bool { return e.Participant == in.Pool })
	if at < 0 {
		return story, auth.ErrNotYours
	}
	card := all[at].Card
	if card == nil {
		card = &pools.Card{}
	}
	story = PoolStory{Pool: poolOf(all[at]), Hides: listed(card.Hidden)}
	story.Postings = each(card.Postings, func(p pools.Posting) PoolPosting {
		return PoolPosting{
			ID: p.ID, Side: p.Side, Category: p.Category, Quantity: number(p.Quantity), Unit: p.Unit, Urgency: strconv.Itoa(p.Urgency),
			Place: p.Place, Until: p.Until,
		}
	})
	story.Pledges = each(card.Pledges, func(p pools.Pledge) PoolPledge {
		return PoolPledge{
			ID: p.ID, To: p.To, Kinds: listed(p.Kinds), Places: listed(p.Places), Each: known(p.Each), Total: known(p.Total), Until: p.Until,
			InForce: p.InForce(now),
		}
	})
	story.Emergencies, story.Ties = []Emergency{}, []PoolTie{}
	for _, e := range pools.Emergencies(all, now) {
		if e.Pool == in.Pool {
			story.Emergencies = append(story.Emergencies, emergencyOf(e))
		}
	}
	for _, t := range pools.Ties(all, now) {
		if t.From == in.Pool || t.To == in.Pool {
			story.Ties = append(story.Ties, PoolTie{From: t.From, To: t.To, Kind: string(t.Kind), Pledged: amounts(t.Pledged), Paid: amounts(t.Paid)})
		}
	}
	return story, nil
}

func poolOf(e pools.Entry) Pool {
	p := Pool{
		Participant: e.Participant, State: string(e.State), Why: e.Why, HeardAt: e.Heard.UTC(), Shows: []string{}, Needs: "0", Offers: "0",
		Funds: []PoolFund{},
	}
	c := e.Card
	if c == nil {
		return p
	}
	p.Title, p.Purpose, p.Shows = c.Title, c.Purpose, listed(c.Shown)
	if c.Members > 0 {
		p.Members = strconv.Itoa(c.Members)
	}
	needs, offers := c.Open()
	p.Needs, p.Offers = strconv.Itoa(needs), strconv.Itoa(offers)
	p.Log = &PoolLog{Size: number(c.Size), Root: c.Root, Checkpoint: c.Note, Shown: number(c.Lines), Hidden: number(c.Unshown)}
	p.Funds = each(c.Funds, func(f pools.Fund) PoolFund { return PoolFund{f.Name, amountOf(f.Amount)} })
	return p
}

func emergencyOf(e pools.Emergency) Emergency {
	return Emergency{
		ID: e.Pool + "/" + e.ID, Pool: e.Pool, Kind: e.Kind, Place: e.Place, Needed: e.Needed, DeclaredAt: e.At, Until: e.Until, Open: e.Open,
		Votes: strconv.Itoa(e.Votes), Paid: amounts(e.Paid), Coming: amounts(e.Coming),
		Answers: each(e.Answers, func(x pools.Answer) EmergencyAnswer {
			return EmergencyAnswer{Pool: x.Pool, Pledge: x.Pledge, State: x.State, Amount: known(x.Amount)}
		}),
	}
}

// known is an amount whose currency is known, nil of any other.
func known(m fx.Money) *Amount {
	if m.Currency.IsZero() {
		return nil
	}
	a := amountOf(m)
	return &a
}

func amounts(all []fx.Money) []Amount { return each(all, amountOf) }

func listed(all []string) []string { return each(all, func(one string) string { return one }) }
