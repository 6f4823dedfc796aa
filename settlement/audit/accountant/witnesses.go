package accountant

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// tell wants those told whose instructions waited for witnesses of a tree of this size, and nobody else. Whether the
// witnesses vouched for it, signatures say, which are not the accountant's.
func (r *review) tell(command int64, c settlement.Witnessed) error {
	size := int64(-1)
	if lines := strings.Split(c.Checkpoint, "\n"); len(lines) > 1 {
		if n, err := strconv.ParseInt(lines[1], 10, 64); err == nil {
			size = n
		}
	}
	before := r.at.told
	for _, id := range slices.Sorted(maps.Keys(r.instructions)) {
		i := r.instructions[id]
		if !i.waits || i.entry >= size {
			continue
		}
		if err := expectRow(r, &r.at.told, r.b.Told, id, Commands, about("instruction %s", id)); err != nil {
			return err
		}
		i.waits, i.told = false, r.decidedAt
	}
	if r.at.told == before {
		return r.fault(Commands, about("command %d", command), "an instruction that waits for it", "none")
	}
	return nil
}

// dueAt is when a window's debtors are in default, zero for never: none is before it was told what it owes, and whoever
// waited for that has the group's time from then on.
func (r *review) dueAt(w *window) time.Time {
	due := w.due
	for _, i := range r.instructions { // in any order: the latest counts
		switch {
		case due.IsZero() || i.Kind != ledger.PayIn || i.Window != w.id:
		case i.waits:
			return time.Time{}
		case !i.told.IsZero():
			if own := i.told.Add(r.groupNamed(w.group).within); own.After(due) {
				due = own
			}
		}
	}
	return due
}
