// Package participant takes participants in, changes what they may do, and sends them away: one person asks, another
// approves, and the switch does exactly what was approved. Requests are kept for ever and hold nothing secret: of a
// signing key only its public half, of credentials nothing.
package participant

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// Kind names what is asked for.
type Kind string

// The kinds of request.
const (
	Add     Kind = "add"
	Suspend Kind = "suspend"
	Resume  Kind = "resume"
	Rotate  Kind = "rotate" // another signing key, other credentials, or both
	Revoke  Kind = "revoke" // suspended, without credentials, and with a signing key that nobody has
	Limits  Kind = "limits"
)

// BrokerStep is what the message broker does before the engine is told anything.
type BrokerStep string

// The steps.
const (
	BrokerAdmit  BrokerStep = "admit"  // an account, credentials and streams; those that there are stay
	BrokerRotate BrokerStep = "rotate" // other credentials; those of before are refused
	BrokerExpel  BrokerStep = "expel"  // none any more
)

// Plan is all that is done for a request: the broker's step, then commands of the engine, in order. It is what the
// second person approves.
type Plan struct {
	Kind        Kind       `json:"kind"`
	Participant string     `json:"participant"`
	Broker      BrokerStep `json:"broker,omitempty"`
	Commands    []Command  `json:"commands"`
}

// Command is a command of the engine.
type Command struct {
	Kind settlement.CommandKind `json:"kind"`
	Body jsontext.Value         `json:"body"`
}

// Caps are how far a participant's position may go beyond its prefunding.
type Caps struct {
	Currency       fx.Currency
	UnsecuredMinor int64 // that nothing stands behind
	LineMinor      int64
}

// errSeed says that a secret was given where only its public half belongs. It does not repeat it.
var errSeed = errors.New("participant: that is a signing seed, which is its owner's alone; give the public key, which begins with U")

// signingKey wants the public half of a signing key.
func signingKey(key string) error {
	if strings.HasPrefix(key, "S") {
		return errSeed
	}
	if _, err := messaging.NewVerifier(key); err != nil {
		return errors.New("participant: that is no public signing key")
	}
	return nil
}

// AddPlan admits a participant: account, credentials and streams at the broker (where it is ours), its place in the
// switch, and its caps.
func AddPlan(a settlement.AddParticipant, caps Caps, broker bool) (Plan, error) {
	p := Plan{Kind: Add, Participant: a.Name}
	if broker {
		p.Broker = BrokerAdmit
	}
	if err := signingKey(a.SigningKey); err != nil {
		return Plan{}, err
	}
	commands := []command{{settlement.CommandAddParticipant, a}}
	if caps.Currency = a.Currency; caps.LineMinor != 0 || caps.UnsecuredMinor != 0 {
		commands = append(commands, p.caps(caps)...)
	}
	return p.with(commands...)
}

// SuspendPlan stops a participant's new intents, or lets them in again.
func SuspendPlan(name string, suspended bool) (Plan, error) {
	p := Plan{Kind: Resume, Participant: name}
	if suspended {
		p.Kind = Suspend
	}
	return p.with(command{settlement.CommandSuspend, settlement.Suspend{Participant: name, Suspended: suspended}})
}

// RotatePlan gives a participant another signing key where one is given, and other credentials where they are asked for.
func RotatePlan(name, newKey string, credentials bool) (Plan, error) {
	p := Plan{Kind: Rotate, Participant: name}
	if newKey == "" && !credentials {
		return Plan{}, errors.New("participant: neither a signing key nor credentials to rotate")
	}
	if credentials {
		p.Broker = BrokerRotate
	}
	if newKey == "" {
		return p.with()
	}
	if err := signingKey(newKey); err != nil {
		return Plan{}, err
	}
	return p.with(command{settlement.CommandRotateKey, settlement.RotateKey{Participant: name, SigningKey: newKey}})
}

// RevokePlan takes a participant's credentials and signing key away and suspends it. What it owes and is owed stays.
// AddPlan is not the way back: a new key, new credentials and Resume are.
func RevokePlan(name string, broker bool) (Plan, error) {
	seed, err := messaging.NewSeed()
	if err != nil {
		return Plan{}, err
	}
	nobodys, err := messaging.NewSigner(seed) // forgotten with this function
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Kind: Revoke, Participant: name}
	if broker {
		p.Broker = BrokerExpel
	}
	return p.with(
		command{settlement.CommandSuspend, settlement.Suspend{Participant: name, Suspended: true}},
		command{settlement.CommandRotateKey, settlement.RotateKey{Participant: name, SigningKey: nobodys.PublicKey()}},
	)
}

// LimitsPlan changes what a participant pays out, and how far its position may go; nil is left as it is.
func LimitsPlan(name string, limits *settlement.Limits, caps *Caps) (Plan, error) {
	p := Plan{Kind: Limits, Participant: name}
	if limits == nil && caps == nil {
		return Plan{}, errors.New("participant: no limit to change")
	}
	var commands []command
	if limits != nil {
		limits.Participant = name
		commands = append(commands, command{settlement.CommandLimits, *limits})
	}
	if caps != nil {
		commands = append(commands, p.caps(*caps)...)
	}
	return p.with(commands...)
}

// command is a command whose body is not text yet.
type command struct {
	kind settlement.CommandKind
	body any
}

// caps are the commands of caps, terms before the line that they stand behind.
func (p Plan) caps(c Caps) []command {
	return []command{
		{settlement.CommandCreditTerms, settlement.CreditTerms{Participant: p.Participant, Currency: c.Currency, UnsecuredMinor: c.UnsecuredMinor}},
		{settlement.CommandCreditLine, settlement.CreditLine{Participant: p.Participant, Currency: c.Currency, AmountMinor: c.LineMinor}},
	}
}

// with adds commands, and checks whose plan it is.
func (p Plan) with(commands ...command) (Plan, error) {
	if !messaging.ValidParticipant(p.Participant) {
		return Plan{}, fmt.Errorf("participant: %.40q cannot name a participant", p.Participant)
	}
	p.Commands = []Command{}
	for _, c := range commands {
		body, err := json.Marshal(c.body, json.Deterministic(true))
		if err != nil {
			return Plan{}, fmt.Errorf("participant: %s: %w", c.kind, err)
		}
		p.Commands = append(p.Commands, Command{Kind: c.kind, Body: body})
	}
	return p, nil
}
