package gcash_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/gcash"
	"github.com/ayni-switch/ayni/adapters/gcash/sandbox"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

const (
	patience = 20 * time.Second // a signal that takes longer is not coming
	prefix   = "/cb_0123456789abcdefghijkl"
	secret   = "a shared secret of some length"
)

var php = fx.MustCurrency("PHP")

type keyPair struct{ private, public string }

// keys makes the two key pairs once: they cost a second.
var keys = sync.OnceValues(func() (ours, wallets keyPair) {
	for _, pair := range []*keyPair{&ours, &wallets} {
		private, public, err := gcash.NewKeyPair(gcash.MinRSABits)
		if err != nil {
			panic(err)
		}
		*pair = keyPair{private, public}
	}
	return ours, wallets
})

// heard is one thing that reached the sink.
type heard struct {
	operation, railID string
	evidence          adapters.Evidence
	collection        adapters.Collection
}

// sink hands on what it hears. refuse makes it fail.
type sink struct {
	heard  chan heard
	mu     sync.Mutex
	refuse error
}

func (s *sink) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refuse
}

func (s *sink) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = err
}

func (s *sink) Evidence(_ context.Context, operation, railID string, e adapters.Evidence) error {
	if err := s.err(); err != nil {
		return err
	}
	s.heard <- heard{operation: operation, railID: railID, evidence: e}
	return nil
}

func (s *sink) Collected(_ context.Context, c adapters.Collection) error {
	if err := s.err(); err != nil {
		return err
	}
	s.heard <- heard{collection: c}
	return nil
}

// next waits for the next thing that reaches the sink.
func (s *sink) next(tb testing.TB) heard {
	tb.Helper()
	select {
	case h := <-s.heard:
		return h
	case <-time.After(patience):
		require.FailNow(tb, "no callback came")
		return heard{}
	}
}

// bench is a rail and its sandbox, each behind a real HTTP server.
type bench struct {
	rail    *gcash.Rail
	sandbox *sandbox.Server
	sink    *sink
	api     *httptest.Server
	config  gcash.Config
	peer    sandbox.Config
	handler *swap
	// peerHandler is what the rail's calls reach.
	peerHandler *swap
}

// swap serves whatever handler it holds, so that a URL can exist before its server.
type swap struct {
	mu      sync.Mutex
	handler http.Handler
}

func (s *swap) set(h http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = h
}

func (s *swap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	h := s.handler
	s.mu.Unlock()
	h.ServeHTTP(w, r)
}

func serve(tb testing.TB, h http.Handler) *httptest.Server {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: h, ReadHeaderTimeout: patience}}
	server.Start()
	tb.Cleanup(server.Close)
	return server
}

// newBench starts both. spoil may change either configuration first; both may be nil.
func newBench(tb testing.TB, faults kit.Faults, spoil func(*gcash.Config, *sandbox.Config)) *bench {
	tb.Helper()
	ours, wallets := keys()
	b := &bench{sink: &sink{heard: make(chan heard, 1024)}, handler: &swap{handler: http.NotFoundHandler()}}
	callbacks := serve(tb, b.handler)
	b.peerHandler = &swap{handler: http.NotFoundHandler()}
	b.api = serve(tb, b.peerHandler)
	bank := gcash.BankConfig{BaseURL: b.api.URL, ClientID: "ayni-ph", KeyVersion: "3", Secret: secret}
	b.config = gcash.Config{
		Currency: php, PayoutMaxMinor: 5_000_000, ConfirmAboveMinor: 1_000_000,
		CallbackBaseURL: callbacks.URL, CallbackPrefix: prefix,
		Wallet: gcash.WalletConfig{
			BaseURL: b.api.URL, PartnerID: "P1", ClientID: "ayni", KeyVersion: "1", PrivateKeyPEM: ours.private,
			WalletClientID: "wallet", WalletKeyVersion: "2", WalletKeyPEM: wallets.public,
		},
		Bank: bank,
		Clearing: gcash.ClearingConfig{
			System: "INSTAPAY", DebtorAgent: iso20022.Agent{Other: "ayni-ph"}, SponsorBIC: "BOPIPHMMXXX", CreditorBIC: "GXCHPHM2XXX",
		},
	}
	b.peer = sandbox.Config{
		Config:      kit.Config{LedgerPath: filepath.Join(tb.TempDir(), "ledger"), Currency: php, Seed: 7, Faults: faults, Workers: 1},
		CallbackURL: callbacks.URL + prefix, PayoutMaxMinor: 5_000_000, CreditorBIC: "GXCHPHM2XXX",
		Wallet: sandbox.WalletConfig{
			PartnerID: "P1", ClientID: "ayni", KeyVersion: "1", ClientKeyPEM: ours.public,
			WalletClientID: "wallet", WalletKeyVersion: "2", PrivateKeyPEM: wallets.private,
		},
		Bank: bank,
	}
	if spoil != nil {
		spoil(&b.config, &b.peer)
	}
	var err error
	b.rail, err = gcash.New(b.config, b.sink)
	require.NoError(tb, err)
	b.handler.set(b.rail.Handler())
	b.sandbox, err = sandbox.New(b.peer)
	require.NoError(tb, err)
	b.peerHandler.set(b.sandbox)
	tb.Cleanup(func() { _ = b.sandbox.Close() })
	return b
}

func payout(id string) adapters.Operation {
	return adapters.Operation{
		ID: id, Kind: messaging.KindPayout, Amount: fx.Money{Minor: 123_456, Currency: php},
		Beneficiary: messaging.Party{Name: "Maria Santos", Account: "639170000001"},
		Originator:  messaging.Party{Name: "Amani Otieno", Account: "254700000001", Address: "Kenyatta Avenue 1, Nairobi"},
		Reference:   "for school",
	}
}

// asked queries until the rail's answer is final.
func (b *bench) asked(tb testing.TB, op adapters.Operation) adapters.Evidence {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		if e := b.rail.Query(ctx, op); e.State == adapters.Settled || e.State == adapters.Failed {
			return e
		}
	}
	require.FailNow(tb, "never final")
	return adapters.Evidence{}
}

// unlucky finds an account whose fate under faults is wanted.
func (b *bench) unlucky(tb testing.TB, kind string, wanted func(kit.Fate) bool) string {
	tb.Helper()
	for i := range 10_000 {
		account := strconv.Itoa(639_170_000_000 + i)
		if wanted(b.sandbox.Fate(kind, account)) {
			return account
		}
	}
	require.FailNow(tb, "no such account")
	return ""
}
