package gcash

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

// Rail is a wallet with instant payouts. It keeps nothing that matters.
type Rail struct {
	cfg          Config
	sink         adapters.Sink
	wallet, bank *endpoint
	door         adapters.Door
	callbackPath string // as the senders sign it
	acks         ackCache
	now          func() time.Time
}

var _ adapters.Rail = (*Rail)(nil)

const railName = "gcash"

// idleConns keeps connections alive between calls: a payout is one short call, many at a time.
const idleConns = 64

// New makes the rail. It calls nobody yet.
func New(cfg Config, sink adapters.Sink) (*Rail, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	r := &Rail{cfg: cfg, sink: sink, now: time.Now}
	if r.door, err = adapters.NewDoor(cfg.CallbackPrefix, cfg.CallbackSources, MaxBodyBytes); err != nil {
		return nil, fmt.Errorf("gcash: %w", err)
	}
	callback, err := url.Parse(cfg.CallbackBaseURL + cfg.CallbackPrefix)
	if err != nil {
		return nil, fmt.Errorf("gcash: callback URL: %w", err)
	}
	r.callbackPath = callback.EscapedPath()
	client := &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: cfg.Timers.SubmitTimeout}).DialContext,
			MaxIdleConns:        2 * idleConns,
			MaxIdleConnsPerHost: idleConns,
			IdleConnTimeout:     time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w := cfg.Wallet
	r.wallet = &endpoint{name: "wallet", base: w.BaseURL, contentType: "application/json", client: client, now: r.clock}
	if r.wallet.signer, err = NewRSASigner(w.ClientID, w.KeyVersion, w.PrivateKeyPEM); err != nil {
		return nil, err
	}
	if r.wallet.verifier, err = NewRSAVerifier(w.WalletClientID, w.WalletKeyVersion, w.WalletKeyPEM, cfg.MaxSkew); err != nil {
		return nil, err
	}
	b := cfg.Bank
	r.bank = &endpoint{name: "bank", base: b.BaseURL, contentType: "application/xml", client: client, now: r.clock}
	if r.bank.signer, err = NewHMACSigner(b.ClientID, b.KeyVersion, b.Secret); err != nil {
		return nil, err
	}
	if r.bank.verifier, err = NewHMACVerifier(b.ClientID, b.KeyVersion, b.Secret, cfg.MaxSkew); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Rail) clock() time.Time { return r.now() }

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

// Submit implements adapters.Rail: a pacs.008 for a payout, a refund request for a refund.
func (r *Rail) Submit(ctx context.Context, op adapters.Operation) adapters.Evidence {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timers.SubmitTimeout)
	defer cancel()
	if op.Kind == messaging.KindRefund {
		return r.refund(ctx, op)
	}
	return r.credit(ctx, op)
}

// Query implements adapters.Rail: a pacs.028 for a payout, an inquiry for a refund.
func (r *Rail) Query(ctx context.Context, op adapters.Operation) adapters.Evidence {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timers.SubmitTimeout)
	defer cancel()
	if op.Kind == messaging.KindRefund {
		return r.inquireRefund(ctx, op)
	}
	return r.chase(ctx, op)
}

// unknown is evidence of nothing. Only an error that says so makes a retry safe.
func unknown(origin adapters.Origin, err error) adapters.Evidence {
	return adapters.Evidence{State: adapters.Unknown, Origin: origin, RetrySafe: retrySafe(err), Err: err}
}
