package bulk

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// reports are the messages that orders are answered with, by those that they came as.
var reports = map[string]string{
	"pain.001.001.03": "pain.002.001.03", "pain.001.001.09": "pain.002.001.10", "pain.001.001.10": "pain.002.001.11",
}

// Report writes what became of a payment order as it is now (pain.002). Errors are *UnknownFileError, also of a file that
// was no payment order, those of Results, and the message's own.
func (d *Desk) Report(ctx context.Context, sha string) ([]byte, error) {
	f, err := d.File(sha)
	if err != nil {
		return nil, err
	}
	order, err := d.orderOf(sha)
	if err != nil {
		return nil, err
	}
	if order == nil {
		return nil, &UnknownFileError{SHA256: sha}
	}
	var results bytes.Buffer
	if err := d.Results(ctx, &results, sha); err != nil {
		return nil, err
	}
	rows := csv.NewReader(&results)
	if _, err := rows.Read(); err != nil {
		return nil, fmt.Errorf("bulk: results of %s: %w", sha, err)
	}
	report := iso20022.OrderReport{
		MsgID: "R" + sha[:20] + now().Format("150405.000"), Created: now(),
		OriginalMsgID: order.MsgID, OriginalMessage: order.Message, OriginalCount: f.Lines,
	}
	told := telling{message: reports[order.Message], counts: map[iso20022.Status]int{}}
	for _, batch := range order.Batches {
		reported, err := told.batch(batch, rows)
		if err != nil {
			return nil, fmt.Errorf("bulk: results of %s: %w", sha, err)
		}
		report.Batches = append(report.Batches, reported)
	}
	report.Status = told.together(f)
	return report.MarshalIn(iso20022.Dialect{kindReport: told.message})
}

const kindReport = "pain.002"

// telling is a report that is being made.
type telling struct {
	message string
	counts  map[iso20022.Status]int
}

func (t *telling) batch(batch orderedBatch, rows *csv.Reader) (iso20022.BatchReport, error) {
	reported := iso20022.BatchReport{OriginalID: batch.ID}
	for _, id := range batch.Payments {
		row, err := rows.Read()
		if err != nil {
			return reported, err
		}
		p := iso20022.OrderedStatus{ID: id, Status: t.status(State(row[3])), ClearingRef: row[2]}
		if p.Status == iso20022.Rejected {
			p.Reason, p.Info = cmp.Or(row[5], "NARR"), iso20022.RawInfo(strings.TrimSpace(row[4]+":"), row[6])
		}
		t.counts[p.Status]++
		reported.Payments = append(reported.Payments, p)
	}
	return reported, nil
}

// status is how a line's state is told. The older report has no word for a creditor who has the money.
func (t *telling) status(s State) iso20022.Status {
	switch {
	case s == Waiting:
		return iso20022.Pending
	case s.unpaid():
		return iso20022.Rejected
	case s == State(messaging.StatePaid) && t.message == "pain.002.001.03":
		return iso20022.AcceptedSettled
	case s == State(messaging.StatePaid):
		return iso20022.AcceptedCreditor
	}
	return iso20022.AcceptedInProgress
}

// together is the status of the whole order: PDNG until somebody approves it.
func (t *telling) together(f File) iso20022.Status {
	bad := t.counts[iso20022.Rejected]
	switch {
	case bad == f.Lines:
		return iso20022.Rejected
	case bad > 0:
		return iso20022.Partly
	case f.State == Received:
		return iso20022.Pending
	case f.State == Finished:
		return t.status(State(messaging.StatePaid))
	}
	return iso20022.AcceptedInProgress
}
