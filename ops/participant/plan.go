// Package participant takes participants in, changes what they may do, and sends them away: it makes the plans that
// package request has one person ask for and another decide on. Of a signing key they hold only its public half, of
// credentials nothing.
package participant

import (
	"errors"
	"strings"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
)

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
func AddPlan(a settlement.AddParticipant, caps Caps, broker bool) (request.Plan, error) {
	p := request.Plan{Kind: request.Add, Participant: a.Name}
	if broker {
		p.Broker = request.BrokerAdmit
	}
	if err := signingKey(a.SigningKey); err != nil {
		return request.Plan{}, err
	}
	p, err := p.With(settlement.CommandAddParticipant, a)
	if caps.Currency = a.Currency; err == nil && (caps.LineMinor != 0 || caps.UnsecuredMinor != 0) {
		p, err = caps.of(p)
	}
	return checked(p, err)
}

// RotatePlan gives a participant another signing key where one is given, and other credentials where they are asked for.
func RotatePlan(name, newKey string, credentials bool) (request.Plan, error) {
	p := request.Plan{Kind: request.Rotate, Participant: name, Commands: []request.Command{}}
	if newKey == "" && !credentials {
		return request.Plan{}, errors.New("participant: neither a signing key nor credentials to rotate")
	}
	if credentials {
		p.Broker = request.BrokerRotate
	}
	if newKey == "" {
		return checked(p, nil)
	}
	if err := signingKey(newKey); err != nil {
		return request.Plan{}, err
	}
	return checked(p.With(settlement.CommandRotateKey, settlement.RotateKey{Participant: name, SigningKey: newKey}))
}

// RevokePlan takes a participant's credentials and signing key away and suspends it. What it owes and is owed stays.
// AddPlan is not the way back: a new key, new credentials and Resume are.
func RevokePlan(name string, broker bool) (request.Plan, error) {
	seed, err := messaging.NewSeed()
	if err != nil {
		return request.Plan{}, err
	}
	nobodys, err := messaging.NewSigner(seed) // forgotten with this function
	if err != nil {
		return request.Plan{}, err
	}
	p := request.Plan{Kind: request.Revoke, Participant: name}
	if broker {
		p.Broker = request.BrokerExpel
	}
	if p, err = p.With(settlement.CommandSuspend, settlement.Suspend{Participant: name, Suspended: true}); err == nil {
		p, err = p.With(settlement.CommandRotateKey, settlement.RotateKey{Participant: name, SigningKey: nobodys.PublicKey()})
	}
	return checked(p, err)
}

// LimitsPlan changes what a participant pays out, and how far its position may go; nil is left as it is.
func LimitsPlan(name string, limits *settlement.Limits, caps *Caps) (p request.Plan, err error) {
	p = request.Plan{Kind: request.Limits, Participant: name}
	if limits == nil && caps == nil {
		return request.Plan{}, errors.New("participant: no limit to change")
	}
	if limits != nil {
		limits.Participant = name
		p, err = p.With(settlement.CommandLimits, *limits)
	}
	if err == nil && caps != nil {
		p, err = caps.of(p)
	}
	return checked(p, err)
}

// of adds the commands of caps, terms before the line that they stand behind.
func (c Caps) of(p request.Plan) (request.Plan, error) {
	p, err := p.With(settlement.CommandCreditTerms, settlement.CreditTerms{Participant: p.Participant, Currency: c.Currency, UnsecuredMinor: c.UnsecuredMinor})
	if err != nil {
		return p, err
	}
	return p.With(settlement.CommandCreditLine, settlement.CreditLine{Participant: p.Participant, Currency: c.Currency, AmountMinor: c.LineMinor})
}

func checked(p request.Plan, err error) (request.Plan, error) {
	if err == nil {
		err = p.Check()
	}
	if err != nil {
		return request.Plan{}, err
	}
	return p, nil
}
