// Package netting decides which obligations of a batch clear, and nets what cleared.
//
// Everything here is pure: no clock, no context, no I/O, no floating point and no map order, so
// that whoever holds the inputs of a batch computes the same decisions to the byte.
//
//	Obligation  who owes whom how much, within one currency or through the FX pools of two
//	SelectFIFO  strict first-in-first-out to the greatest fixed point, under every account's liquidity
//	Net         multilateral net and gross of a choice, per account
//
// An account is an index into the caller's slice: one participant in one currency, or the FX pool
// of one currency. Amounts are int64 minor units of the account's currency.
package netting
