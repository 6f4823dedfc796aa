// Package rotation is one rotating savings group (chama, stokvel, merry-go-round, chit fund) as a pure state machine:
// who is asked for what and when, whose turn it is, who is late, and what moves.
//
//	 Start + n × RoundDays          receiver known           every part there            paid
//	───────────▶ open ───────────────────▶ collecting ───────────────────▶ complete ───────────────▶ paid
//	      (need: until Choose;   ▲          │  late → grace → reminders        │   atomic: settling      │ what is still
//	       auction: until the    │          │  → cover by the reserve,         │   until Settled;        │ owed goes on
//	       bids are opened)      │          │  mediation → may be proposed     │   Failed: again later   │ to whom it
//	                             └──────────┴── the receiver leaves ◀──────────┘                         ▼ is owed
//
// A group has seats. Each seat pays its contribution in every round, the receiver's too, and gets the pot in one round.
//
// One rule makes leaving and replacement add up: **a seat pays another what that one paid it.** Whoever has had the pot
// goes on paying everybody who paid for it. Whoever leaves before pays nothing more; its round comes last, and in it
// those pay whom it paid. So what it put in comes back to the unit, and nobody else is the worse for it.
//
// Money: members and the reserve pay into the pot; pots, dividends and give-backs are paid out of it; what the reserve
// covered is owed to it, and is the first thing that a late payment or a payout of the same seat repays. Held is what is
// in between.
//
// Everything is decided from the group, the arguments and the moment given. Methods either return an Outcome and have
// changed the group, or return *Fault's error and have not.
package rotation
