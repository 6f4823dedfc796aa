package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// commandPatience is between two looks at whether a command was carried out.
const commandPatience = 10 * time.Millisecond

// commandChannel is where a new command is announced.
const commandChannel = "ayni_command"

// Ask appends a command for the engine and returns its number. Asking again under the same key with the
// same command returns the same number; with another command, ErrCommandChanged.
//
// Numbers are handed out under a lock that is held to the commit, so that they become visible in order:
// an engine that has seen number n will never see a smaller one appear.
func (l *Ledger) Ask(ctx context.Context, key string, kind settlement.CommandKind, body []byte) (int64, error) {
	return l.AskFor(ctx, settlement.Command{Key: key, Kind: kind, Body: body})
}

// AskFor is Ask of a command that two people decided on, whom it names.
func (l *Ledger) AskFor(ctx context.Context, c settlement.Command) (int64, error) {
	key, kind, body := c.Key, c.Kind, c.Body
	if len(body) > ledger.MaxCommandBytes {
		return 0, fmt.Errorf("ledger: command %s of %d bytes; the limit is %d", kind, len(body), ledger.MaxCommandBytes)
	}
	var id int64
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('ledger.command'))`); err != nil {
			return err
		}
		var wasKind string
		var wasBody []byte
		err := tx.QueryRow(ctx, `SELECT id, kind, body FROM ledger.command WHERE key = $1`, key).Scan(&id, &wasKind, &wasBody)
		if err == nil {
			if wasKind != string(kind) || !bytes.Equal(wasBody, body) {
				return ledger.ErrCommandChanged
			}
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		err = tx.QueryRow(ctx, `INSERT INTO ledger.command (id, key, kind, body, maker, checker)
			SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5 FROM ledger.command RETURNING id`, key, string(kind), body, c.Maker, c.Checker).Scan(&id)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `SELECT pg_notify($1, '')`, commandChannel)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("ledger: ask %s %q: %w", kind, key, err)
	}
	return id, nil
}

// CommandFault waits for no one: it tells whether the engine has carried out a command, and its fault
// ("" when it did what was asked).
func (l *Ledger) CommandFault(ctx context.Context, id int64) (fault string, done bool, err error) {
	err = l.pool.QueryRow(ctx, `SELECT fault FROM ledger.command_result WHERE command = $1`, id).Scan(&fault)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("ledger: command %d: %w", id, err)
	}
	return fault, true, nil
}

// Commands reads at most limit commands after the given number, in order.
func (l *Ledger) Commands(ctx context.Context, after int64, limit int) ([]settlement.Command, error) {
	rows, err := l.pool.Query(ctx, `SELECT id, key, kind, body, maker, checker FROM ledger.command WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("ledger: commands: %w", err)
	}
	commands, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c settlement.Command, err error) {
		err = row.Scan(&c.ID, &c.Key, &c.Kind, &c.Body, &c.Maker, &c.Checker)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: commands: %w", err)
	}
	return commands, nil
}

// WatchCommands calls woken once at the start and whenever a command may have been appended, until ctx
// ends or the connection fails.
func (l *Ledger) WatchCommands(ctx context.Context, woken func()) error {
	if err := l.watch(ctx, commandChannel, woken); err != nil {
		return fmt.Errorf("ledger: watch commands: %w", err)
	}
	return nil
}

// watch calls woken once at the start and at each notice on a channel. It ends with an error.
func (l *Ledger) watch(ctx context.Context, channel string, woken func()) error {
	conn, err := l.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	// A listening connection goes back to nobody: it is closed, so that no one inherits the LISTEN.
	listener := conn.Hijack()
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		_ = listener.Close(closing)
	}()
	if _, err := listener.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		woken()
		if _, err := listener.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}

// AwaitCommand waits until the engine has carried out a command and returns its fault ("" when it did
// what was asked).
func (l *Ledger) AwaitCommand(ctx context.Context, id int64) (fault string, err error) {
	look := time.NewTicker(commandPatience)
	defer look.Stop()
	for {
		fault, done, err := l.CommandFault(ctx, id)
		if err != nil || done {
			return fault, err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return "", fmt.Errorf("ledger: await command %d: %w", id, ctx.Err())
		}
	}
}
