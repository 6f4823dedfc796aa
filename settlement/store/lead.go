package store

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/ayni-switch/ayni/messaging/failpoint"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/mutant"
)

// leadLock is the advisory lock that the leading engine's session holds ("ayni" in ASCII).
const leadLock = 0x61796e69

// closeTimeout bounds saying goodbye to the server when the caller's context has already ended.
const closeTimeout = 2 * time.Second

const (
	// renewEvery is how often a leader says that it is alive.
	renewEvery = time.Second
	// leaseTime is how long a leader may say nothing before another ends its session. One that died loses its
	// session, and with it the lock, at once; this is for one that was stopped or cannot be reached.
	leaseTime = 10 * time.Second
)

// Lead is the right to write batches. It lives on one connection: the advisory lock is that session's,
// every batch is written by that session, and each batch's transaction checks the fencing epoch. So a
// leader that lost its session has lost the lock and cannot write, and a leader that was replaced while
// it slept finds another epoch.
type Lead struct {
	conn  *pgx.Conn
	epoch int64
	month string      // whose partitions are known to exist, with those of the next
	spare chan []byte // rows of batches before: the next is about as large
}

// Encoded is a batch as it goes to the server.
type Encoded struct {
	batch *ledger.Batch
	wire  wire
}

// TakeLead waits until no other engine leads, and raises the epoch. holder is for people to read. A leader
// that has not renewed its lease for too long is made to end.
func (l *Ledger) TakeLead(ctx context.Context, holder string) (*Lead, error) {
	config, err := pgx.ParseConfig(l.url)
	if err != nil {
		return nil, fmt.Errorf("ledger: database URL: %w", err)
	}
	setRole(config, roleEngine)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("ledger: connect to lead: %w", err)
	}
	lead := &Lead{conn: conn, spare: make(chan []byte, 2)} // one on its way, one in the making
	waiting, stop := context.WithCancel(ctx)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		l.endStaleLead(waiting)
	}()
	_, err = conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, leadLock)
	stop()
	<-watching
	if err != nil {
		lead.Release() //nolint:contextcheck // see Release
		return nil, fmt.Errorf("ledger: wait for the lead: %w", err)
	}
	err = conn.QueryRow(ctx, `WITH raised AS (UPDATE ledger.lease SET epoch = epoch + 1, holder = $1 RETURNING epoch)
		UPDATE ledger.lease_renewal SET epoch = raised.epoch, renewed_at = clock_timestamp() FROM raised RETURNING raised.epoch`, holder).
		Scan(&lead.epoch)
	if err != nil {
		lead.Release() //nolint:contextcheck // see Release
		return nil, fmt.Errorf("ledger: raise the epoch: %w", err)
	}
	return lead, nil
}

// endStaleLead looks, until ctx ends, whether the leader still renews, and ends its session where it does not.
// Who may not end it (its user is another's) leaves it to the network's own time-outs.
func (l *Ledger) endStaleLead(ctx context.Context) {
	look := time.NewTicker(renewEvery)
	defer look.Stop()
	for {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
		_ = pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
			end := &pgx.Batch{}
			end.Queue(`SET LOCAL ROLE NONE`) // a session belongs to the user that logged in, and so does the right to end it
			end.Queue(`SELECT pg_terminate_backend(k.pid) FROM ledger.lease_renewal e, pg_locks k
				WHERE e.renewed_at < clock_timestamp() - $1::interval AND k.locktype = 'advisory' AND k.granted
				AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
				AND k.classid = 0 AND k.objid = $2 AND k.objsubid = 1`, leaseTime, uint32(leadLock))
			return tx.SendBatch(ctx, end).Close()
		})
	}
}

// RenewLead says, until ctx ends, that the leader of this epoch is alive: while it loads, writes or waits, for
// as long as that takes. It does so on another session and in a row of its own, which no batch locks. A
// *FencedError says that another engine leads.
func (l *Ledger) RenewLead(ctx context.Context, epoch int64) error {
	again := time.NewTicker(renewEvery)
	defer again.Stop()
	for {
		select {
		case <-again.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		var current int64
		err := l.pool.QueryRow(ctx, `UPDATE ledger.lease_renewal SET renewed_at = CASE WHEN epoch = $1 THEN clock_timestamp() ELSE renewed_at END
			RETURNING epoch`, epoch).Scan(&current)
		if err != nil {
			return fmt.Errorf("ledger: renew the lead: %w", err)
		}
		if current != epoch {
			return fmt.Errorf("ledger: renew the lead: %w", &ledger.FencedError{Mine: epoch, Current: current})
		}
	}
}

// Epoch is the fencing number of this lead.
func (d *Lead) Epoch() int64 { return d.epoch }

// Release gives the lead up by ending its session.
func (d *Lead) Release() {
	// Not the caller's context, which has often ended: that is why the lead is given up.
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = d.conn.Close(ctx) // the lock goes with the session, however it ends
}

// Encode makes a batch ready for Write. It may run while another batch is being written, which must not wait for it:
// it takes a fifth of the time.
func (d *Lead) Encode(b *ledger.Batch) *Encoded {
	e := &Encoded{batch: b}
	select {
	case rows := <-d.spare:
		e.wire.rows = rows[:0]
	default:
	}
	if !mutant.Epoch {
		e.wire.run(fmt.Sprintf(`SELECT ledger.hold_lead(%d)`, d.epoch))
	}
	writeBatch(&e.wire, b, d.epoch)
	return e
}

// Write writes the batch in one transaction, in one round trip. On an error nobody knows whether it was
// committed: the lead must be released and the state loaded again. *FencedError and *PositionError
// wrote nothing.
//
// Isolation: READ COMMITTED is enough. The only concurrent writer could be another engine, and the
// epoch row, read FOR SHARE by ledger.hold_lead, makes its UPDATE wait for this transaction to end, or
// makes this one see the new epoch and fail. Commands are appended by others, in rows that a batch
// never reads.
func (d *Lead) Write(ctx context.Context, e *Encoded) error {
	b := e.batch
	if month := b.DecidedAt.UTC().Format("2006-01"); month != d.month {
		if err := d.MakePartitions(ctx, b.DecidedAt); err != nil {
			return err
		}
		d.month = month
	}
	if mutant.Position && len(b.Positions) > 0 {
		apart := wire{}
		writePositions(&apart, b)
		if err := d.exchange(ctx, apart.message()); err != nil {
			return fmt.Errorf("ledger: batch %d: %w", b.ID, typed(err, d.epoch))
		}
		failpoint.Hit("positioned")
	}
	if err := d.exchange(ctx, e.wire.message()); err != nil {
		return fmt.Errorf("ledger: batch %d: %w", b.ID, typed(err, d.epoch))
	}
	select {
	case d.spare <- e.wire.rows:
	default:
	}
	return nil
}

// exchange sends a message of statements and rows and waits until all of it is committed or none is.
func (d *Lead) exchange(ctx context.Context, message [][]byte) error {
	conn := d.conn.PgConn()
	sent := make(chan error, 1)
	buffers := net.Buffers(message)
	go func() { // beside the reading: the server may answer before it has read all
		_, err := buffers.WriteTo(conn.Conn())
		sent <- err
	}()
	failpoint.Hit("copied")
	var refused error
	for {
		answer, err := conn.ReceiveMessage(ctx)
		if err != nil {
			_ = conn.Conn().Close() // wakes the sender; the lead is lost
			return errors.Join(refused, err, <-sent)
		}
		switch answer := answer.(type) {
		case *pgproto3.ErrorResponse:
			if refused == nil {
				refused = pgconn.ErrorResponseToPgError(answer)
			}
		case *pgproto3.ReadyForQuery: // one query, so one of these: the transaction is over
			return errors.Join(refused, <-sent)
		}
	}
}

// SQLSTATEs that the ledger's own functions raise (migrations/00003_writing.sql).
const (
	stateFenced   = "AY001" // detail: the epoch that holds now
	statePosition = "AY002" // detail: the participant
)

// typed makes the caller's errors of the database's.
func typed(err error, epoch int64) error {
	var raised *pgconn.PgError
	if !errors.As(err, &raised) {
		return err
	}
	number, parseErr := strconv.ParseInt(raised.Detail, 10, 64)
	switch {
	case parseErr != nil:
		return err
	case raised.Code == stateFenced:
		return &ledger.FencedError{Mine: epoch, Current: number}
	case raised.Code == statePosition:
		return &ledger.PositionError{Participant: int32(number)} //nolint:gosec // the function was given an int32
	default:
		return err
	}
}
