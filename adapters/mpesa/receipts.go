package mpesa

import "sync"

const maxReceipts = 100_000

// receipts remembers what reversals' callbacks called their receipts: a reversal whose acknowledgement was lost
// can be asked about by nothing else. A receipt that is forgotten leaves such a reversal to a person.
type receipts struct {
	mu          sync.Mutex
	byOperation map[string]string
}

func newReceipts() *receipts { return &receipts{byOperation: map[string]string{}} }

func (r *receipts) keep(operation, receipt string) {
	if !receiptForm.MatchString(receipt) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.byOperation) >= maxReceipts {
		clear(r.byOperation)
	}
	r.byOperation[operation] = receipt
}

func (r *receipts) of(operation string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byOperation[operation]
}
