package journal

import (
	"fmt"
	"maps"
	"time"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// State is what a log's batches leave behind, as they say it: nothing is added up again. What it holds is for reading.
type State struct {
	Batch int64     // the last one, 0 before the first
	Index int64     // its entry in the log
	At    time.Time // its clock

	Accounts  map[int64]Account
	Balances  map[int64]ledger.Balance       // of accounts that ever moved; gross flows of positions and pools alone
	Liquidity map[int64]ledger.Liquidity     // as of when an account last moved, with the credit line of now
	Windows   map[settlement.WindowID]Window // those that have not settled

	books *directory
}

// Window is a settlement window that has not settled yet.
type Window struct {
	ID     settlement.WindowID
	Group  string
	State  settlement.WindowState
	Moment time.Time          // when it closes, or is due; zero where that is open
	Nets   []ledger.WindowNet // of one that has closed
}

// OrderError says that a batch does not follow on the state: its number or its place in the log is not a later one.
type OrderError struct{ Batch, Index, AfterBatch, AfterIndex int64 }

func (e *OrderError) Error() string {
	return fmt.Sprintf("journal: batch %d at log index %d does not follow on batch %d at %d", e.Batch, e.Index, e.AfterBatch, e.AfterIndex)
}

// NewState is the state before a log's first batch.
func NewState() *State {
	books := newDirectory()
	return &State{
		Accounts: books.accounts, Balances: map[int64]ledger.Balance{}, Liquidity: map[int64]ledger.Liquidity{},
		Windows: map[settlement.WindowID]Window{}, books: books,
	}
}

// Until is the state after all batches whose entries are in the log up to an index. Errors are those of the batches and of
// Apply; the state is the one before them.
func Until(batches Batches, index int64) (*State, error) {
	s := NewState()
	for b, err := range batches {
		if err != nil {
			return s, err
		}
		if b.LogIndex > index {
			break
		}
		if err := s.Apply(b); err != nil {
			return s, err
		}
	}
	return s, nil
}

// Apply takes in the next batch. Errors are *OrderError, *AccountError and *PostingError; after one the state is of no
// more use.
func (s *State) Apply(b *ledger.Batch) error {
	if s.Batch != 0 && (b.ID <= s.Batch || b.LogIndex <= s.Index) {
		return &OrderError{Batch: b.ID, Index: b.LogIndex, AfterBatch: s.Batch, AfterIndex: s.Index}
	}
	if _, err := s.books.learn(b); err != nil {
		return err
	}
	s.windows(b)
	if err := s.balances(b); err != nil {
		return err
	}
	s.Batch, s.Index, s.At = b.ID, b.LogIndex, b.DecidedAt.UTC()
	return nil
}

// windows moves windows on. What a window nets begins at nothing when it closes.
func (s *State) windows(b *ledger.Batch) {
	for _, e := range b.WindowEvents {
		w := s.Windows[e.Window]
		w.ID, w.Group, w.State = e.Window, e.Group, e.State
		if e.State == settlement.WindowOpen || e.State == settlement.WindowClosed {
			w.Moment = e.Moment // later states do not say it again
		}
		s.Windows[e.Window] = w
	}
	for _, n := range b.WindowNets {
		if w, known := s.Windows[n.Window]; known {
			w.Nets = append(w.Nets, n)
			s.Windows[n.Window] = w
		}
		if l, moved := s.Balances[n.Account]; moved {
			l.GrossIn, l.GrossOut = 0, 0
			s.Balances[n.Account] = l
		}
	}
	maps.DeleteFunc(s.Windows, func(_ settlement.WindowID, w Window) bool { return w.State == settlement.WindowSettled })
}

// balances takes what a batch says of accounts. Errors are *PostingError.
func (s *State) balances(b *ledger.Batch) error {
	for _, l := range b.Balances {
		a, known := s.Accounts[l.Account]
		if !known {
			return &PostingError{Batch: b.ID, Account: l.Account}
		}
		if !nets(a.Account) {
			l.GrossIn, l.GrossOut = 0, 0 // closing a window takes no notice of them
		}
		s.Balances[l.Account] = l
	}
	for _, l := range b.Liquidity {
		if _, known := s.Accounts[l.Account]; !known {
			return &PostingError{Batch: b.ID, Account: l.Account}
		}
		s.Liquidity[l.Account] = l
	}
	for _, c := range b.CreditLines {
		if _, known := s.Accounts[c.Account]; !known {
			return &PostingError{Batch: b.ID, Account: c.Account}
		}
		l := s.Liquidity[c.Account]
		l.Account, l.CreditLineMinor = c.Account, c.AmountMinor
		s.Liquidity[c.Account] = l
	}
	return nil
}
