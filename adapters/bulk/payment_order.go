package bulk

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// paymentOrder is what the store keeps of a pain.001 that was taken as a file: what its answer names. It names nobody.
type paymentOrder struct {
	Name    []byte         `json:"name"` // hash of sender and message id
	MsgID   string         `json:"msg_id"`
	Message string         `json:"message"`
	Batches []orderedBatch `json:"batches"`
}

type orderedBatch struct {
	ID       string               `json:"id"`
	Payments []iso20022.PaymentID `json:"payments"` // one per line of the file, in its order
}

// TakeOrder takes a payment order (pain.001), as Take takes a file: each of its payments is a line. The creditor's agent
// is one of Config.Agents, or the participant itself as another id (Othr). The same order again is the same file; another
// one under the same message id is refused. Errors are those of Take, and *iso20022.FormatError.
func (d *Desk) TakeOrder(ctx context.Context, in io.Reader) (f File, fresh bool, err error) {
	text, err := io.ReadAll(io.LimitReader(in, iso20022.MaxGroupBytes+1))
	if err != nil {
		return File{}, false, fmt.Errorf("bulk: %w", err)
	}
	order, err := iso20022.ParsePaymentOrder(text)
	if err != nil {
		return File{}, false, err
	}
	if err := dueBy(order, now()); err != nil {
		return File{}, false, err
	}
	lines, err := d.linesOf(order)
	if err != nil {
		return File{}, false, err
	}
	sum := sha256.Sum256(lines)
	if err := d.remember(order, hex.EncodeToString(sum[:])); err != nil {
		return File{}, false, err
	}
	return d.Take(ctx, bytes.NewReader(lines))
}

// dueBy refuses an order for a later day: it is paid when somebody approves it. Somewhere it is tomorrow already.
func dueBy(order iso20022.PaymentOrder, now time.Time) error {
	last := fx.Date(now.UTC().Add(14 * time.Hour).Format(time.DateOnly))
	for _, batch := range order.Batches {
		if batch.Execution > last {
			return refuse(messaging.FaultDeadline, "batch %q is for %s: send it on that day", batch.ID, batch.Execution)
		}
	}
	return nil
}

// linesOf writes an order as a file.
func (d *Desk) linesOf(order iso20022.PaymentOrder) ([]byte, error) {
	var text bytes.Buffer
	text.WriteString(LongHeader + "\n")
	out := csv.NewWriter(&text)
	for _, batch := range order.Batches {
		debtor := iso20022.Person(batch.Debtor, batch.DebtorAccount)
		for i, p := range batch.Payments {
			creditor, amount := iso20022.Person(p.Creditor, p.CreditorAccount), messaging.NewAmount(p.Amount)
			row := []string{
				nameOf(order.MsgID, batch.ID, i, p), d.payer(p.CreditorAgent), debtor.Name, debtor.Account, debtor.Address,
				creditor.Name, creditor.Account, creditor.Address, amount.Amount, amount.Currency, p.Remittance, p.Purpose, "",
				debtor.Town, debtor.Country, creditor.Town, creditor.Country,
			}
			for i := range row {
				row[i] = strings.Join(strings.Fields(row[i]), " ") // a line is one line
			}
			if err := out.Write(row); err != nil {
				return nil, fmt.Errorf("bulk: %w", err)
			}
		}
	}
	out.Flush()
	return text.Bytes(), out.Error()
}

// nameOf is what names a payment across files: its UETR, or what the debtor calls it. Where that is not of the form of an
// id, it is a hash of it; where the debtor has not named it at all, it is the payment's place in its message.
func nameOf(msgID, batch string, i int, p iso20022.OrderedPayment) string {
	given := p.EndToEndID
	if given == notProvided {
		given = ""
	}
	id := cmp.Or(p.UETR, given, p.InstrID)
	switch {
	case id == "":
		id = fmt.Sprintf("%q/%q/%d", msgID, batch, i)
	case messaging.ValidID(id):
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "x" + hex.EncodeToString(sum[:16])
}

// notProvided is what an order says that gives a payment no EndToEndId, which the message demands.
const notProvided = "NOTPROVIDED"

// payer is the participant that an agent stands for. Who stands for none is named as it is, and no participant of the
// switch.
func (d *Desk) payer(a iso20022.Agent) string {
	id := cmp.Or(a.BIC, a.Member, a.LEI, a.Other)
	return cmp.Or(d.cfg.Agents[id], strings.ToLower(id))
}

// remember keeps what the answer to an order names. Another order under the same id of the same sender is refused, and so
// is one of which all payments are those of another order.
func (d *Desk) remember(order iso20022.PaymentOrder, sha string) error {
	name := sha256.Sum256([]byte(order.Initiator.Name + "\x00" + order.MsgID))
	kept := paymentOrder{Name: name[:], MsgID: order.MsgID, Message: order.Source.Document.Message}
	for _, batch := range order.Batches {
		ids := make([]iso20022.PaymentID, len(batch.Payments))
		for i, p := range batch.Payments {
			ids[i] = iso20022.PaymentID{InstrID: p.InstrID, EndToEndID: p.EndToEndID, UETR: p.UETR}
		}
		kept.Batches = append(kept.Batches, orderedBatch{batch.ID, ids})
	}
	return d.db.Update(func(tx *bolt.Tx) error {
		orders := tx.Bucket(bucketOrders)
		if other := orders.Get(name[:]); other != nil && string(other) != sha {
			return refuse(messaging.FaultDuplicate, "message %q ordered other payments", order.MsgID)
		}
		before := new(paymentOrder)
		found, err := get(orders, []byte(sha), before)
		if err != nil {
			return err
		}
		if found && before.MsgID != order.MsgID {
			return refuse(messaging.FaultDuplicate, "message %q ordered the same payments", before.MsgID)
		}
		return errors.Join(orders.Put(name[:], []byte(sha)), put(orders, []byte(sha), kept))
	})
}

// forget removes what is kept of a file that was an order and nobody approved.
func forget(tx *bolt.Tx, sha string) error {
	orders, kept := tx.Bucket(bucketOrders), new(paymentOrder)
	found, err := get(orders, []byte(sha), kept)
	if err != nil || !found {
		return err
	}
	return errors.Join(orders.Delete(kept.Name), orders.Delete([]byte(sha)))
}

// orderOf is the order that a file was, nil where it was none.
func (d *Desk) orderOf(sha string) (order *paymentOrder, err error) {
	err = d.db.View(func(tx *bolt.Tx) error {
		kept := new(paymentOrder)
		found, err := get(tx.Bucket(bucketOrders), []byte(sha), kept)
		if found {
			order = kept
		}
		return err
	})
	return order, err
}
