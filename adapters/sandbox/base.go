package sandbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/time/rate"

	"github.com/ayni-switch/ayni/fx"
)

// Config is what every sandbox is told.
type Config struct {
	LedgerPath string // file of the ledger, created if absent
	Currency   fx.Currency
	Seed       uint64
	Faults     Faults
	// SettleDelay is how long after acceptance the rail decides; zero means DefaultSettleDelay.
	SettleDelay time.Duration
	// Workers is how many callbacks are on their way at once; zero means DefaultWorkers.
	Workers int
}

// Defaults of Config.
const (
	DefaultSettleDelay = 2 * time.Millisecond
	DefaultWorkers     = 64
)

const (
	maxAdminBytes    = 64 << 10
	maxAnswerBytes   = 64 << 10
	callbackTimeout  = 10 * time.Second
	longestSilence   = 2 * time.Minute // after which even a silent rail's proxy hangs up
	idleConnsPerHost = 64
)

// Base is the part of a Server that does not know the wire format.
type Base struct {
	Ledger   *Ledger
	Dice     Dice
	Currency fx.Currency

	settleDelay time.Duration
	faults      atomic.Pointer[Faults]
	rate        *rate.Limiter
	workers     *Workers
	transport   *http.Transport
	client      *http.Client
}

// NewBase opens the ledger and starts the workers. Operations that were accepted before a restart wait
// for Undecided.
func NewBase(cfg Config) (*Base, error) {
	if cfg.Currency.IsZero() {
		return nil, fmt.Errorf("sandbox: no currency")
	}
	if err := cfg.Faults.Validate(); err != nil {
		return nil, err
	}
	if cfg.SettleDelay == 0 {
		cfg.SettleDelay = DefaultSettleDelay
	}
	if cfg.Workers <= 0 {
		cfg.Workers = DefaultWorkers
	}
	ledger, err := OpenLedger(cfg.LedgerPath)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: callbackTimeout}).DialContext,
		MaxIdleConns:        4 * idleConnsPerHost,
		MaxIdleConnsPerHost: idleConnsPerHost,
		IdleConnTimeout:     time.Minute,
	}
	b := &Base{
		Ledger:      ledger,
		Dice:        Dice{Seed: cfg.Seed},
		Currency:    cfg.Currency,
		settleDelay: cfg.SettleDelay,
		workers:     NewWorkers(cfg.Workers),
		rate:        rate.NewLimiter(rate.Inf, 1),
		transport:   transport,
		client: &http.Client{
			Timeout:       callbackTimeout,
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	b.setFaults(cfg.Faults)
	return b, nil
}

// Close stops the workers, waits for them and closes the ledger.
func (b *Base) Close() error {
	b.workers.Close()
	b.client.CloseIdleConnections()
	return b.Ledger.Close()
}

// Faults returns the faults that hold now.
func (b *Base) Faults() Faults { return *b.faults.Load() }

// SetFaults switches the faults from the next request on. Errors are *FaultsError.
func (b *Base) SetFaults(faults Faults) error {
	if err := faults.Validate(); err != nil {
		return err
	}
	b.setFaults(faults)
	return nil
}

func (b *Base) setFaults(faults Faults) {
	limit := rate.Inf
	if faults.RatePerS > 0 {
		limit = rate.Limit(faults.RatePerS)
	}
	b.rate.SetLimit(limit)
	b.rate.SetBurst(max(faults.RatePerS, 1))
	b.faults.Store(&faults)
	b.transport.CloseIdleConnections() // what was shown when they were made may not hold any more
}

// CallBy has callbacks delivered by TLS in this way. It is called before the first.
func (b *Base) CallBy(config *tls.Config) { b.transport.TLSClientConfig = config }

// Now is the rail's time.
func (b *Base) Now() time.Time {
	return time.Now().Add(time.Duration(b.Faults().ClockSkewMS) * time.Millisecond)
}

// Operations visits every operation in the books, in the order of kinds and ids, until visit returns an error.
func (b *Base) Operations(visit func(Operation) error) error {
	var stopped error
	err := b.Ledger.Each("", func(op Operation) bool {
		stopped = visit(op)
		return stopped == nil
	})
	return errors.Join(stopped, err)
}

// Admit lets a request of the rail's API in. Otherwise the rail is down, and the request has been dealt with, or it
// comes too fast: limited answers as the rail does then. Where a connection is cut or nothing is answered it does not
// return.
func (b *Base) Admit(w http.ResponseWriter, r *http.Request, limited func(http.ResponseWriter)) bool {
	switch b.Faults().Outage {
	case OutageRefuse:
		panic(http.ErrAbortHandler)
	case OutageHang:
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxAnswerBytes)) // or nobody would notice that the client has gone
		b.Silence(r)
	case OutageError:
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return false
	case OutageNone:
	}
	if !b.rate.Allow() {
		limited(w)
		return false
	}
	return true
}

// Visible tells whether status queries show an accepted operation already.
func (b *Base) Visible(op Operation) bool {
	late := b.Fate(op.Kind, op.FateKey).LateVisible
	return time.Since(time.UnixMilli(op.CreatedMS)) >= late
}

// Totals sums the ledger by kind and state.
func (b *Base) Totals() (Totals, error) { return b.Ledger.Totals() }

// Fate reads the dice for an operation under the faults that hold now.
func (b *Base) Fate(kind, fateKey string) Fate { return b.Faults().Fate(b.Dice, kind, fateKey) }

// Strike says what fate does to this request for the operation. Errors and silences hit the first
// attempt only, so it counts attempts, durably, where the fate has any.
func (b *Base) Strike(kind, id string, fate Fate) (Strike, error) {
	if !fate.Error && !fate.Timeout {
		return NoStrike, nil
	}
	attempt, err := b.Ledger.Attempt(kind, id)
	switch {
	case err != nil || attempt > 1:
		return NoStrike, err
	case fate.Error:
		return StrikeError, nil
	case fate.TimeoutAccepted:
		return StrikeTimeoutAccepted, nil
	default:
		return StrikeTimeout, nil
	}
}

// Silence holds a request without an answer until the client gives up or the sandbox closes, and then
// aborts the connection. The request's body must have been read. It does not return.
func (b *Base) Silence(r *http.Request) {
	limit := time.NewTimer(longestSilence)
	defer limit.Stop()
	select {
	case <-r.Context().Done():
	case <-b.workers.Done():
	case <-limit.C:
	}
	panic(http.ErrAbortHandler)
}

// Decide settles or declines an accepted operation, as the dice say, and returns it. ref is its
// receipt if it settles; codes are what the rail may decline with, one of which the dice choose.
// An operation that was decided before is returned as it is.
func (b *Base) Decide(op Operation, ref string, codes []string) (Operation, error) {
	stored, found, err := b.Ledger.Get(op.Kind, op.ID)
	if err != nil || (found && stored.State != Accepted) {
		return stored, err
	}
	if b.Fate(op.Kind, op.FateKey).Decline && len(codes) > 0 {
		pick := b.Dice.Uint64("decline-code/"+op.Kind, op.FateKey) % uint64(len(codes))
		return b.Ledger.Decline(op.Kind, op.ID, codes[pick])
	}
	return b.Ledger.Settle(op.Kind, op.ID, ref)
}

// Undecided lists the operations that an earlier run accepted and did not decide. The rail's sandbox
// decides them when it starts; it promises no callback.
func (b *Base) Undecided() ([]Operation, error) {
	var undecided []Operation
	err := b.Ledger.Each("", func(op Operation) bool {
		if op.State == Accepted {
			undecided = append(undecided, op)
		}
		return true
	})
	return undecided, err
}

// Book writes a customer's payment into the ledger as a settled collection. ref is its receipt, which
// is also its alias. created is false when the same payment is there already; a payment with the same
// OrderRef and other contents is a *ConflictError.
func (b *Base) Book(p CustomerPayment, ref string) (op Operation, created bool, err error) {
	fault := func(fault string) (Operation, bool, error) {
		return Operation{}, false, &ConflictError{Kind: KindCollection, ID: p.OrderRef, Fault: fault}
	}
	if p.Amount.Currency != b.Currency || p.Amount.Minor <= 0 {
		return fault(fmt.Sprintf("cannot collect %s in %s", p.Amount, b.Currency))
	}
	op, created, err = b.Ledger.Create(Operation{
		Kind: KindCollection, ID: p.OrderRef, FateKey: p.OrderRef, Aliases: []string{ref},
		Account: p.Payer, Name: p.PayerName, Minor: p.Amount.Minor,
		State: Settled, Ref: ref, CreatedMS: time.Now().UnixMilli(),
	})
	if err == nil && !created && (op.Minor != p.Amount.Minor || op.Account != p.Payer) {
		return fault("paid before, otherwise")
	}
	return op, created, err
}

// Settling runs job when the rail decides on an operation of this fate.
func (b *Base) Settling(fate Fate, job func(context.Context)) error {
	return b.workers.Later(b.settleDelay+fate.Delay, job)
}

// Later runs job after delay. Errors are ErrClosed and ErrBusy.
func (b *Base) Later(delay time.Duration, job func(context.Context)) error {
	return b.workers.Later(delay, job)
}

// Deliver sends a callback over a kept-alive connection and returns the answer's status and its first
// 64 KiB. It follows no redirect and retries nothing.
func (b *Base) Deliver(r *http.Request) (status int, body []byte, err error) {
	response, err := b.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	return response.StatusCode, body, err
}

// Taken delivers a callback, and tells whether it was taken.
func (b *Base) Taken(r *http.Request) bool {
	status, _, err := b.Deliver(r)
	return err == nil && status/100 == 2
}

// Mount adds GET and PUT /admin/faults, GET /admin/ledger, which sums it, and GET /admin/operations, which has a line
// of JSON for each operation.
func (b *Base) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /admin/faults", func(w http.ResponseWriter, _ *http.Request) {
		WriteJSON(w, http.StatusOK, b.Faults())
	})
	mux.HandleFunc("PUT /admin/faults", func(w http.ResponseWriter, r *http.Request) {
		var faults Faults
		err := json.UnmarshalRead(http.MaxBytesReader(w, r.Body, maxAdminBytes), &faults,
			json.RejectUnknownMembers(true))
		if err == nil {
			err = b.SetFaults(faults)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		WriteJSON(w, http.StatusOK, faults)
	})
	mux.HandleFunc("GET /admin/ledger", func(w http.ResponseWriter, _ *http.Request) {
		totals, err := b.Totals()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		WriteJSON(w, http.StatusOK, totals)
	})
	mux.HandleFunc("GET /admin/operations", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		err := b.Operations(func(op Operation) error {
			if err := json.MarshalWrite(w, op); err != nil {
				return err
			}
			_, err := io.WriteString(w, "\n")
			return err
		})
		if err != nil {
			panic(http.ErrAbortHandler) // the list is not whole, and must not look so
		}
	})
}

// WriteJSON answers with value as JSON.
func WriteJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone, which is its own affair
}
