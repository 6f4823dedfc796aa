package rail

import (
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/adapters"
)

// Ended is how an operation ended, as people say it.
type Ended string

// The ends.
const (
	Paid   Ended = "paid"
	Failed Ended = "failed" // the money did not move, and will not
)

// State is an end as adapters say it.
func (e Ended) State() adapters.State {
	if e == Paid {
		return adapters.Settled
	}
	return adapters.Failed
}

// Source is where people look for how an operation ended.
type Source string

// The sources.
const (
	AtStatus    Source = "status"    // the rail's own answer about the operation
	AtStatement Source = "statement" // of the operator's account: every movement is on it
	AtBalance   Source = "balance"   // what the account holds, against what the statement explains
)

// Step is one look, for people.
type Step struct {
	At    Source `json:"at"`
	Look  string `json:"look"`
	Means string `json:"means"` // what a finding means
}

// Guidance is in which order to look for how an operation ended, and what may be said of it now.
type Guidance struct {
	Steps []Step    `json:"steps"`
	May   []Ended   `json:"may"`            // none where it has ended
	Why   string    `json:"why,omitempty"`  // why an end is not among them
	Until time.Time `json:"until,omitzero"` // when Why passes, where that is known
}

// Guide says how to find out what became of an operation. The adapter's own rules decide whether it may be called
// failed: they are held again when it is told so.
func Guide(o adapters.OpenOperation) Guidance {
	switch {
	case o.State == adapters.Settled || o.State == adapters.Failed:
		return Guidance{Why: "it has ended: " + string(o.State)}
	case o.State == adapters.Instructed && o.MayPay == "":
		return Guidance{
			Steps: []Step{{AtStatus, "Nothing: the rail was never asked for it.", "Called failed, it never will be."}},
			May:   []Ended{Failed}, Why: "what the rail was never asked for it did not pay",
		}
	}
	steps := []Step{statusStep(o), statementStep(o), balanceStep(o)}
	if o.SaidDone || o.Claimed == adapters.Settled { // somebody named money that moved: look at the money first
		steps[0], steps[1] = steps[1], steps[0]
	}
	g := Guidance{Steps: steps, May: []Ended{Paid}, Why: o.MayPay, Until: o.MayUntil}
	if o.MayPay == "" {
		g.May = append(g.May, Failed)
	}
	return g
}

func statusStep(o adapters.OpenOperation) Step {
	under := "its id " + o.ID
	if o.RailID != "" {
		under = "the rail's id " + o.RailID + ", or " + under
	}
	s := Step{AtStatus, fmt.Sprintf("Ask the rail's desk or portal under %s; the adapter goes on asking by itself.", under),
		"A plain yes with a receipt is paid; a plain no, from people who looked, is failed. That they know nothing of it is neither."}
	switch {
	case o.Claimed != "":
		s.Look += fmt.Sprintf(" It was called %s once (%s %s), and nobody confirmed it.", o.Claimed, o.Code, o.Text)
	case o.Missing > 0:
		s.Look += fmt.Sprintf(" It found nothing %d times.", o.Missing)
	}
	return s
}

func statementStep(o adapters.OpenOperation) Step {
	return Step{AtStatement, fmt.Sprintf("Look for %s %s to %s, or for the id %s, on the account's statements from %s until today.",
		o.Amount.Amount, o.Amount.Currency, o.Account, o.ID, o.Instructed.UTC().Format(time.RFC3339)),
		"A line is paid, under its receipt, unless a later one takes it back. No line on a closed day's statement is failed."}
}

func balanceStep(o adapters.OpenOperation) Step {
	return Step{AtBalance, "Where neither tells: hold the account's balance against the statement's.",
		fmt.Sprintf("%s %s less than the statement explains has left the account, or is set aside: wait.", o.Amount.Amount, o.Amount.Currency)}
}
