package ledger

import (
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

// BundleName is what all legs of a bundle say alike.
type BundleName struct {
	ID     string
	Count  int32  // of its legs
	Digest string // of what they are, as messages write it
}

// BundleNamed is the name of the bundle that an intent says it is a leg of.
func BundleNamed(b *messaging.Bundle) BundleName {
	return BundleName{ID: b.ID, Count: int32(b.Count), Digest: b.Digest} //nolint:gosec // at most messaging.MaxBundleLegs
}

// BundleLeg is a transfer that clears with others or not at all.
type BundleLeg struct {
	BundleName
	Transfer settlement.TransferID
	Place    int32 // among the lines of all legs, from 1
}

// BundleState is how a bundle ended.
type BundleState string

// The ends of a bundle.
const (
	BundleCleared BundleState = "cleared" // all legs, in one batch
	BundleBroken  BundleState = "broken"  // a leg was refused or has ended, and so have the others
)

// BundleEnd is how a bundle ended.
type BundleEnd struct {
	BundleName
	State BundleState
	By    int32                   // whose leg broke it; 0 where a rule did, or none
	Legs  []settlement.TransferID // that it had
	// Remembered is set where legs may still come, and will be refused.
	Remembered bool
	At         time.Time // the batch's clock; not written again
}
