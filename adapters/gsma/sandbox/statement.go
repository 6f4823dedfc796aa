package sandbox

import (
	"cmp"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// Statements implements kit.Stater.
func (s *Server) Statements() []kit.StatementWriter {
	return []kit.StatementWriter{s.WriteStatement}
}

var _ kit.Stater = (*Server)(nil)

// WriteStatement writes the account's transactions of the day that begins at this moment, as one page of the API.
func (s *Server) WriteStatement(w io.Writer, day time.Time) error {
	rows, err := s.moved(day, day.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	return json.MarshalWrite(w, rows)
}

// serveTransactions is a page of all that moved on the account, from fromDateTime until toDateTime, oldest first.
func (s *Server) serveTransactions(w http.ResponseWriter, query url.Values) {
	from, fromErr := time.Parse(time.RFC3339, query.Get("fromDateTime"))
	until, untilErr := time.Parse(time.RFC3339, query.Get("toDateTime"))
	offset, offsetErr := strconv.Atoi(query.Get("offset"))
	limit, limitErr := strconv.Atoi(query.Get("limit"))
	switch {
	case fromErr != nil || untilErr != nil || limitErr != nil || limit <= 0:
		s.invalid(w, "formatError")
		return
	case offsetErr != nil || offset < 0:
		s.invalid(w, "invalidOffset")
		return
	}
	skew := time.Until(s.Now())
	rows, err := s.moved(from.Add(-skew), until.Add(-skew))
	if err != nil {
		s.internal(w)
		return
	}
	w.Header().Set("X-Records-Available-Count", strconv.Itoa(len(rows)))
	rows = rows[min(offset, len(rows)):]
	rows = rows[:min(limit, s.cfg.PageSize, len(rows))]
	w.Header().Set("X-Records-Returned-Count", strconv.Itoa(len(rows)))
	s.answer(w, http.StatusOK, rows)
}

// moved are the transactions that settled, of a span of time.
func (s *Server) moved(from, until time.Time) ([]transactionAnswer, error) {
	var settled []kit.Operation
	err := s.Operations(func(op kit.Operation) error {
		at := time.UnixMilli(op.CreatedMS)
		if op.State == kit.Settled && op.Kind != kindPrompt && !at.Before(from) && at.Before(until) {
			settled = append(settled, op)
		}
		return nil
	})
	slices.SortFunc(settled, func(a, b kit.Operation) int {
		return cmp.Or(cmp.Compare(a.CreatedMS, b.CreatedMS), cmp.Compare(a.Ref, b.Ref))
	})
	rows := []transactionAnswer{}
	for _, op := range settled {
		rows = append(rows, s.show(op))
	}
	return rows, err
}
