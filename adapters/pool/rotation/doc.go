// Package rotation is one rotating savings group (chama, stokvel, merry-go-round, chit fund) as a pure state machine:
// who is asked for what and when, whose turn it is, who is late, and what moves.
//
// A group has seats. Each seat pays its contribution in every round and gets the pot in one. A round lives so:
//
//	     opens               it is known             every part              the pot
//	     on time             whose turn it is        is there                is paid
//	────────────▶ open ─────────────▶ collecting ───────────▶ complete ─────────────▶ paid
//	                ▲                 │       │                │    ▲                  │
//	 need: Choose   │ the receiver    │       │ PayShort       ▼    │ Failed           │ what is late
//	 auction: bids  └─── leaves ──────┘       └──────▶ paid   settling ──▶ paid        ▼ goes to whom
//	                                                   (atomic)     Settled              it is owed
//
// and a part that does not come so, by the clock alone up to where people have to decide:
//
//	due ──grace──▶ reminder, reminder … ──▶ mediation; the reserve covers ──▶ a sanction may be proposed
//
// One rule makes leaving and replacing add up: a seat pays another what that one paid it. Whoever has had the pot goes on
// paying each of those who paid for it. Whoever leaves before pays nothing more; its round comes last, and in it those
// pay whom it paid. So what it put in comes back to the unit, and nobody else is the worse for it.
//
// Members and the reserve pay into the pot; pots, dividends and give-backs are paid out of it; Held is what is in between.
// What the reserve covered is owed to it, and is the first thing that a late payment repays, or a payout to the same seat.
// Of its own part the receiver need not pay what it would get back at once: the two are set off.
//
// In an atomic round the parts lie in several pools. When the last is there, Outcome.Settle names all legs; Settled
// says that all of them moved, Failed that none did.
//
// A drawing is as fair as its last secret: whoever reveals last knows the order that comes of revealing, and can only
// trade it for one of the last places by keeping still. Who keeps a bid sealed has not bid.
//
// Everything follows from the group, the arguments and the moment given. A method either returns an Outcome and has
// changed the group, or returns an *Error and has not.
package rotation
