// Package pool is the thin community node: a mutual-aid pool that joins the switch as a participant,
// with its own members, keys and book.
//
//	contribution  payout.<pool> ─▶ Rail.Submit ─▶ book: contributions ─▶ fund
//	payout        Propose ─▶ Approve × threshold ─▶ order priced ─▶ book: fund ─▶ payouts ─▶ intent
//	return        refund instruction ─▶ Rail.Submit ─▶ book: payouts ─▶ fund
//
// No money leaves the fund without the threshold of members' signatures over exactly that payout, and
// a payout leaves it once. The pool is its own rail: what M-Pesa's ledger is to M-Pesa's adapter, the
// book is to the pool's.
package pool
