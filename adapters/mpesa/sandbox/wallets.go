package sandbox

import (
	"sync"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// wallets keep what customers hold and receive, for the operator's limits on both. They are as the ledger says, and are
// rebuilt from it.
type wallets struct {
	holdMinor, dayMinor int64 // the most that a wallet holds, and receives in a day; 0 for any amount

	mu      sync.Mutex
	byOwner map[string]wallet
}

type wallet struct {
	minor    int64
	day      string // the day of received
	received int64
}

func newWallets(holdMinor, dayMinor int64) *wallets {
	return &wallets{holdMinor: holdMinor, dayMinor: dayMinor, byOwner: map[string]wallet{}}
}

// credit adds a payout to its beneficiary's wallet unless a limit forbids it: then it returns the code that says so.
func (w *wallets) credit(account string, minor int64, at time.Time) (code string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := w.byOwner[account]
	if day := at.Format(time.DateOnly); held.day != day {
		held.day, held.received = day, 0
	}
	held.minor += minor
	held.received += minor
	switch {
	case w.dayMinor > 0 && held.received > w.dayMinor:
		return codeDailyLimit
	case w.holdMinor > 0 && held.minor > w.holdMinor:
		return codeBalanceCap
	}
	w.byOwner[account] = held
	return ""
}

// uncredit takes back a payout that was declined after all.
func (w *wallets) uncredit(account string, minor int64, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := w.byOwner[account]
	held.minor -= minor
	if held.day == at.Format(time.DateOnly) {
		held.received -= minor
	}
	w.byOwner[account] = held
}

// debit takes a customer's payment out of the wallet. What was there before the sandbox's first operation is not known,
// so a wallet can hold less than nothing.
func (w *wallets) debit(account string, minor int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	held := w.byOwner[account]
	held.minor -= minor
	w.byOwner[account] = held
}

// rebuild reads the wallets from a ledger in which everything is decided.
func (w *wallets) rebuild(ledger *kit.Ledger, zone *time.Location) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.byOwner)
	return ledger.Each("", func(op kit.Operation) bool {
		held := w.byOwner[op.Account]
		switch {
		case op.Kind == kit.KindCollection:
			held.minor -= op.Minor
		case op.Kind == kit.KindPayout && op.State == kit.Settled:
			held.minor += op.Minor
			day := time.UnixMilli(op.CreatedMS).In(zone).Format(time.DateOnly)
			if held.day < day {
				held.day, held.received = day, 0
			}
			if held.day == day {
				held.received += op.Minor
			}
		default:
			return true
		}
		w.byOwner[op.Account] = held
		return true
	})
}
