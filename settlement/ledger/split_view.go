package ledger

import "time"

// SplitView is a witness's word that it knows another log than this ledger's.
type SplitView struct {
	Witness   string
	Size      int64  // of the checkpoint that it did not cosign
	Said      string // why
	NoticedAt time.Time
}
