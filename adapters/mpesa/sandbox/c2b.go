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
	ShortCode       string
	ResponseType    string
	ConfirmationURL string
	ValidationURL   string
}

// serveRegister takes the confirmation URL. A later one replaces it: a sandbox outlives its adapters.
// Validation is off, as it is on Daraja until an operator switches it on.
func (s *Server) serveRegister(w http.ResponseWriter, _ *http.Request, body []byte) {
	var p registerRequest
	if !read(w, body, &p) {
		return
	}
	if p.ShortCode != s.cfg.Shortcode || (p.ResponseType != "Completed" && p.ResponseType != "Cancelled") ||
		p.ConfirmationURL == "" || p.ValidationURL == "" {
		invalid(w, "ShortCode, ResponseType or URL")
		return
	}
	s.mu.Lock()
	s.confirmation = p.ConfirmationURL
	s.mu.Unlock()
	kit.WriteJSON(w, http.StatusOK, map[string]string{
		"OriginatorCoversationID": s.nextConversationID(), "ResponseCode": "0", "ResponseDescription": "Success",
	})
}

// Pay lets a customer pay to the shortcode with the order's reference as the account number.
func (s *Server) Pay(_ context.Context, payment kit.CustomerPayment) error {
	receipt := s.Dice.Code("receipt/"+s.cfg.Shortcode+"/"+kit.KindCollection, payment.OrderRef, 10)
	op, created, err := s.Book(payment, receipt)
	if err != nil || !created {
		return err
	}
	s.statement.add(op)
	fate := s.Fate(kit.KindCollection, op.FateKey)
	return s.Settling(fate, func(ctx context.Context) { s.confirm(ctx, op, fate) })
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
	s.mu.Lock()
	url := s.confirmation
	s.mu.Unlock()
	if fate.LostCallback || url == "" {
		return
	}
	body, err := json.Marshal(confirmationBody{
		TransactionType: "Pay Bill", TransID: op.Ref,
		TransTime:         time.UnixMilli(op.CreatedMS).In(s.cfg.Zone).Format("20060102150405"),
		TransAmount:       s.money(op.Minor),
		BusinessShortCode: code(s.cfg.Shortcode),
		BillRefNumber:     op.ID, MSISDN: masked(op.Account), FirstName: op.Name,
	})
	if err != nil {
		return
	}
	s.send(ctx, url, body)
	if fate.DuplicateCallback {
		s.send(ctx, url, body)
	}
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

// between returns at most limit rows from the offset on, of those made in [from, to).
func (t *statement) between(from, to time.Time, offset, limit int) []kit.Operation {
	t.mu.Lock()
	defer t.mu.Unlock()
	first, _ := slices.BinarySearchFunc(t.rows, kit.Operation{CreatedMS: from.UnixMilli()}, byTime)
	end, _ := slices.BinarySearchFunc(t.rows, kit.Operation{CreatedMS: to.UnixMilli()}, byTime)
	first = min(first+offset, end)
	return slices.Clone(t.rows[first:min(first+limit, end)])
}

type pullRequest struct {
	ShortCode   string
	StartDate   string
	EndDate     string
	OffSetValue string
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
	offset, offsetErr := strconv.Atoi(p.OffSetValue)
	switch {
	case p.ShortCode != s.cfg.Shortcode:
		invalid(w, "ShortCode")
		return
	case startErr != nil || endErr != nil || end.Before(start) || time.Since(start) > 48*time.Hour+time.Minute:
		invalid(w, "StartDate or EndDate")
		return
	case offsetErr != nil || offset < 0 || offset > 1<<30:
		invalid(w, "OffSetValue")
		return
	}
	rows := []pullRow{}
	for _, op := range s.statement.between(start, end.Add(time.Second), offset, s.cfg.PageSize) {
		rows = append(rows, pullRow{
			TransactionID: op.Ref, TrxDate: time.UnixMilli(op.CreatedMS).In(s.cfg.Zone).Format(time.RFC3339),
			MSISDN: masked(op.Account), Sender: "MPESA", TransactionType: "c2b-pay-bill-debit",
			BillReference: op.ID, Amount: s.money(op.Minor), OrganizationName: s.cfg.Shortcode,
		})
	}
	kit.WriteJSON(w, http.StatusOK, pullAnswer{
		ResponseRefID: s.nextConversationID(), ResponseCode: "1000", ResponseMessage: "Success", Response: [][]pullRow{rows},
	})
}
