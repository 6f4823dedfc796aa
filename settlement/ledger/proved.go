package ledger

import "fmt"

// ProvedSteps are the lines of what a batch did, as its entry in the log commits to them (audit.Steps).
type ProvedSteps struct {
	Index int64  // of the entry in the log
	Entry []byte // its exact text
	Lines []string
}

// StepsError says that the rows of a batch do not tell its steps in their order: rows are kept as they were written, but
// not their order where it went over the end of a month, or where a batch failed in between. What is exported does.
type StepsError struct{ Batch int64 }

func (e *StepsError) Error() string {
	return fmt.Sprintf("ledger: the rows of batch %d do not tell its steps; its export does", e.Batch)
}
