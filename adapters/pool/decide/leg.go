package decide

import (
	"fmt"
	"strings"

	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Leg is a payout of one pool's part of a round: it moves with all others or not at all.
type Leg struct {
	Payout

	Account string `json:"account"` // that it is taken from
	Settle  Settle `json:"settle"`
	Ref     string `json:"ref"`
}

func (l *Leg) check(*State, *Proposal) *Refusal    { return nil }
func (l *Leg) section() charter.Section            { return charter.SectionRotation }
func (l *Leg) source(*State) (string, fx.Currency) { return l.Account, l.Amount.Unit }
func (l *Leg) weighs(*State) fx.Money              { return fx.Money{} }
func (l *Leg) receivedAccount() string             { return "received/" + l.To }

// followed tells the host, or is the host.
func (l *Leg) followed(t *turn, p *Proposal) {
	if p.Payout != PayoutPaid && p.Payout != PayoutReturned && p.Payout != PayoutLapsed {
		return
	}
	s, moved := l.Settle, p.Payout == PayoutPaid
	if s.Host != t.pool {
		t.say(charter.SectionRotation, nil, LineMoved, Moved{
			To: s.Host, Pool: t.pool, Group: s.Group, Round: s.Round, Attempt: s.Attempt, Moved: moved,
		})
		return
	}
	if g := t.group(s.Group); g != nil {
		_ = t.roundMoved(g, s.Round, s.Attempt, moved) // refused where another leg has said it
	}
}

// payLegs pays this pool's legs of a round out of an account, once.
func (t *turn) payLegs(s Settle, account string) *Refusal {
	for _, leg := range s.Legs {
		if leg.Pool != t.pool {
			continue
		}
		l := &Leg{
			Payout: Payout{
				To: s.Receiver, Amount: Amount{Minor: leg.Minor, Unit: leg.Unit}, Fixed: fx.FixedSource, MaxCost: Amount{Minor: leg.Minor, Unit: leg.Unit},
				Reference: turnReference(s.Host, s.Group, s.Round),
			},
			Account: account, Settle: s, Ref: leg.Ref,
		}
		text, err := audit.Canonical(l)
		if err != nil {
			return refuse(FaultForm, "%v", err)
		}
		p := &Proposal{
			ID: fmt.Sprintf("p%d", len(t.proposals)+1), Kind: charter.Payout, Version: t.rules().Version, Opened: t.now,
			Entry: t.entry.Index, Begins: t.now, Ends: t.now, Due: t.now, Expires: t.now.Add(rotation.RetryPause), State: Passed, Subject: l,
		}
		if refused := t.put(p, text); refused != nil {
			return refused
		}
		t.settle(p)
	}
	return nil
}

// turnWord begins the reference of a pot's part.
const turnWord = "turn"

func turnReference(host, group string, round int) string {
	return fmt.Sprintf("%s %s %s %d", turnWord, host, group, round)
}

// takePot books a part of a pot that came from another pool; false where the reference names none.
func (t *turn) takePot(c Coming) (bool, *Refusal) {
	words := strings.Fields(c.Reference)
	if len(words) != 4 || words[0] != turnWord {
		return false, nil
	}
	from, to := contributedAccount(words[1]), ""
	if v := t.venture(words[1], words[2]); v != nil && v.Unit == c.Amount.Unit {
		to = fundAccount(v.Fund)
	}
	if g := t.group(words[2]); g != nil && words[1] == t.pool {
		for n, r := range g.Rounds {
			if words[3] == fmt.Sprint(n+1) && r.Receiver > 0 && g.Seats[r.Receiver-1].Pool == "" {
				to = purseAccount(g.Seats[r.Receiver-1].Member)
			}
		}
	}
	if to == "" {
		return false, nil
	}
	return true, t.post(charter.SectionRotation, nil, book.Posting{
		From: from, To: to, Unit: c.Amount.Unit, AmountMinor: c.Amount.Minor, Purpose: "pot",
	})
}
