package witness

import (
	"fmt"
	"time"
)

// Limits.
const (
	MaxRequestBytes    = 128 << 10 // of a request to add a checkpoint
	MaxCheckpointBytes = 64 << 10  // of a checkpoint with all its signatures
	MaxProofHashes     = 63        // of a consistency proof: C2SP tlog-witness
	MaxPolicyBytes     = 64 << 10
	MaxLogs            = 64 // keys of logs
	MaxWitnesses       = 64
	MaxGroups          = 64
	MaxNameBytes       = 256
	// MaxSize is the largest tree: above it, searching the power of two below a size in int64 finds no end.
	MaxSize = 1 << 62
	// MaxAhead is how far a witness's clock may be ahead of ours.
	MaxAhead = 5 * time.Minute
)

// Fault names why a checkpoint is refused. C2SP tlog-witness has an HTTP status for each but the last.
type Fault string

// The faults.
const (
	FaultMalformed Fault = "malformed"   // not a request, not a checkpoint, or an old size above the new one
	FaultUnknown   Fault = "unknown_log" // of an origin that is not known
	FaultUnsigned  Fault = "not_signed"  // by no key of that log
	FaultConflict  Fault = "conflict"    // does not begin where the witness stands: Known says where
	FaultProof     Fault = "proof"       // the proof does not lead from what is known to this
	FaultHeld      Fault = "held"        // the log was seen to fork, and no person has pardoned it
)

// RefusedError says why a checkpoint is refused. The same one is refused again, but after FaultConflict it may be
// asked for with a proof from Known on.
type RefusedError struct {
	Fault  Fault
	Detail string
	Known  int64 // the size that the witness knows, with FaultConflict
}

func (e *RefusedError) Error() string { return fmt.Sprintf("witness: %s: %s", e.Fault, e.Detail) }

func refuse(fault Fault, format string, args ...any) error {
	return &RefusedError{Fault: fault, Detail: fmt.Sprintf(format, args...)}
}
