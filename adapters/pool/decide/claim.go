package decide

import (
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/credit"
	"github.com/ayni-switch/ayni/fx"
)

// Claiming is the body of kindClaim: what somebody owes the member who says so, until they agree that they do.
type Claiming struct {
	Debtor string         `json:"debtor"`
	Amount Amount         `json:"amount"`
	Text   act.Commitment `json:"text,omitzero"` // closed: what for
}

// OfClaim is the body of what is done about a claim.
type OfClaim struct {
	Claim string `json:"claim"`
	Yes   bool   `json:"yes,omitzero"` // acknowledge: that it is owed
}

// maxClaims bounds what is open; maxClaimsEach what is of one creditor.
const (
	maxClaims     = 2_000
	maxClaimsEach = 100
)

// claimState is where a claim is in its life.
type claimState string

const (
	claimed  claimState = "claimed" // by the creditor alone
	owed     claimState = "owed"    // and acknowledged
	denied   claimState = "denied"
	released claimState = "released" // by the creditor
	settled  claimState = "settled"  // set off, to nothing
)

// Claim is what one member owes another, as both say.
type Claim struct {
	ID               string // c1, c2, …
	Creditor, Debtor string
	Unit             fx.Currency
	LeftMinor        int64
	State            claimState
}

// claimLine is a claim as it stands.
type claimLine struct {
	Claim    string      `json:"claim"`
	Creditor string      `json:"creditor"`
	Debtor   string      `json:"debtor"`
	Unit     fx.Currency `json:"unit"`
	Left     int64       `json:"left_minor"`
	State    claimState  `json:"state"`
}

func (t *turn) tellClaim(c *Claim) {
	t.say(charter.SectionCredit, []string{c.Creditor, c.Debtor}, lineClaim,
		claimLine{Claim: c.ID, Creditor: c.Creditor, Debtor: c.Debtor, Unit: c.Unit, Left: c.LeftMinor, State: c.State})
}

func (t *turn) claim(by *Member, a act.Act) *Refusal {
	var w Claiming
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	debtor := t.Member(w.Debtor)
	_, known := t.rules().Unit(w.Amount.Unit)
	open, mine := 0, 0
	for _, c := range t.claims {
		if c.State == claimed || c.State == owed {
			open++
			if c.Creditor == by.ID {
				mine++
			}
		}
	}
	switch {
	case debtor == nil || debtor.Standing < suspended:
		return refuse(FaultUnknown, "no member is %q", clip(w.Debtor))
	case debtor == by:
		return refuse(FaultConflict, "nobody owes themselves")
	case !known || !w.Amount.isSound():
		return refuse(FaultForm, "no amount in a unit of the pool")
	case open >= maxClaims || mine >= maxClaimsEach:
		return later(FaultTooMany, "%d claims are open, %d of %s", open, mine, by.ID)
	}
	c := &Claim{
		ID: fmt.Sprintf("c%d", len(t.claims)+1), Creditor: by.ID, Debtor: debtor.ID, Unit: w.Amount.Unit,
		LeftMinor: w.Amount.Minor, State: claimed,
	}
	t.claims = append(t.claims, c)
	t.entry.Answer.Made = c.ID
	t.entry.Lines[0].About = []string{by.ID, debtor.ID}
	t.tellClaim(c)
	return nil
}

func (s *State) claimOf(id string) *Claim {
	if n := numberOf(id, "c"); n > 0 && n <= len(s.claims) && s.claims[n-1].ID == id {
		return s.claims[n-1]
	}
	return nil
}

// Claims lists what members say that they are owed. It is not changed.
func (s *State) Claims() []*Claim { return slices.Clone(s.claims) }

// acknowledge is the debtor's word that the claim is right, or not.
func (t *turn) acknowledge(by *Member, a act.Act) *Refusal {
	var w OfClaim
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	c := t.claimOf(w.Claim)
	switch {
	case c == nil || c.Debtor != by.ID:
		return refuse(FaultUnknown, "no claim on %s is %q", by.ID, clip(w.Claim))
	case c.State != claimed:
		return refuse(FaultNotNow, "%s is %s", c.ID, c.State)
	}
	if c.State = denied; w.Yes {
		c.State = owed
	}
	t.tellClaim(c)
	return nil
}

// release is the creditor's word that nothing is owed any more.
func (t *turn) release(by *Member, a act.Act) *Refusal {
	var w OfClaim
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	c := t.claimOf(w.Claim)
	switch {
	case c == nil || c.Creditor != by.ID:
		return refuse(FaultUnknown, "no claim of %s is %q", by.ID, clip(w.Claim))
	case c.State != claimed && c.State != owed:
		return refuse(FaultNotNow, "%s is %s", c.ID, c.State)
	}
	c.State = released
	t.tellClaim(c)
	return nil
}

// setOffLine is what a set-off came to in a unit, or a part of it: a line has place for so many.
type setOffLine struct {
	Unit  fx.Currency `json:"unit"`
	Gross int64       `json:"gross_minor"` // of all claims before
	Total int64       `json:"total_minor"` // discharged
	Parts []part      `json:"parts"`
}

type part struct {
	Claim string `json:"claim"`
	Minor int64  `json:"minor"` // discharged
	Left  int64  `json:"left_minor"`
}

// perLine is how many of many fit into one line.
const perLine = 100

// setOff discharges what goes round: claims that members acknowledged, along rings, without money. Anybody may ask for
// it: nobody's net position changes.
func (t *turn) setOff(_ *Member, a act.Act) *Refusal {
	if err := a.Decode(&struct{}{}); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	var open []credit.Claim
	for _, c := range t.claims {
		if c.State == owed {
			open = append(open, credit.Claim{ID: c.ID, Debtor: c.Debtor, Creditor: c.Creditor, Unit: c.Unit, Minor: c.LeftMinor})
		}
	}
	discharged, err := credit.SetOff(open, nil)
	if err != nil {
		return ofCredit(err)
	}
	moved := false
	for _, d := range discharged {
		if d.TotalMinor == 0 {
			continue
		}
		moved = true
		for some := range slices.Chunk(d.Parts, perLine) {
			line := setOffLine{Unit: d.Unit, Gross: d.GrossMinor, Total: d.TotalMinor}
			var about []string
			for _, p := range some {
				c := t.claimOf(p.Claim)
				if c.LeftMinor = p.LeftMinor; c.LeftMinor == 0 {
					c.State = settled
				}
				about = append(about, c.Creditor, c.Debtor)
				line.Parts = append(line.Parts, part{Claim: p.Claim, Minor: p.Minor, Left: p.LeftMinor})
			}
			t.say(charter.SectionCredit, about, "set_off", line)
		}
	}
	if !moved {
		return later(FaultNotEnough, "no claims go round")
	}
	return nil
}
