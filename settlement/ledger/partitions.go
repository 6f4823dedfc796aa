package ledger

import (
	"context"
	"fmt"
	"time"
)

// idsPerMilli is how many ids a millisecond of the batch's clock has, as a power of two. The ids of transfers
// and postings are time-ordered: milliseconds since 1970, times that, and a count. They last until 2248, and
// a range of them is a range of time, which partitions are cut by (migrations/00007_throughput.sql).
const idsPerMilli = 20

// FirstID is the first id of a moment. What needs an id takes the greater of this and the one after its last.
func FirstID(at time.Time) int64 { return at.UnixMilli() << idsPerMilli }

// monthOf is the partition that an id lies in, "" before time-ordered ids.
func monthOf(id int64) string {
	if id < 1<<40 {
		return ""
	}
	return time.UnixMilli(id >> idsPerMilli).UTC().Format("_2006_01")
}

// postingTable is where rows are added that begin and end with these. A trigger that sees all new rows of a
// statement, as that of postings does, makes PostgreSQL route rows to partitions one by one; named, the
// partition takes them by the page.
func postingTable(postings []Posting) string {
	if len(postings) == 0 {
		return "posting"
	}
	if month := monthOf(postings[0].ID); month == monthOf(postings[len(postings)-1].ID) {
		return "posting" + month
	}
	return "posting"
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
