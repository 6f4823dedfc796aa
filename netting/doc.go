// Package netting decides which obligations of a batch clear, nets what cleared, and sets debts off.
//
// Everything here is pure: no clock, no context, no I/O, no floating point and no map order, so
// that whoever holds the inputs of a batch computes the same decisions to the byte.
//
//	Obligation  who owes whom how much, within one currency or through the FX pools of two
//	Book        what accounts and pools hold before the batch
//	Select      which obligations clear, and a bound on what any choice could reach
//	SelectFIFO  the same in strict order of age
//	Explain     why an obligation waits; Left and Waits for many of them
//	Net         multilateral nets of a choice
//	SetOff      the most debt that discharges itself, counterparties kept; SetOffWithin limits of holding
//	Residual    what pools are left with, in few trades; Allot gives them to standing quotes
//	ImpliedValues  what currencies are worth by the conversions alone
//
// An account is an index: one participant in one currency. A limit is what no choice may pass: one per
// account and, behind them, one per currency for its FX pool. Amounts are int64 minor units of the
// account's currency; values are in a numeraire common to a book.
package netting
