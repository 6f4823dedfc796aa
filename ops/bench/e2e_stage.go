package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/sync/errgroup"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/engine"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store"
)

// logOrigin names the settlement log of a run.
const logOrigin = "ayni.bench/log"

// house is a folder with the servers of a run: PostgreSQL as a child, and JetStream in this process.
type house struct {
	servers   *dev.Servers
	temporary string // the folder to remove, "" where it stays
	books     *store.Ledger
	admin     *pgx.Conn // as the superuser: for settings, for reading back, and for the raw COPY
	postgres  int       // pid of the server's first process
}

// openHouse starts servers that flush, and says so only after having asked them. JetStream's own start fails where
// it would not flush every message.
func openHouse(ctx context.Context, dir string, participants []string, log *slog.Logger) (*house, error) {
	h := &house{}
	var err error
	if dir == "" {
		h.temporary, err = temporaryDir()
		dir = h.temporary
	} else if entries, readErr := os.ReadDir(dir); readErr == nil && len(entries) > 0 {
		err = fmt.Errorf("bench: %s is not empty: a run begins with nothing", dir)
	}
	if err == nil {
		h.servers, err = dev.Start(ctx, dev.Config{Dir: dir, Participants: participants, Logger: log})
	}
	if err == nil {
		err = h.connect(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, h.close(context.WithoutCancel(ctx)))
	}
	return h, nil
}

// temporaryDir makes a folder that PostgreSQL's own user may pass through.
func temporaryDir() (string, error) {
	dir, err := os.MkdirTemp("", "ayni-bench-")
	if err == nil {
		err = os.Chmod(dir, 0o711) //nolint:gosec // see above
	}
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	return dir, nil
}

func (h *house) connect(ctx context.Context) (err error) {
	if err := store.Migrate(ctx, h.servers.DatabaseURL()); err != nil {
		return err
	}
	if h.books, err = store.Open(ctx, h.servers.DatabaseURL()); err != nil {
		return err
	}
	if h.admin, err = pgx.Connect(ctx, h.servers.DatabaseURL()); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	for _, setting := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := h.admin.QueryRow(ctx, "SHOW "+setting).Scan(&value); err != nil {
			return fmt.Errorf("bench: %s: %w", setting, err)
		}
		if value != "on" {
			return fmt.Errorf("bench: %s is %s: what is measured must be on the disk", setting, value)
		}
	}
	var session int
	if err := h.admin.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&session); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	h.postgres, _, _ = procStat(session) // sessions are children of the first process; 0 where it cannot be told
	return nil
}

func (h *house) close(ctx context.Context) error {
	if h.books != nil {
		h.books.Close()
	}
	var err error
	if h.admin != nil {
		err = h.admin.Close(ctx)
	}
	if h.servers != nil {
		err = errors.Join(err, h.servers.Close(ctx))
	}
	if h.temporary != "" {
		err = errors.Join(err, os.RemoveAll(h.temporary))
	}
	return err
}

// spent is what a run has used so far.
type spent struct {
	own, postgres usage
	wal, streams  int64 // bytes
}

func (h *house) spent(ctx context.Context) (s spent, err error) {
	if s.own, err = ownUsage(); err != nil {
		return s, err
	}
	if h.postgres > 0 {
		if s.postgres, err = treeUsage(h.postgres); err != nil {
			return s, err
		}
	}
	if err := h.admin.QueryRow(ctx, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint").Scan(&s.wal); err != nil {
		return s, fmt.Errorf("bench: WAL: %w", err)
	}
	s.streams, err = folderSize(filepath.Join(h.servers.Dir, "nats"))
	return s, err
}

// stage is a house with a switch and its participants at work.
type stage struct {
	*house
	market *market
	meter  *meter
	heard  *heard
	desks  []*desk
	public note.Verifier // of the settlement log
	logKey string        // that public is made of

	hub    *messaging.Hub
	cancel context.CancelCauseFunc
	group  *errgroup.Group
	ctx    context.Context // ends with the first thing that breaks
}

var errClosed = errors.New("bench: closed")

// openStage starts everything, admits everybody and funds them.
func openStage(ctx context.Context, dir string, m *market, log *slog.Logger) (*stage, error) {
	names := make([]string, len(m.members))
	for i, p := range m.members {
		names[i] = p.name
	}
	h, err := openHouse(ctx, dir, names, log)
	if err != nil {
		return nil, err
	}
	s := &stage{house: h, market: m, meter: newMeter(), heard: newHeard()}
	ctx, s.cancel = context.WithCancelCause(ctx)
	s.group, s.ctx = errgroup.WithContext(ctx)
	err = s.openSwitch(log)
	if err == nil {
		err = s.admit()
	}
	if err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	return s, nil
}

// openSwitch starts the engine and connects the participants.
func (s *stage) openSwitch(log *slog.Logger) error {
	signer, err := newSigner()
	if err != nil {
		return err
	}
	if s.hub, err = messaging.ConnectHub(s.ctx, messaging.HubConfig{Endpoint: s.servers.HubEndpoint(), Signer: signer, Log: log}); err != nil {
		return err
	}
	private, public, err := note.GenerateKey(rand.Reader, logOrigin)
	if err != nil {
		return fmt.Errorf("bench: log key: %w", err)
	}
	logSigner, err := note.NewSigner(private)
	if err != nil {
		return fmt.Errorf("bench: log key: %w", err)
	}
	s.logKey = public
	if s.public, err = note.NewVerifier(public); err != nil {
		return fmt.Errorf("bench: log key: %w", err)
	}
	keys, err := persons.Create(filepath.Join(s.servers.Dir, "persons.keys"))
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	e := engine.New(engine.Config{
		Ledger: s.books, Hub: s.hub, Signer: logSigner, Holder: "bench", Clock: time.Now, Log: log, Notice: s.meter.notice,
		Persons: keys,
	})
	s.run(partSwitch, func(ctx context.Context) error {
		if err := e.Run(ctx); ctx.Err() == nil {
			return fmt.Errorf("bench: the engine ended: %w", err)
		}
		return nil
	})
	for _, p := range s.market.members {
		signer, err := newSigner()
		if err != nil {
			return err
		}
		salter, err := newSalter()
		if err != nil {
			return err
		}
		client, err := messaging.ConnectClient(s.ctx, messaging.ClientConfig{
			Endpoint: s.servers.ParticipantEndpoint(p.name), Participant: p.name, Signer: signer, Salter: salter, SwitchKey: s.hub.PublicKey(), Log: log,
		})
		if err != nil {
			return err
		}
		d := newDesk(s.market, p.name, client, signer, salter, s.heard)
		s.desks = append(s.desks, d)
		s.run("intents", d.publishIntents)
		s.run("outcomes", d.publishOutcomes)
		s.run("receive", d.receive)
	}
	return nil
}

// partSwitch is the part that is the switch itself.
const partSwitch = "switch"

// run starts a part. Profiles tell the parts apart by their label.
func (s *stage) run(part string, work func(context.Context) error) {
	s.group.Go(func() (err error) {
		pprof.Do(s.ctx, pprof.Labels("part", part), func(ctx context.Context) { err = work(ctx) })
		return err
	})
}

func newSigner() (*messaging.Signer, error) {
	seed, err := messaging.NewSeed()
	if err != nil {
		return nil, err
	}
	return messaging.NewSigner(seed)
}

// admit admits the provider and everybody, funds them, and publishes the quotes.
func (s *stage) admit() error {
	usd := fx.MustCurrency("USD")
	err := s.ask("admit", settlement.CommandAddParticipant, settlement.AddParticipant{
		Name: provider, Currency: usd, Role: settlement.RoleProvider, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1,
	})
	if err != nil {
		return err
	}
	for c, liquidity := range s.market.pools {
		if err := s.ask("pool", settlement.CommandFund, settlement.Fund{
			Participant: provider, Currency: s.market.currencies[c], AmountMinor: liquidity,
		}); err != nil {
			return err
		}
	}
	for i, p := range s.market.members {
		currency := s.market.currencies[p.currency]
		if err := s.ask("admit", settlement.CommandAddParticipant, settlement.AddParticipant{
			Name: p.name, Country: p.country, Currency: currency, Role: settlement.RoleOperator,
			SigningKey: s.desks[i].signer.PublicKey(), PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: payoutMost,
		}); err != nil {
			return err
		}
		if err := s.ask("fund", settlement.CommandFund, settlement.Fund{
			Participant: p.name, Currency: currency, AmountMinor: p.prefundMinor,
		}); err != nil {
			return err
		}
		if err := s.ask("terms", settlement.CommandCreditTerms, settlement.CreditTerms{
			Participant: p.name, Currency: currency, UnsecuredMinor: p.creditMinor,
		}); err != nil {
			return err
		}
		if err := s.ask("line", settlement.CommandCreditLine, settlement.CreditLine{
			Participant: p.name, Currency: currency, AmountMinor: p.creditMinor,
		}); err != nil {
			return err
		}
	}
	var quotes settlement.Quotes
	for _, row := range s.market.quotes {
		for _, q := range row {
			if q.ID != "" {
				quotes.Quotes = append(quotes.Quotes, q)
			}
		}
	}
	if len(quotes.Quotes) == 0 {
		return nil
	}
	return s.ask("quotes", settlement.CommandQuotes, quotes)
}

// payoutMost is what a participant pays out at most: the switch's own limit on a transfer.
const payoutMost = 1_000_000_000_000

// ask has the engine carry out a command.
func (s *stage) ask(why string, kind settlement.CommandKind, body any) error {
	text, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("bench: %s: %w", why, err)
	}
	id, err := s.books.Ask(s.ctx, fmt.Sprintf("%s %s", why, text), kind, text)
	if err != nil {
		return err
	}
	fault, err := s.books.AwaitCommand(s.ctx, id)
	if err != nil {
		return errors.Join(err, context.Cause(s.ctx))
	}
	if fault != "" {
		return fmt.Errorf("bench: %s was refused: %s", why, fault)
	}
	return nil
}

// close ends everything and waits for it. The error is of what broke, nil where nothing did.
func (s *stage) close(ctx context.Context) error {
	s.cancel(errClosed)
	err := s.group.Wait()
	for _, d := range s.desks {
		d.client.Close()
	}
	if s.hub != nil {
		s.hub.Close()
	}
	return errors.Join(err, s.house.close(context.WithoutCancel(ctx)))
}
