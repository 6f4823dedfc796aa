package ledger

import "time"

// DetachedError says that months of the ledger are kept elsewhere, so that not everything can be read from its
// first batch on. Once they are attached again (ledger.attach_month), a retry helps.
type DetachedError struct{ Through time.Time }

func (e *DetachedError) Error() string {
	return "ledger: what was before " + e.Through.UTC().Format("2006-01") + " is detached"
}
