package ledger

import "fmt"

// DriftError says that an account's balance is not what its postings make of it. Nothing may be decided on such
// books: the engine must stop and a person must look. A retry fails again.
type DriftError struct {
	Account        int64
	After, Through int64 // batches: what was posted after the one, up to the other
	Kept, Posted   int64 // minor units: the balance as kept, and as recomputed
}

func (e *DriftError) Error() string {
	return fmt.Sprintf("ledger: account %d has %d after batch %d; its postings since batch %d make %d", e.Account, e.Kept, e.Through, e.After, e.Posted)
}
