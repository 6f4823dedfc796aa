//go:build linux

package crash

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/mutant"
)

const (
	killsARound = 10
	gapMax      = 600 * time.Millisecond // between two faults; some come while others are being recovered from
	armedFor    = 2 * time.Second        // that a failpoint may take to be reached
	stopped     = time.Second            // that a slow consumer sleeps
	dozing      = 100 * time.Millisecond // that a leader may take to reach where it stops
)

// fault is one thing that goes wrong.
type fault struct {
	name string
	do   func(ctx context.Context, dice *rand.Rand)
}

// enginePoints and adapterPoints are the moments between two durable steps.
var (
	enginePoints  = []string{"decided", "copied", "written", "published"}
	adapterPoints = []string{
		"message received", "message durable", "orders durable", "collection durable", "intents published",
		"before submit", "after submit", "callback durable", "evidence durable", "outcomes published",
	}
)

// lethal are the faults that kill: each once, the frequent ones more often.
func (s *stage) lethal() []fault {
	child := func(name string, server bool) fault {
		return fault{name: name, do: func(context.Context, *rand.Rand) {
			if s.children[name].kill() {
				s.count(name, server)
			}
		}}
	}
	leader := fault{name: "leader", do: func(context.Context, *rand.Rand) {
		k, _ := s.leading()
		if k.kill() {
			s.count("leader", false)
		}
	}}
	standby := fault{name: "standby", do: func(context.Context, *rand.Rand) {
		_, k := s.leading()
		if k.kill() {
			s.count("standby", false)
		}
	}}
	faults := []fault{
		leader, leader, leader, standby, child("east", false), child("west", false), child("broker", true), child("broker", true),
		child("postgres", true), {"postmaster", s.killPostmaster}, {"backend", s.killBackend},
	}
	points := enginePoints
	if mutant.Position { // between the two transactions that are one otherwise
		points = append(slices.Clone(points), "positioned")
	}
	for _, point := range points {
		faults = append(faults, fault{name: "engine at " + point, do: func(_ context.Context, dice *rand.Rand) {
			k, _ := s.leading()
			s.killAt(k, "engine", point, 1+dice.IntN(5))
		}})
	}
	for i, point := range adapterPoints {
		faults = append(faults, fault{name: "adapters at " + point, do: func(_ context.Context, dice *rand.Rand) {
			s.killAt(s.children[[]string{"east", "west"}[i%2]], "adapters", point, 1+dice.IntN(20))
		}})
	}
	return faults
}

// killAt has a process die at a named point, or, where it does not come by in time, anywhere.
func (s *stage) killAt(k *keeper, what, point string, hits int) {
	p, err := k.arm(fmt.Sprintf("%s:%d", point, hits))
	if err != nil { // it is between two lives: dead already
		return
	}
	where := " at " + point
	if !p.within(armedFor) {
		where = " anywhere, not " + where[1:]
		p.signal(syscall.SIGKILL)
		<-p.exited
	}
	s.count(what+where, false)
}

func (s *stage) killPostmaster(context.Context, *rand.Rand) {
	if pid := s.postmaster(); pid != 0 && syscall.Kill(pid, syscall.SIGKILL) == nil {
		s.count("postmaster", true)
	}
}

// killBackend kills one server process that works for an engine: PostgreSQL then ends all sessions and
// recovers.
func (s *stage) killBackend(ctx context.Context, _ *rand.Rand) {
	s.ifPossible(s.asSuperuser(ctx, func(conn *pgx.Conn) error {
		var pid int
		err := conn.QueryRow(ctx, `SELECT pid FROM pg_stat_activity WHERE application_name = 'ayni_engine' ORDER BY random() LIMIT 1`).Scan(&pid)
		if err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
			s.count("backend", true)
		}
		return err
	}))
}

// ifPossible takes the error of a fault that found PostgreSQL down already.
func (s *stage) ifPossible(err error) {
	if err != nil {
		s.note("faults that found PostgreSQL down")
	}
}

// asSuperuser works on a connection of its own.
func (s *stage) asSuperuser(ctx context.Context, do func(*pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.children["postgres"].answer().URL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing hangs on it
	return do(conn)
}

// harmless are the faults that kill nobody.
func (s *stage) harmless() []fault {
	return []fault{
		{"zombie", s.zombie}, {"usurper", s.usurp}, {"repeats", s.repeat}, {"poison", s.poison}, {"other bytes", s.otherBytes},
		{"slow consumer", s.slow}, {"repeats", s.repeat}, {"old mail", s.oldMail},
	}
}

// slow stops an adapter process for a while: messages for it and callbacks gather.
func (s *stage) slow(ctx context.Context, dice *rand.Rand) {
	p := s.children[[]string{"east", "west"}[dice.IntN(2)]].process()
	if p == nil {
		return
	}
	p.signal(syscall.SIGSTOP)
	defer p.signal(syscall.SIGCONT)
	wait(ctx, stopped)
}

// zombie stops the leader, takes its session and with it the lock away, waits until the other leads, and
// wakes it up: it must write nothing. That it did not, the epochs of all batches show (invariants_test.go).
func (s *stage) zombie(ctx context.Context, dice *rand.Rand) {
	leader, other := s.leading()
	p, err := leader.arm(enginePoints[dice.IntN(len(enginePoints))] + ":1:stop")
	if err != nil {
		return
	}
	wait(ctx, dozing)
	p.signal(syscall.SIGSTOP) // where it has not come by
	defer func() {
		_, _ = leader.arm("nowhere:1")
		p.signal(syscall.SIGCONT)
		time.AfterFunc(stopped, func() { p.signal(syscall.SIGCONT) }) // where it came by before it heard
	}()
	err = s.asSuperuser(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
			WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = 'ayni_engine'`)
		return err
	})
	if s.ifPossible(err); err != nil {
		return
	}
	for range 100 {
		if now, _ := s.leading(); now == other {
			s.note("zombies")
			break
		}
		wait(ctx, 30*time.Millisecond)
	}
}

// usurp raises the epoch under a leader that keeps its session and its lock, which no fault of a network
// could: the epoch alone must stop it.
func (s *stage) usurp(ctx context.Context, _ *rand.Rand) {
	s.ifPossible(s.asSuperuser(ctx, func(conn *pgx.Conn) error {
		var epoch, batch int64
		err := conn.QueryRow(ctx, `UPDATE ledger.lease SET epoch = epoch + 1, holder = 'usurper' RETURNING epoch`).Scan(&epoch)
		if err != nil {
			return err
		}
		if err := conn.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM ledger.batch`).Scan(&batch); err != nil {
			return err
		}
		s.mu.Lock()
		s.usurped = append(s.usurped, usurpation{batch: batch, epoch: epoch})
		s.mu.Unlock()
		s.note("usurpers")
		return nil
	}))
}

// usurpation says that after this batch nothing may be written under this epoch or an earlier one.
type usurpation struct{ batch, epoch int64 }

// note counts what happened without a kill.
func (s *stage) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.happened[what]++
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
