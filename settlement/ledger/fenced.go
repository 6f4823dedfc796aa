package ledger

import "fmt"

// FencedError says that another engine leads. Nothing was written; this engine must stop leading.
type FencedError struct{ Mine, Current int64 }

func (e *FencedError) Error() string {
	return fmt.Sprintf("ledger: fenced: epoch is %d, mine was %d", e.Current, e.Mine)
}

// PositionError says that a stream's position in the database is not the one that the batch started
// from. Nothing was written.
type PositionError struct{ Participant int32 }

func (e *PositionError) Error() string {
	return fmt.Sprintf("ledger: stream position of participant %d is not where this batch began", e.Participant)
}
