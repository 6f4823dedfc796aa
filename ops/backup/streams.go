package backup

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/postgres"
)

// Streams is what Reconnect found, and did.
type Streams struct {
	Resumed []string // participants whose stream was lost or another: it goes on behind what was read
	Ahead   bool     // participants were told what the ledger does not know
	Told    bool     // everything is told again, on new streams
	Aside   string   // folder of the streams that were there before; "" of none
}

// Reconnect holds the embedded broker's streams of a data folder that nobody runs against its ledger, and puts right
// what an engine would halt on, because streams or ledger were lost, or put back to an earlier moment. What agrees stays.
// What is told again is told under the same transfers, which adapters carry out once. Where the ledger was put back,
// what it lost comes again from streams that are still there, or else from adapters that had no answer, as other
// transfers: adapters pay an intent once, whatever transfer it comes under.
func Reconnect(ctx context.Context, dir string, log *slog.Logger) (found *Streams, err error) {
	lock, err := dev.AcquireLock(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	server, err := postgres.Start(ctx, postgres.Config{Dir: dir, Logger: log})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Stop(context.WithoutCancel(ctx))) }()
	url := server.URL(postgres.Superuser, database)
	if err := store.Migrate(ctx, url); err != nil { // a backup may be of an earlier version
		return nil, err
	}
	books, err := store.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	defer books.Close()
	r := reconnecting{books: books, broker: messaging.ServerConfig{Dir: filepath.Join(dir, "nats"), Log: log}}
	return r.run(ctx)
}

// reconnecting is a ledger, and the broker beside it.
type reconnecting struct {
	books  *store.Ledger
	broker messaging.ServerConfig
	read   map[string]messaging.Position
}

func (r reconnecting) run(ctx context.Context) (*Streams, error) {
	participants, err := r.books.Participants(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range participants {
		if p.Role != settlement.RoleProvider {
			r.broker.Participants = append(r.broker.Participants, p.Name)
		}
	}
	if r.read, err = r.books.Positions(ctx); err != nil {
		return nil, err
	}
	found := &Streams{}
	if err := r.with(ctx, func(s *messaging.Server) error { return r.look(ctx, s, found) }); err != nil {
		return nil, err
	}
	var aside []string
	for _, name := range found.Resumed {
		aside = append(aside, messaging.StreamFrom(name))
	}
	if found.Told {
		aside = append(aside, messaging.StreamsHeard(r.broker.Participants)...)
	}
	if aside == nil {
		return found, nil
	}
	found.Aside = "streams-until-" + time.Now().UTC().Format("20060102T150405Z")
	if err := messaging.SetAside(r.broker.Dir, found.Aside, aside...); err != nil {
		return nil, err
	}
	return found, r.with(ctx, func(s *messaging.Server) error { return r.mend(ctx, s, found) })
}

// with runs the broker while do does.
func (r reconnecting) with(ctx context.Context, do func(*messaging.Server) error) error {
	s, err := messaging.StartServer(ctx, r.broker)
	if err != nil {
		return err
	}
	defer s.Close()
	return do(s)
}

// look finds what an engine would halt on, and what participants would never hear.
func (r reconnecting) look(ctx context.Context, s *messaging.Server, found *Streams) error {
	var err error
	if found.Resumed, err = s.Astray(ctx, r.read); err != nil {
		return err
	}
	told, last, err := r.books.Told(ctx)
	if err != nil {
		return err
	}
	for _, name := range r.broker.Participants {
		end, _, err := s.LastDelivery(ctx, name)
		if err != nil {
			return err
		}
		said, err := r.books.Outbox(ctx, []int64{end.Number})
		if err != nil {
			return err
		}
		kept, ok := said[end.Number]
		other := ok && (kept.Participant != name || kept.Kind != end.Kind || !bytes.Equal(kept.Payload, end.Payload))
		found.Ahead = found.Ahead || end.Number > last || other
		found.Told = found.Told || found.Ahead || end.Number < told[name]
	}
	return nil
}

// mend makes anew what was set aside.
func (r reconnecting) mend(ctx context.Context, s *messaging.Server, found *Streams) error {
	lost := map[string]messaging.Position{}
	for _, name := range found.Resumed {
		lost[name] = r.read[name]
	}
	positions, err := s.Resume(ctx, lost)
	if err != nil {
		return err
	}
	if err := s.Provision(ctx); err != nil {
		return err
	}
	return r.books.ResumeStreams(ctx, positions, found.Told)
}
