package api

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// TransferStory is all that the ledger knows of one transfer.
type TransferStory struct {
	Transfer
	Message  string        `json:"message" doc:"The place of its message in the debtor's stream, and its own in that message."`
	Hash     string        `json:"hash" doc:"SHA-256 of the intent's bytes."`
	Quote    string        `json:"quote,omitempty" doc:"By which currency was exchanged."`
	Window   string        `json:"window,omitempty" doc:"That its clearing is in."`
	Charges  []Charge      `json:"charges" nullable:"false"`
	Timeline []Step        `json:"timeline" nullable:"false" doc:"States, and what happened beside them, in order."`
	Postings []Posting     `json:"postings" nullable:"false"`
	Outcomes []Outcome     `json:"outcomes" nullable:"false" doc:"What rails said."`
	Return   *TransferBack `json:"return,omitempty" doc:"What sends it back."`
	Waits    *WhyItWaits   `json:"waits,omitempty" doc:"Why it has not cleared."`
	Bundle   *BundleOfALeg `json:"bundle,omitempty" doc:"That it clears with, or not at all."`
}

// Charge is one component of what a transfer costs.
type Charge struct {
	Kind   string `json:"kind"`
	Rule   string `json:"rule"`
	Payer  string `json:"payer"`
	Payee  string `json:"payee" doc:"scheme is the scheme."`
	Amount Amount `json:"amount"`
}

// Step is a state that a transfer came into, or something that happened beside its states.
type Step struct {
	What     string    `json:"what" example:"cleared" doc:"A state; or asked, unheard, recalled, recall_refused, held, released, late, opened, reserving, reserved, gross."`
	About    string    `json:"about,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Until    time.Time `json:"until,omitzero"`
	At       time.Time `json:"at"`
	Batch    string    `json:"batch"`
	LogIndex string    `json:"log_index" doc:"Of the entry that proves it."`
}

// Posting is money that moved.
type Posting struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Transfer string    `json:"transfer" doc:"The transfer, or its return."`
	Debit    Account   `json:"debit"`
	Credit   Account   `json:"credit"`
	Amount   Amount    `json:"amount"`
	At       time.Time `json:"at"`
	Batch    string    `json:"batch"`
}

// Account names an account.
type Account struct {
	ID    string `json:"id"`
	Owner string `json:"owner" doc:"scheme is the scheme."`
	Kind  string `json:"kind" enum:"position,settlement,fx,residual,agent,collateral,pledge,suspense,claim,fee"`
}

func accountOf(s ledger.Side) Account {
	return Account{ID: number(s.Account), Owner: s.Owner, Kind: string(s.Kind)}
}

// Outcome is something that a rail said of a transfer.
type Outcome struct {
	Participant string    `json:"participant"`
	Kind        string    `json:"kind"`
	State       string    `json:"state" enum:"paid,failed,unknown,reserved,released,refused"`
	Verdict     string    `json:"verdict" enum:"applied,noted,repeated,exception" doc:"What the switch made of it."`
	RailRef     string    `json:"rail_ref,omitempty" doc:"The rail's receipt."`
	RailCode    string    `json:"rail_code,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	ResolvedBy  string    `json:"resolved_by,omitempty"`
	At          time.Time `json:"at"`
	Batch       string    `json:"batch"`
}

// TransferBack is the transfer that sends another one back.
type TransferBack struct {
	ID       string    `json:"id"`
	Timeline []Step    `json:"timeline" nullable:"false"`
	Outcomes []Outcome `json:"outcomes" nullable:"false"`
}

// WhyItWaits says why a transfer has not cleared.
type WhyItWaits struct {
	Cause string    `json:"cause" enum:"held,closed,reserving,legs,liquidity,turn"`
	Until time.Time `json:"until,omitzero"`
	By    string    `json:"by,omitempty"`
	Lacks []Lack    `json:"lacks" nullable:"false" doc:"Of whose liquidity. A participant sees its own."`
}

// Lack is an account whose liquidity a transfer lacks.
type Lack struct {
	Account Account `json:"account"`
	Short   Amount  `json:"short"`
}

// BundleOfALeg is the bundle that a transfer is a leg of.
type BundleOfALeg struct {
	ID     string `json:"id"`
	Digest string `json:"digest"`
	Legs   int    `json:"legs"`
	Place  int    `json:"place"`
}

func storyOf(s *ledger.TransferStory) TransferStory {
	out := TransferStory{
		Transfer: transferOf(s.FoundTransfer), Message: strconv.FormatUint(s.Message, 10) + "/" + strconv.Itoa(int(s.Place)), Hash: hex.EncodeToString(s.Hash[:]),
		Quote: s.Quote, Timeline: stepsOf(s.States, s.Life), Outcomes: each(s.Outcomes, outcomeOf),
		Charges: each(s.Charges, func(c ledger.TransferCharge) Charge {
			return Charge{Kind: string(c.Kind), Rule: c.Rule, Payer: c.Payer, Payee: c.Payee, Amount: amountOf(c.Amount)}
		}),
		Postings: each(s.Postings, func(p ledger.TransferPosting) Posting {
			return Posting{
				ID: number(p.ID), Kind: string(p.Kind), Transfer: p.Transfer.String(), Debit: accountOf(p.Debit), Credit: accountOf(p.Credit),
				Amount: amountOf(p.Amount), At: p.At, Batch: number(p.Batch),
			}
		}),
	}
	if s.Window.ID != 0 {
		out.Window = number(int64(s.Window.ID))
	}
	if s.Bundle != nil {
		out.Bundle = &BundleOfALeg{ID: s.Bundle.ID, Digest: s.Bundle.Digest, Legs: int(s.Bundle.Count), Place: int(s.Bundle.Place)}
	}
	if s.Return != nil {
		out.Return = &TransferBack{ID: s.Return.ID.String(), Timeline: stepsOf(s.Return.States, nil), Outcomes: each(s.Return.Outcomes, outcomeOf)}
	}
	if s.Waits != nil {
		out.Waits = &WhyItWaits{Cause: string(s.Waits.Cause), Until: s.Waits.Until, By: s.Waits.By, Lacks: each(s.Waits.Lacks, func(l ledger.Lack) Lack {
			return Lack{Account: accountOf(l.Side), Short: amountOf(l.Short)}
		})}
	}
	return out
}

// stepsOf puts what happened into the states that it happened in: a batch moves first and then says.
func stepsOf(states []ledger.TransferState, life []ledger.TransferLife) []Step {
	steps := make([]Step, 0, len(states)+len(life))
	for _, s := range states {
		for len(life) > 0 && life[0].Batch < s.Batch {
			steps, life = append(steps, lifeOf(life[0])), life[1:]
		}
		steps = append(steps, Step{What: string(s.State), Reason: s.Reason, At: s.At, Batch: number(s.Batch), LogIndex: number(s.LogIndex)})
	}
	for _, l := range life {
		steps = append(steps, lifeOf(l))
	}
	return steps
}

func lifeOf(l ledger.TransferLife) Step {
	return Step{What: string(l.Kind), About: l.About, Reason: l.Reason, Until: l.Until, At: l.At, Batch: number(l.Batch), LogIndex: number(l.LogIndex)}
}

func outcomeOf(o ledger.TransferOutcome) Outcome {
	return Outcome{
		Participant: o.Participant, Kind: string(o.Kind), State: string(o.State), Verdict: string(o.Verdict), RailRef: o.RailRef, RailCode: o.RailCode,
		Reason: o.Reason, ResolvedBy: o.ResolvedBy, At: o.At, Batch: number(o.Batch),
	}
}
