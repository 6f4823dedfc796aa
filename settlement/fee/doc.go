// Package fee is what a transfer costs its participants: the switch fee, which the debtor's participant pays
// to the scheme, and the interchange between the two participants. Both are in the source currency, on top of
// the amount and beside a quote's own fee, which is the currency provider's.
//
//	Schedule the rules of a version, in force from a moment
//	Rule     the fees of a corridor: from whom, country and currency to whom
//	Tier     the fee for amounts from one on: a flat part and a proportional part, within bounds
//	Book     the schedules in force and announced, ready to be asked
//	Charge   what one transfer costs, each part with payer, payee and amount, also where it is zero
//
// A transfer is charged by its whole amount's tier, once, when it is accepted. Everything here is pure, and
// in integers: the proportional part is rounded half-even to the minor unit, and nothing else is.
package fee
