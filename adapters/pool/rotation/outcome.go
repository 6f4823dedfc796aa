package rotation

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Outcome is what follows from one input, in order. The group counts movements as made.
type Outcome struct {
	Movements []Movement `json:"movements,omitempty"`
	Notices   []Notice   `json:"notices,omitempty"`
	Settle    *Bundle    `json:"settle,omitempty"`
}

// Place is an end of a movement.
type Place string

// The places.
const (
	Purse   Place = "member" // what the member has with the pool: its dues come from there, its pot goes there
	Pot     Place = "pot"    // what the group holds
	Reserve Place = "reserve"
)

// Kind says what a movement is for.
type Kind string

// The kinds of movements.
const (
	Contribute Kind = "contribute" // member → pot: a contribution, also one paid ahead
	BuyIn      Kind = "buy_in"     // member → pot: what a replacement pays for the rounds before it
	Cover      Kind = "cover"      // reserve → pot: in the place of a late member, who owes it now
	Gift       Kind = "gift"       // reserve → pot: in the place of a dead member, whom nobody asks
	Repay      Kind = "repay"      // member or pot → reserve: what it covered; from the pot it is withheld from a payout
	PayPot     Kind = "pay_pot"    // pot → member
	Dividend   Kind = "dividend"   // pot → member: a share of what the auction's winner left
	GiveBack   Kind = "give_back"  // pot → member: what a leaver had paid in, or was paid ahead
)

// Movement moves a positive amount. In an atomic round the parts of other pools lie there, and move with the bundle.
type Movement struct {
	Kind   Kind        `json:"kind"`
	From   Place       `json:"from"`
	To     Place       `json:"to"`
	Seat   int         `json:"seat"`
	Member string      `json:"member"`
	Round  int         `json:"round,omitzero"` // what for; 0 for what is paid ahead
	Unit   fx.Currency `json:"unit"`
	Minor  int64       `json:"minor"`
}

// Telling says what a notice is about.
type Telling string

// What is told.
const (
	Commits     Telling = "commits"      // commit to a secret, or bid, until Until: the Count-th attempt
	Reveals     Telling = "reveals"      // reveal it until Until
	Ordered     Telling = "ordered"      // the order of turns was drawn: Group.Order
	Collect     Telling = "collect"      // ask the member for Minor, due at Until
	Turn        Telling = "turn"         // this seat gets the round's pot
	Remind      Telling = "remind"       // a reminder, the Count-th: Minor is awaited
	Mediate     Telling = "mediate"      // reminders are over: somebody should talk with the member
	Short       Telling = "short"        // the reserve does not have the Minor that is missing
	Proposable  Telling = "proposable"   // a sanction may be proposed: the member still owes Minor, after Count steps
	Withheld    Telling = "withheld"     // Minor of what the seat was to get went to what it owes
	Waived      Telling = "waived"       // Minor is no longer due of the seat
	SwapAsked   Telling = "swap_asked"   // Seat asks Other for its turn
	Swapped     Telling = "swapped"      // they changed turns
	Vacated     Telling = "vacated"      // the holder left before its turn, with Minor put in
	OwesOn      Telling = "owes_on"      // the holder left after its turn
	Replaced    Telling = "replaced"     // Member took the seat over, for Minor
	Unsettled   Telling = "unsettled"    // the bundle failed and will be made again after Until
	PaidShort   Telling = "paid_short"   // the pot was paid with Minor of the seat missing
	RoundPaid   Telling = "round_paid"   // the round is over
	GroupEnded  Telling = "ended"        // the last round is over
	RoundVoided Telling = "round_voided" // nobody was left to receive it: its parts stay with who paid them
)

// Notice tells people what happened or what they are to do. Only the fields that matter are set.
type Notice struct {
	About  Telling     `json:"about"`
	Round  int         `json:"round,omitzero"`
	Seat   int         `json:"seat,omitzero"`
	Member string      `json:"member,omitzero"`
	Other  int         `json:"other,omitzero"`
	Count  int         `json:"count,omitzero"`
	Unit   fx.Currency `json:"unit,omitzero"`
	Minor  int64       `json:"minor,omitzero"`
	Until  time.Time   `json:"until,omitzero"`
}

// Bundle is an atomic round's pot: all legs move, or none. Settled or Failed answers it, by round and attempt.
type Bundle struct {
	Round   int   `json:"round"`
	Attempt int   `json:"attempt"`
	Legs    []Leg `json:"legs"`
}

// Leg is one part of a bundle. A leg to the seat that it is from frees what was put by.
type Leg struct {
	From  int         `json:"from"` // seat, 0 for the reserve
	To    int         `json:"to"`   // seat
	Unit  fx.Currency `json:"unit"`
	Minor int64       `json:"minor"`
}
