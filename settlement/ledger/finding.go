package ledger

// Finding is what a check of one invariant found.
type Finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // the figure that it stands on, or the first thing that is wrong
}
