package decide

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
)

// Appeal is a sanction that members who had no part in it look at again. Until they have, it is stayed.
type Appeal struct {
	Since  time.Time
	Ends   time.Time      // the sanction is lifted where no majority upheld it by then
	Panel  []string       // in the order of the drawing
	Ground act.Commitment // closed
	Uphold []string
	Lift   []string
}

// Appealing is the body of kindAppeal.
type Appealing struct {
	Sanction string         `json:"sanction"`
	Ground   act.Commitment `json:"ground"` // closed
}

// Ruling is what a member of a panel says.
type Ruling string

// The rulings.
const (
	Uphold Ruling = "uphold"
	Lift   Ruling = "lift"
)

// Verdict is the body of kindVerdict.
type Verdict struct {
	Sanction string `json:"sanction"`
	Hash     string `json:"hash"` // hex: of the proposal that took it
	Ruling   Ruling `json:"ruling"`
}

// appealed is an appeal's line.
type appealed struct {
	Sanction string    `json:"sanction"`
	Seed     string    `json:"seed"` // of the drawing, hex
	Panel    []string  `json:"panel"`
	Ends     time.Time `json:"ends"`
}

func (t *turn) appeal(by *Member, a act.Act) *Refusal {
	var w Appealing
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	x := t.sanction(w.Sanction)
	switch {
	case x == nil:
		return refuse(FaultUnknown, "no sanction is %q", clip(w.Sanction))
	case x.Member != by.ID:
		return refuse(FaultRole, "it is %s's", x.Member)
	case x.Appeal != nil:
		return refuse(FaultAlready, "the appeal was at %s", x.Appeal.Since.Format(time.RFC3339))
	case x.State != InForce || !t.now.Before(x.Final):
		return refuse(FaultNotNow, "it is %s, and could be appealed until %s", x.State, x.Final.Format(time.RFC3339))
	case w.Ground.IsZero():
		return refuse(FaultCommitments, "it has no ground")
	}
	p := t.Proposal(x.ID)
	rule := t.rulesOf(p).Appeal
	seed := seedOf(p)
	x.State = Stayed
	x.Appeal = &Appeal{
		Since: t.now, Ground: w.Ground, Ends: t.now.Add(time.Duration(rule.Hours) * time.Hour), Panel: t.panel(p, x, seed, rule.Panel),
	}
	t.say(charter.SectionSanctions, append([]string{x.Member}, x.Appeal.Panel...), "appeal", appealed{
		Sanction: x.ID, Seed: hex.EncodeToString(seed[:]), Panel: x.Appeal.Panel, Ends: x.Appeal.Ends,
	})
	t.tellSanction(x, "")
	if len(x.Appeal.Panel) == 0 {
		t.endSanction(x, Lifted, "nobody is left to hear it")
	}
	return nil
}

// seedOf is the seed of a panel's drawing: SHA-256 over the proposal's hash, all signatures of its votes in their
// order, and the appeal's id, which follows from the proposal. All of it is there before the member appeals, so the
// appellant chooses nothing but the time, and with it only who has left since. Whoever votes last can still try acts
// until the drawing suits, for an act's id is theirs to choose; a voter cannot be drawn, so what they gain is which of
// the others judge. Only secrets that the others committed to before would end that.
func seedOf(p *Proposal) [sha256.Size]byte {
	text := slices.Clone(p.Hash[:])
	for _, v := range p.Votes {
		text = append(text, v.signature...)
	}
	return sha256.Sum256(append(text, "appeal "+p.ID...))
}

// panel draws up to n members in good standing who were there when the sanction was proposed and had no part in it:
// those whose SHA-256 of the seed and their id are the smallest. Where there are fewer it is smaller, and odd.
func (t *turn) panel(p *Proposal, x *Measured, seed [sha256.Size]byte, n int) []string {
	type ticket struct {
		member string
		number [sha256.Size]byte
	}
	var tickets []ticket
	for _, m := range t.members {
		party := m.ID == p.By || m.ID == x.Member || p.said(m.ID) != nil
		if m.Standing == active && m.Entry < p.Entry && !party {
			tickets = append(tickets, ticket{m.ID, sha256.Sum256(append(slices.Clone(seed[:]), m.ID...))})
		}
	}
	slices.SortFunc(tickets, func(a, b ticket) int {
		return cmp.Or(bytes.Compare(a.number[:], b.number[:]), cmp.Compare(a.member, b.member))
	})
	n = min(n, len(tickets))
	if n%2 == 0 {
		n = max(n-1, 0)
	}
	var drawn []string
	for _, one := range tickets[:n] {
		drawn = append(drawn, one.member)
	}
	return drawn
}

func (t *turn) verdict(by *Member, a act.Act) *Refusal {
	var w Verdict
	if err := a.Decode(&w); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	x := t.sanction(w.Sanction)
	switch {
	case x == nil:
		return refuse(FaultUnknown, "no sanction is %q", clip(w.Sanction))
	case x.State != Stayed:
		return refuse(FaultNotNow, "it is %s", x.State)
	case !slices.Contains(x.Appeal.Panel, by.ID):
		return refuse(FaultRole, "%v are the panel", x.Appeal.Panel)
	case w.Hash != hex.EncodeToString(t.hashOf(x)):
		return refuse(FaultChanged, "%s is %x", x.ID, t.hashOf(x))
	case slices.Contains(x.Appeal.Uphold, by.ID) || slices.Contains(x.Appeal.Lift, by.ID):
		return refuse(FaultAlready, "%s has ruled", by.ID)
	case w.Ruling != Uphold && w.Ruling != Lift:
		return refuse(FaultForm, "no ruling is %q", clip(string(w.Ruling)))
	}
	if w.Ruling == Uphold {
		x.Appeal.Uphold = append(x.Appeal.Uphold, by.ID)
	} else {
		x.Appeal.Lift = append(x.Appeal.Lift, by.ID)
	}
	switch {
	case 2*len(x.Appeal.Uphold) > len(x.Appeal.Panel):
		t.uphold(x)
	case 2*len(x.Appeal.Lift) > len(x.Appeal.Panel):
		t.endSanction(x, Lifted, "the panel lifts it")
	}
	return nil
}

func (t *turn) hashOf(x *Measured) []byte {
	hash := t.Proposal(x.ID).Hash
	return hash[:]
}

// uphold puts a sanction into force again, finally. Its term lasts as long as it was stayed.
func (t *turn) uphold(x *Measured) {
	x.State, x.Final = InForce, t.now
	if !x.Until.IsZero() {
		x.Until = x.Until.Add(t.now.Sub(x.Appeal.Since))
	}
	t.tellSanction(x, "the panel upholds it")
}
