package sandbox

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// Pay lets a customer pay to the account, with the order's reference.
func (s *Server) Pay(_ context.Context, payment kit.CustomerPayment) error {
	reference := "TX" + s.Dice.Code("reference/"+s.cfg.AccountValue+"/"+kit.KindCollection, payment.OrderRef, 14)
	op, created, err := s.Book(payment, reference)
	if err != nil || !created {
		return err
	}
	s.statement.add(op)
	fate := s.Fate(kit.KindCollection, op.FateKey)
	return s.Settling(fate, func(ctx context.Context) {
		if fate.LostCallback || s.cfg.NoticeURL == "" {
			return
		}
		s.put(ctx, s.cfg.NoticeURL, s.show(op))
		if fate.DuplicateCallback {
			s.put(ctx, s.cfg.NoticeURL, s.show(op))
		}
	})
}

// statement lists the collections by time.
type statement struct {
	mu   sync.Mutex
	rows []kit.Operation
}

func (t *statement) add(op kit.Operation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, _ := slices.BinarySearchFunc(t.rows, op, byTime)
	t.rows = slices.Insert(t.rows, at, op)
}

func byTime(a, b kit.Operation) int {
	if a.CreatedMS != b.CreatedMS {
		return int(a.CreatedMS - b.CreatedMS)
	}
	return strings.Compare(a.ID, b.ID)
}

// since returns at most limit rows from the offset on, of those made at or after from.
func (t *statement) since(from time.Time, offset, limit int) []kit.Operation {
	t.mu.Lock()
	defer t.mu.Unlock()
	first, _ := slices.BinarySearchFunc(t.rows, kit.Operation{CreatedMS: from.UnixMilli()}, byTime)
	first = min(first+offset, len(t.rows))
	return slices.Clone(t.rows[first:min(first+limit, len(t.rows))])
}

// serveStatement lists what customers paid since a moment of the rail's clock, oldest first; without a type, all that
// moved on the account.
func (s *Server) serveStatement(w http.ResponseWriter, r *http.Request, _ []byte) {
	query := r.URL.Query()
	if !query.Has("transactionType") && r.PathValue("account") == s.cfg.AccountValue {
		s.serveTransactions(w, query)
		return
	}
	from, undated := time.Parse(time.RFC3339, query.Get("fromDateTime"))
	offset, offsetErr := strconv.Atoi(query.Get("offset"))
	limit, limitErr := strconv.Atoi(query.Get("limit"))
	switch {
	case r.PathValue("account") != s.cfg.AccountValue:
		s.notFound(w)
		return
	case undated != nil || limitErr != nil || limit <= 0 || query.Get("transactionType") != "merchantpay":
		s.invalid(w, "formatError")
		return
	case offsetErr != nil || offset < 0 || offset > 1<<30:
		s.invalid(w, "invalidOffset")
		return
	}
	skew := time.Until(s.Now())
	rows := []transactionAnswer{}
	for _, op := range s.statement.since(from.Add(-skew), offset, min(limit, s.cfg.PageSize)) {
		rows = append(rows, s.show(op))
	}
	w.Header().Set("X-Records-Returned-Count", strconv.Itoa(len(rows)))
	s.answer(w, http.StatusOK, rows)
}
