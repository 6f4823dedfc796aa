package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/adapters/bank"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// Recall asks the adapter to give a customer's payment back, and returns what it answers. The money, if it comes, comes
// by a pacs.004. Asking again while the answer is RecallPending is the same question.
func (s *Server) Recall(ctx context.Context, id, reason string) (iso20022.RecallAnswer, error) {
	paid, found, err := s.Ledger.Get(kindDelivery, id)
	if err == nil && !found {
		err = fmt.Errorf("bank sandbox: nobody made a payment %q", id)
	}
	if err != nil {
		return iso20022.RecallAnswer{}, err
	}
	message, err := iso20022.Recall{
		ID: "C" + s.Dice.Code("recall", id, 16), Created: time.UnixMilli(paid.CreatedMS), CancellationID: id,
		Assigner: iso20022.Agent{BIC: s.cfg.BIC}, Assignee: s.cfg.Agent,
		Original: iso20022.PaymentID{InstrID: id, EndToEndID: id, TxID: id, UETR: s.uetr(paid.ID)}, Reason: reason,
	}.Marshal()
	if err != nil {
		return iso20022.RecallAnswer{}, err
	}
	status, body, err := s.deliver(ctx, bank.PathRecall, message)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("bank sandbox: recall of %q: HTTP %d: %s", id, status, body)
	}
	if err != nil {
		return iso20022.RecallAnswer{}, err
	}
	return iso20022.ParseRecallAnswer(body)
}
