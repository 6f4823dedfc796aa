package store

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// monthOf is the partition that an id lies in, "" before time-ordered ids.
func monthOf(id int64) string {
	if id < 1<<40 {
		return ""
	}
	return time.UnixMilli(id >> ledger.IDsPerMilli).UTC().Format("_2006_01")
}

// part is the partition of a table that rows of these ids go into, or the table where they go into several.
// Named, a partition takes rows by the page: routed, each costs a look-up, and where a trigger wants to see all
// new rows of a statement, as that of postings does, each is inserted by itself. It saves a quarter.
func part[T any](table string, rows []T, id func(T) int64) string {
	var month string
	first, last := int64(0), int64(0)
	for i, r := range rows {
		at := id(r)
		if i > 0 && first <= at && at <= last {
			continue
		}
		switch in := monthOf(at); {
		case i == 0:
			month = in
		case in != month:
			return table
		}
		if i == 0 {
			first, last = at, at
		}
		first, last = min(first, at), max(last, at)
	}
	return table + month
}

// MakePartitions sees to it that a batch of this moment, or of the month after, has a place to stand.
func (d *Lead) MakePartitions(ctx context.Context, at time.Time) error {
	next := time.Date(at.UTC().Year(), at.UTC().Month()+1, 1, 0, 0, 0, 0, time.UTC)
	for _, month := range []time.Time{at, next} {
		if _, err := d.conn.Exec(ctx, `SELECT ledger.make_partitions($1)`, month); err != nil {
			return fmt.Errorf("ledger: partitions of %s: %w", month.Format("2006-01"), err)
		}
	}
	return nil
}
