package sandbox

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

type registerRequest struct {
	ShortCode       word
	ResponseType    string
	ConfirmationURL string
	ValidationURL   string
}

// registration is where payments are validated and confirmed. The zero value is nowhere.
type registration struct {
	confirmation, validation string
	unvalidated              string // what becomes of a payment that nobody validated in time
}

// Answers to a payment that was not validated.
const (
	unvalidatedCompleted = "Completed"
	unvalidatedCancelled = "Cancelled"
)

// serveRegister takes the URLs. Later ones replace them: a sandbox outlives its adapters.
func (s *Server) serveRegister(w http.ResponseWriter, _ *http.Request, body []byte) {
	var p registerRequest
	if !read(w, body, &p) {
		return
	}
	if string(p.ShortCode) != s.cfg.Shortcode || (p.ResponseType != unvalidatedCompleted && p.ResponseType != unvalidatedCancelled) ||
		p.ConfirmationURL == "" || p.ValidationURL == "" {
		invalid(w, "ShortCode, ResponseType or URL")
		return
	}
	s.mu.Lock()
	s.registered = registration{confirmation: p.ConfirmationURL, validation: p.ValidationURL, unvalidated: p.ResponseType}
	s.mu.Unlock()
	kit.WriteJSON(w, http.StatusOK, map[string]string{
		"OriginatorCoversationID": s.nextConversationID(), "ResponseCode": "0", "ResponseDescription": "Success",
	})
}

func (s *Server) registration() registration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.registered
}

// Pay lets a customer pay to the shortcode with the order's reference as the account number. A payment that the
// adapter does not validate is a *RefusedError, and no money moves.
func (s *Server) Pay(ctx context.Context, payment kit.CustomerPayment) error {
	if err := s.validate(ctx, payment); err != nil {
		return err
	}
	op, created, err := s.book(payment)
	if err != nil || !created {
		return err
	}
	fate := s.Fate(kit.KindCollection, op.FateKey)
	return s.Settling(fate, func(ctx context.Context) { s.confirm(ctx, op, fate) })
}

// book enters a payment into the ledger, the statement and the payer's wallet.
func (s *Server) book(payment kit.CustomerPayment) (op kit.Operation, created bool, err error) {
	op, created, err = s.Book(payment, s.collectionReceipt(payment.OrderRef))
	if err == nil && created {
		s.statement.add(op)
		s.wallets.debit(op.Account, op.Minor)
	}
	return op, created, err
}

func (s *Server) collectionReceipt(orderRef string) string {
	return s.Dice.Code("receipt/"+s.cfg.Shortcode+"/"+kit.KindCollection, orderRef, 10)
}

// confirmationBody is a C2B confirmation, with the shortcode as a number and the payer masked.
type confirmationBody struct {
	TransactionType   string
	TransID           string
	TransTime         string
	TransAmount       string
	BusinessShortCode jsontext.Value
	BillRefNumber     string
	InvoiceNumber     string
	OrgAccountBalance string
	ThirdPartyTransID string
	MSISDN            string
	FirstName         string
}

// confirm tells the adapter of a payment. A payment that a customer made has no failure to tell of, so
// of the faults only the lost, the late and the doubled callback apply.
func (s *Server) confirm(ctx context.Context, op kit.Operation, fate kit.Fate) {
	url := s.registration().confirmation
	if fate.LostCallback || url == "" {
		return
	}
	body, err := json.Marshal(s.confirmation(op))
	if err != nil {
		return
	}
	s.send(ctx, url, body)
	if fate.DuplicateCallback {
		s.send(ctx, url, body)
	}
}

func (s *Server) confirmation(op kit.Operation) confirmationBody {
	return confirmationBody{
		TransactionType: "Pay Bill", TransID: op.Ref,
		TransTime:         s.at(op).Format("20060102150405"),
		TransAmount:       s.money(op.Minor),
		BusinessShortCode: code(s.cfg.Shortcode),
		BillRefNumber:     op.ID, MSISDN: masked(op.Account), FirstName: op.Name,
	}
}

// at is when an operation was accepted, on the rail's clock.
func (s *Server) at(op kit.Operation) time.Time {
	return time.UnixMilli(op.CreatedMS).Add(s.skew()).In(s.cfg.Zone)
}

func (s *Server) skew() time.Duration {
	return time.Duration(s.Faults().ClockSkewMS) * time.Millisecond
}

// masked is an account as C2B v2 shows it: "2547 ***** 126".
func masked(account string) string {
	if len(account) < 8 {
		return "*****"
	}
	return account[:4] + " ***** " + account[len(account)-3:]
}

// statement lists the collections by time, for pull queries.
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

// between returns at most limit rows from the offset on, of those made in [from, to) that are visible.
func (t *statement) between(from, to time.Time, offset, limit int, visible func(kit.Operation) bool) []kit.Operation {
	t.mu.Lock()
	defer t.mu.Unlock()
	first, _ := slices.BinarySearchFunc(t.rows, kit.Operation{CreatedMS: from.UnixMilli()}, byTime)
	end, _ := slices.BinarySearchFunc(t.rows, kit.Operation{CreatedMS: to.UnixMilli()}, byTime)
	rows := t.rows[first:max(first, end)]
	if visible != nil {
		rows = slices.DeleteFunc(slices.Clone(rows), func(op kit.Operation) bool { return !visible(op) })
	}
	rows = rows[min(offset, len(rows)):]
	return slices.Clone(rows[:min(limit, len(rows))])
}

type pullRequest struct {
	ShortCode   word
	StartDate   string
	EndDate     string
	OffSetValue word
}

type pullAnswer struct {
	ResponseRefID   string
	ResponseCode    string
	ResponseMessage string
	Response        [][]pullRow
}

type pullRow struct {
	TransactionID    string `json:"transactionId"`
	TrxDate          string `json:"trxDate"`
	MSISDN           string `json:"msisdn"`
	Sender           string `json:"sender"`
	TransactionType  string `json:"transactiontype"`
	BillReference    string `json:"billreference"`
	Amount           string `json:"amount"`
	OrganizationName string `json:"organizationname"`
}

// servePull lists collections of a time span, oldest first.
func (s *Server) servePull(w http.ResponseWriter, _ *http.Request, body []byte) {
	var p pullRequest
	if !read(w, body, &p) {
		return
	}
	const layout = "2006-01-02 15:04:05"
	start, startErr := time.ParseInLocation(layout, p.StartDate, s.cfg.Zone)
	end, endErr := time.ParseInLocation(layout, p.EndDate, s.cfg.Zone)
	offset, offsetErr := strconv.Atoi(string(p.OffSetValue))
	switch {
	case string(p.ShortCode) != s.cfg.Shortcode:
		invalid(w, "ShortCode")
		return
	case startErr != nil || endErr != nil || end.Before(start) || s.Now().Sub(start) > 48*time.Hour+time.Minute:
		invalid(w, "StartDate or EndDate")
		return
	case offsetErr != nil || offset < 0 || offset > 1<<30:
		invalid(w, "OffSetValue")
		return
	}
	var visible func(kit.Operation) bool
	if s.Faults().LateVisiblePct > 0 {
		visible = s.Visible
	}
	rows := []pullRow{}
	for _, op := range s.statement.between(start.Add(-s.skew()), end.Add(time.Second-s.skew()), offset, s.cfg.PageSize, visible) {
		rows = append(rows, pullRow{
			TransactionID: op.Ref, TrxDate: s.at(op).Format(time.RFC3339),
			MSISDN: masked(op.Account), Sender: "MPESA", TransactionType: "c2b-pay-bill-debit",
			BillReference: op.ID, Amount: s.money(op.Minor), OrganizationName: s.cfg.Shortcode,
		})
	}
	kit.WriteJSON(w, http.StatusOK, pullAnswer{
		ResponseRefID: s.nextConversationID(), ResponseCode: "1000", ResponseMessage: "Success", Response: [][]pullRow{rows},
	})
}
