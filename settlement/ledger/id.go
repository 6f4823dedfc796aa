package ledger

import "time"

// IDsPerMilli is how many ids a millisecond of the batch's clock has, as a power of two. The ids of transfers
// and postings are time-ordered: milliseconds since 1970, times that, and a count. They last until 2248, and
// a range of them is a range of time, which partitions are cut by (store/migrations/00007_throughput.sql).
const IDsPerMilli = 20

// FirstID is the first id of a moment. What needs an id takes the greater of this and the one after its last.
func FirstID(at time.Time) int64 { return at.UnixMilli() << IDsPerMilli }
