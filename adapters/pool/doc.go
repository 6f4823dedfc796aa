// Package pool is the community node: a mutual-aid pool that joins the switch as a participant, with its own members,
// rules, keys, book and log.
//
//	act            a member's device ─▶ Node.Act ─▶ decide ─▶ store, in one transaction ─▶ answer
//	contribution   payout.<pool> ─▶ Rail.Submit ─▶ word "came" ─▶ fund
//	payout         decided ─▶ order priced ─▶ word "priced": fund ─▶ transit ─▶ intent ─▶ word "paid"
//	return         refund instruction ─▶ Rail.Submit ─▶ word "returned" ─▶ fund
//
// What is decided, and why no money leaves a fund without the members' signatures over exactly that payout, is in
// decide; the log in diary; PostgreSQL in store. The pool is its own rail: what M-Pesa's ledger is to M-Pesa's
// adapter, the book is to the pool's. It works on while the switch is away: members act, and what is due waits.
package pool
