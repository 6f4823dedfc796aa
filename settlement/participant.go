// Package settlement is who settles what: participants, transfers, windows, and the commands that
// operators give. It holds nouns; settlement/decide decides, settlement/store keeps.
package settlement

import (
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// SchemeID is the participant id of the scheme itself, which owns the fx, residual and agent accounts.
const SchemeID int32 = 0

// Role is what a participant is to the switch.
type Role string

// The roles.
const (
	RoleOperator Role = "operator" // runs a rail
	RolePool     Role = "pool"     // a mutual-aid pool's node
	RoleProvider Role = "provider" // lends liquidity to the FX pool; sends nothing
)

// Participant is somebody who settles.
type Participant struct {
	ID                   int32
	Name                 string
	Country              string // ISO 3166-1 alpha-2
	Currency             fx.Currency
	Role                 Role
	SigningKey           string // Ed25519 public key as an nkey ("U…"); only this half ever reaches the switch
	Suspended            bool
	PayoutIncrementMinor int64
	PayoutMinMinor       int64
	PayoutMaxMinor       int64
	Reserves             bool // its rail sets money aside before a transfer to it clears
}

// Peer is what other participants may know of p.
func (p Participant) Peer() messaging.Peer {
	return messaging.Peer{
		Participant: p.Name, Country: p.Country, Currency: p.Currency.String(),
		PayoutIncrementMinor: p.PayoutIncrementMinor, PayoutMinMinor: p.PayoutMinMinor, PayoutMaxMinor: p.PayoutMaxMinor,
	}
}
