// Package request has two people want what is dangerous: one asks for a plan and says why, another approves it, and the
// switch does exactly what was approved, once. Requests are kept for ever and hold nothing secret.
package request

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// maxReason bounds why something is asked for, in bytes.
const maxReason = 300

// Plan is all that is done for a request: the broker's step, then commands of the engine, in order, or what else is
// named. It is what the second person approves.
type Plan struct {
	Kind        Kind       `json:"kind"`
	Participant string     `json:"participant"`      // that it is about; "" for the scheme, a transfer or a window
	Reason      string     `json:"reason,omitempty"` // why; requests of before there were reasons have none
	Broker      BrokerStep `json:"broker,omitempty"`
	Commands    []Command  `json:"commands"`

	// Operation is all of a plan of kind ResolveOperation.
	Operation *Operation `json:"operation,omitempty"`

	// Outlook is what stood when the plan was asked for: who decides sees what is otherwise by then. Nothing is done by it.
	Outlook *Outlook `json:"outlook,omitempty"`

	// Difference is all of a plan of kind ResolveDifference, and the body of its request.
	Difference *ledger.Resolution `json:"-"`
}

// Command is a command of the engine. What it says of who asked and who approved is filled in when it is carried out.
type Command struct {
	Kind settlement.CommandKind `json:"kind"`
	Body jsontext.Value         `json:"body"`
}

// BrokerStep is what the message broker does before the engine is told anything.
type BrokerStep string

// The steps.
const (
	BrokerAdmit  BrokerStep = "admit"  // an account, credentials and streams; those that there are stay
	BrokerRotate BrokerStep = "rotate" // other credentials; those of before are refused
	BrokerExpel  BrokerStep = "expel"  // none any more
)

// PlanError says what is wrong with a plan. Asking for it again is refused again.
type PlanError struct {
	Kind  Kind
	Fault string
}

func (e *PlanError) Error() string { return fmt.Sprintf("request: %s: %s", e.Kind, e.Fault) }

// With adds a command.
func (p Plan) With(kind settlement.CommandKind, body any) (Plan, error) {
	text, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		return Plan{}, fmt.Errorf("request: %s: %w", kind, err)
	}
	p.Commands = append(slices.Clip(p.Commands), Command{Kind: kind, Body: text})
	return p, nil
}

// Because says why a plan is asked for.
func (p Plan) Because(reason string) Plan {
	p.Reason = reason
	return p
}

// Check tells whether a plan can be asked for: *PlanError where not. A reason may be missing yet.
func (p Plan) Check() error {
	if len(p.Reason) > maxReason || !plain(strings.ReplaceAll(p.Reason, "\n", " ")) {
		return &PlanError{p.Kind, fmt.Sprintf("a reason is text of at most %d bytes", maxReason)}
	}
	if !slices.Contains(Kinds(), p.Kind) {
		return &PlanError{p.Kind, "no such kind"}
	}
	if one, ok := p.Kind.command(); ok && p.Kind != Limits && (len(p.Commands) != 1 || p.Commands[0].Kind != one) {
		return &PlanError{p.Kind, fmt.Sprintf("it is one command %s, and nothing else", one)}
	}
	_, err := p.clauses()
	if err == nil && (p.Kind == Suspend || p.Kind == Resume) {
		err = p.suspends(p.Kind == Suspend)
	}
	if err != nil {
		return &PlanError{p.Kind, err.Error()}
	}
	return nil
}

// suspends wants a plan's one command to say so.
func (p Plan) suspends(so bool) error {
	var s settlement.Suspend
	if err := json.Unmarshal(p.Commands[0].Body, &s); err != nil {
		return err
	}
	if s.Suspended != so {
		return fmt.Errorf("the body says suspended: %t", s.Suspended)
	}
	return nil
}

// body is what a request keeps of a plan.
func (p Plan) body() ([]byte, error) {
	var whole any = p
	if p.Difference != nil {
		whole = ledger.Resolution{Difference: p.Difference.Difference, How: p.Difference.How, Reason: p.Reason, Evidence: p.Difference.Evidence}
	}
	text, err := json.Marshal(whole, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	return text, nil
}

// errUnread says that a request's body is no plan.
var errUnread = errors.New("request: the request no longer reads")

// Read is what a request of the ledger wants.
func Read(r ledger.Request) (p Plan, err error) {
	if Kind(r.Kind) == ResolveDifference {
		p = Plan{Kind: ResolveDifference, Participant: r.Subject, Difference: &ledger.Resolution{}}
		err = json.Unmarshal(r.Body, p.Difference, json.RejectUnknownMembers(true))
		p.Reason = p.Difference.Reason
	} else {
		err = json.Unmarshal(r.Body, &p, json.RejectUnknownMembers(true))
	}
	if err != nil {
		return Plan{}, fmt.Errorf("%w: %w", errUnread, err)
	}
	return p, nil
}
