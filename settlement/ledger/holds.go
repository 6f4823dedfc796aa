package ledger

import "time"

// OpenHold is a transfer that waits for two people to decide on it.
type OpenHold struct {
	FoundTransfer
	By     string // "screen" or "person"
	List   string // of screening
	HeldAt time.Time
}

// LogStatus is what is known of the settlement log.
type LogStatus struct {
	Size       int64
	Batch      int64
	At         time.Time // that batch's clock
	Checkpoint string    // the newest, signed
	Policy     string    // of witnesses, as their command says it; "" where nothing waits for them
	Witnessed  Witnessed // the newest that witnesses vouched for
	SplitViews []SplitView
}

// Witnessed is a checkpoint that enough witnesses cosigned.
type Witnessed struct {
	Size int64
	Note string // with its cosignatures; "" where there is none
	At   time.Time
}
