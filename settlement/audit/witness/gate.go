package witness

import (
	"fmt"
	"time"
)

// Gate tells how much of a log settlement may rest on: the entries below the newest checkpoint that satisfied a
// policy. Closing a window, for one, publishes instructions when the gate covers the entry that closed it. A Gate
// decides by what it is given; it is for one goroutine, and whoever keeps it across a restart keeps Newest.
type Gate struct {
	policy *Policy
	newest Witnessed
	note   string
}

// WaitingError says that an entry is not witnessed yet. A later checkpoint may be.
type WaitingError struct {
	Index int64 // of the entry
	Size  int64 // of the newest tree that was witnessed
}

func (e *WaitingError) Error() string {
	return fmt.Sprintf("witness: entry %d waits, %d are witnessed", e.Index, e.Size)
}

// NewGate makes a gate that covers nothing.
func NewGate(policy *Policy) *Gate { return &Gate{policy: policy} }

// Observe takes a cosigned checkpoint, and opens the gate up to it where it satisfies the policy. An older one changes
// nothing; one that contradicts the newest is a *SplitViewError. Other errors are Policy.Satisfied's. Of logs with
// several origins a gate follows the first that it sees.
func (g *Gate) Observe(signed string, now time.Time) error {
	observed, err := g.policy.Satisfied(signed, now)
	if err != nil {
		return err
	}
	if g.note != "" {
		if observed.Origin != g.newest.Origin {
			return refuse(FaultUnknown, "this gate follows log %s, not %s", g.newest.Origin, observed.Origin)
		}
		if observed.Size == g.newest.Size {
			if fork := diverge(g.newest.Signed, observed.Signed, nil); fork != nil {
				return fork
			}
		}
		if observed.Size <= g.newest.Size {
			return nil
		}
	}
	g.newest, g.note = observed, signed
	return nil
}

// Covers errs with *WaitingError until the entry of an index is below a witnessed checkpoint. Indexes begin with 0.
func (g *Gate) Covers(index int64) error {
	if index < 0 || index >= g.newest.Size {
		return &WaitingError{Index: index, Size: g.newest.Size}
	}
	return nil
}

// Newest returns the checkpoint that the gate is open up to, as it was observed, and who witnessed it.
func (g *Gate) Newest() (signed string, witnessed Witnessed) { return g.note, g.newest }
