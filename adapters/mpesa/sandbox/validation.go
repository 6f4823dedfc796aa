package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// validationTime is how long a shortcode's owner may think about a payment.
const validationTime = 8 * time.Second

// RefusedError says that the shortcode's owner does not take a payment, or did not say so in time and had payments
// cancelled then. The same payment may be taken later.
type RefusedError struct {
	OrderRef string
	Code     string // C2B00011 to C2B00016; "" for silence
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("mpesa sandbox: payment for %q is refused with %q", e.OrderRef, e.Code)
}

// SetValidation switches on or off whether the shortcode's owner is asked before a customer's payment is made.
func (s *Server) SetValidation(on bool) { s.validates.Store(on) }

// serveValidation is PUT /admin/validation, with true or false.
func (s *Server) serveValidation(w http.ResponseWriter, r *http.Request) {
	var on bool
	if err := json.UnmarshalRead(http.MaxBytesReader(w, r.Body, maxRequestBytes), &on); err != nil {
		http.Error(w, "neither true nor false", http.StatusBadRequest)
		return
	}
	s.SetValidation(on)
	kit.WriteJSON(w, http.StatusOK, on)
}

// validate asks the shortcode's owner about a payment that is not made yet. Errors are *RefusedError, or the ledger's.
func (s *Server) validate(ctx context.Context, payment kit.CustomerPayment) error {
	registered := s.registration()
	if !s.validates.Load() || registered.validation == "" {
		return nil
	}
	_, paid, err := s.Ledger.Get(kit.KindCollection, payment.OrderRef)
	if err != nil || paid {
		return err
	}
	body, err := json.Marshal(s.confirmation(kit.Operation{
		ID: payment.OrderRef, Ref: s.collectionReceipt(payment.OrderRef), Account: payment.Payer, Name: payment.PayerName,
		Minor: payment.Amount.Minor, CreatedMS: time.Now().UnixMilli(),
	}))
	if err != nil {
		return err
	}
	answer, said := s.askOwner(ctx, registered.validation, body)
	switch {
	case said && answer == "0":
		return nil
	case !said && registered.unvalidated == unvalidatedCompleted:
		return nil
	default:
		return &RefusedError{OrderRef: payment.OrderRef, Code: answer}
	}
}

// askOwner posts a payment to its validation URL. said is false where nothing came that could be read, in time.
func (s *Server) askOwner(ctx context.Context, url string, body []byte) (answer string, said bool) {
	ctx, cancel := context.WithTimeout(ctx, validationTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return "", false
	}
	request.Header.Set("Content-Type", "application/json")
	status, answered, err := s.Deliver(request)
	if err != nil || status != http.StatusOK {
		return "", false
	}
	var told struct {
		ResultCode word
		ResultDesc jsontext.Value
	}
	if json.Unmarshal(answered, &told) != nil || told.ResultCode == "" {
		return "", false
	}
	return string(told.ResultCode), true
}
