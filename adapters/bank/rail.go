package bank

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/clearing"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

const railName = "bank"

// Rail is a bank. It keeps nothing that matters.
type Rail struct {
	cfg     Config
	sink    adapters.Sink
	counter Counter // nil where the sink takes no orders
	door    adapters.Door
	gate    *adapters.Gate // nil where the bank shows no certificate
	client  *http.Client
	folder  *folder // nil over HTTP
	dialect iso20022.Dialect
	groups  chan struct{} // places
	now     func() time.Time
	// An order is held from the look at it until its money is taken. Without that, of two payments for one order the second
	// could be taken, too, to be given back at once, and a question about it would be answered as if it never came.
	orders   locks
	messages locks // by sender and id
}

var _ adapters.Rail = (*Rail)(nil)

// New makes the rail. It calls nobody yet. A sink that is a Counter, as *adapters.Runner is, takes the bank's customers'
// payments; with another one they are put off.
func New(cfg Config, sink adapters.Sink) (*Rail, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	r := &Rail{cfg: cfg, sink: sink, groups: make(chan struct{}, maxGroups), now: time.Now}
	if r.dialect, err = iso20022.Negotiate(cfg.Versions); err != nil {
		return nil, fmt.Errorf("bank: versions: %w", err)
	}
	r.counter, _ = sink.(Counter)
	if cfg.Folder != "" {
		r.folder, err = openFolder(cfg.Folder)
		return r, err
	}
	if r.door, err = adapters.NewDoor(cfg.CallbackPrefix, cfg.CallbackSources, iso20022.MaxMessageBytes); err != nil {
		return nil, fmt.Errorf("bank: %w", err)
	}
	if r.gate, err = cfg.BankCertificate.Open(); err != nil {
		return nil, fmt.Errorf("bank: tls.bank: %w", err)
	}
	shown, err := cfg.calling()
	if err != nil {
		return nil, fmt.Errorf("bank: tls: %w", err)
	}
	r.client = newClient(cfg.Timers.SubmitTimeout, shown)
	return r, nil
}

// Capabilities implements adapters.Rail.
func (r *Rail) Capabilities() adapters.Capabilities {
	return adapters.Capabilities{
		Rail: railName, Currency: r.cfg.Currency,
		PayoutIncrementMinor: r.cfg.PayoutIncrementMinor,
		PayoutMinMinor:       r.cfg.PayoutMinMinor,
		PayoutMaxMinor:       r.cfg.PayoutMaxMinor,
		ConfirmAboveMinor:    r.cfg.ConfirmAboveMinor,
		CallsPerSecond:       r.cfg.CallsPerSecond,
		Timers:               r.cfg.Timers,
	}
}

// Collection implements adapters.Rail: a bank's customer has not paid until we took the bank's pacs.008, which the bank
// sends until it is answered. There is nothing to ask.
func (r *Rail) Collection(context.Context, adapters.Order) (adapters.Collection, bool, error) {
	return adapters.Collection{}, false, nil
}

var errLocal = errors.New("bank: refused here, before the bank was called")

// Submit implements adapters.Rail: a pacs.008 for a payout, a pacs.004 for a refund.
func (r *Rail) Submit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	path, message, reason, err := r.instruction(op)
	if err != nil {
		return adapters.Evidence{
			State: adapters.Failed, Origin: adapters.FromResponse,
			Code: "LOCAL", Text: err.Error(), Reason: reason, Err: fmt.Errorf("%w: %w", errLocal, err),
		}
	}
	if r.folder != nil {
		if err := r.leave(op.ID, path, message); err != nil {
			return adapters.Evidence{State: adapters.Unknown, Origin: adapters.FromResponse, RetrySafe: true, Err: err}
		}
		return adapters.Evidence{State: adapters.Accepted, Origin: adapters.FromResponse, Text: "left in the folder"}
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timers.SubmitTimeout)
	defer cancel()
	answer, err := r.post(ctx, path, message)
	if err != nil {
		call, ok := errors.AsType[*CallError](err)
		return adapters.Evidence{State: adapters.Unknown, Origin: adapters.FromResponse, RetrySafe: ok && call.RetrySafe, Err: err}
	}
	return reported(op, answer, adapters.FromResponse)
}

// instruction is the message that carries out op. With an error comes the status reason.
func (r *Rail) instruction(op adapters.Operation) (path string, message []byte, reason string, err error) {
	if op.Kind == messaging.KindRefund {
		message, err = r.paymentReturn(op)
		return PathPaymentReturn, message, "FF01", err
	}
	agents := clearing.Agents{Dialect: r.dialect, System: r.cfg.System, Debtor: r.cfg.Agent, SponsorBIC: r.cfg.BankBIC, CreditorBIC: r.cfg.BankBIC}
	message, reason, err = agents.CreditTransfer(op, r.now())
	return PathCreditTransfer, message, reason, err
}

// Query implements adapters.Rail: a pacs.028 about the pacs.008 or the pacs.004.
func (r *Rail) Query(ctx context.Context, op adapters.Operation) adapters.Evidence {
	unknown := func(err error) adapters.Evidence { // a question that did not arrive says nothing about the operation
		return adapters.Evidence{State: adapters.Unknown, Origin: adapters.FromQuery, Err: err}
	}
	original, id := clearing.Spoken(r.dialect, iso20022.MessageCreditTransfer), clearing.PaymentID(op.ID)
	if op.Kind == messaging.KindRefund {
		original, id.UETR = clearing.Spoken(r.dialect, iso20022.MessagePaymentReturn), op.CollectionRef
	}
	message, err := clearing.StatusRequest(r.dialect, original, id, r.now())
	if err != nil {
		return unknown(err)
	}
	if r.folder != nil {
		if err := r.leave(op.ID, PathStatusRequest, message); err != nil {
			return unknown(err)
		}
		return adapters.Evidence{State: adapters.Accepted, Origin: adapters.FromQuery, Text: "asked in the folder"}
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timers.SubmitTimeout)
	defer cancel()
	answer, err := r.post(ctx, PathStatusRequest, message)
	if err != nil {
		return unknown(err)
	}
	return reported(op, answer, adapters.FromQuery)
}

var errOriginal = errors.New("bank: the report is about another payment")

// reported reads a pacs.002 about op.
func reported(op adapters.Operation, message []byte, origin adapters.Origin) adapters.Evidence {
	report, err := iso20022.ParseStatusReport(message)
	if err == nil && !isAbout(report, op) {
		err = errOriginal
	}
	if err != nil {
		return adapters.Evidence{State: adapters.Unknown, Origin: origin, Err: err}
	}
	return evidence(report, origin)
}

// isAbout tells whether a report names op by every id that it states. A return bears the returned payment's UETR.
func isAbout(report iso20022.StatusReport, op adapters.Operation) bool {
	if op.Kind == messaging.KindRefund {
		if report.ID.UETR != "" && report.ID.UETR != op.CollectionRef {
			return false
		}
		report.ID.UETR = ""
		return aboutReturn(report) && clearing.About(report, op.ID)
	}
	return iso20022.Family(report.OriginalMessage) == kindTransfer && clearing.About(report, op.ID)
}

// evidence maps a report. The account in one about a return may be either side's, so it is nobody's.
func evidence(report iso20022.StatusReport, origin adapters.Origin) adapters.Evidence {
	e := clearing.Evidence(report, origin)
	if aboutReturn(report) {
		e.Account = ""
	}
	return e
}
