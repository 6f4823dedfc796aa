package telemetry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// What a switch has to keep within.
const (
	LeaseYoung  = 15 * time.Second // a leader renews each second, and is replaced after ten
	OutboxYoung = 30 * time.Second // what is committed is published in milliseconds
	ClockWithin = 2 * time.Second  // of the database's: deadlines are judged by the leader's
	DiskLeast   = 1 << 30          // bytes
	diskPart    = 20               // and one part of so many: 5 %
)

// Schema is what a check needs of a ledger; *store.Ledger is one.
type Schema interface {
	Migrated(ctx context.Context) (have, want int64, err error)
}

// Standing reads how a ledger stands; *store.Ledger is one.
type Standing interface {
	Gauges(ctx context.Context) (ledger.Gauges, error)
}

// Connection tells whether the broker is there; *messaging.Hub and *messaging.Client are some.
type Connection interface{ Connected() bool }

// CheckDatabase finds a database that answers and has this version's schema, or a newer one.
func CheckDatabase(of Schema) Check {
	return Check{"database", func(ctx context.Context) error {
		have, want, err := of.Migrated(ctx)
		switch {
		case err != nil:
			return errors.New("the database does not answer") // why may name hosts and users
		case have < want:
			return fmt.Errorf("the schema is of version %d, not %d: migrate first", have, want)
		}
		return nil
	}}
}

// CheckBroker finds a broker that is connected.
func CheckBroker(to Connection) Check {
	return Check{"broker", func(context.Context) error {
		if !to.Connected() {
			return errors.New("the broker is not connected")
		}
		return nil
	}}
}

// CheckLedger finds a leader, an outbox that is emptied, and a clock that agrees with the database's: three checks of
// one look. clock is time.Now, outside tests.
func CheckLedger(of Standing, clock func() time.Time) []Check {
	look := &cached[standing]{keep: keepFinding / 2, within: answerWithin, ask: func(ctx context.Context) (standing, error) {
		asked := clock()
		g, err := of.Gauges(ctx)
		return standing{Gauges: g, here: asked.Add(clock().Sub(asked) / 2)}, err
	}}
	check := func(name string, judge func(standing) error) Check {
		return Check{name, func(ctx context.Context) error {
			s, err := look.get(ctx)
			if err != nil {
				return errors.New("the database does not answer")
			}
			return judge(s)
		}}
	}
	return []Check{
		check("lease", func(s standing) error {
			switch {
			case s.Epoch == 0:
				return errors.New("nobody has ever led")
			case s.LeaseAge > LeaseYoung:
				return fmt.Errorf("nobody leads: the lease is %s old", s.LeaseAge.Round(time.Second))
			}
			return nil
		}),
		check("outbox", func(s standing) error {
			if s.OutboxAge > OutboxYoung {
				return fmt.Errorf("%d messages wait to be published, for up to %s", s.Outbox, s.OutboxAge.Round(time.Second))
			}
			return nil
		}),
		check("clock", func(s standing) error {
			if apart := s.here.Sub(s.Now).Abs(); apart > ClockWithin {
				return fmt.Errorf("this machine's clock and the database's are %s apart", apart.Round(time.Millisecond))
			}
			return nil
		}),
	}
}

// standing is how a ledger stands, and when that was by the clock here.
type standing struct {
	ledger.Gauges
	here time.Time
}

// CheckDisk finds room where a folder is.
func CheckDisk(folder string) Check {
	return Check{"disk", func(context.Context) error {
		var fs unix.Statfs_t
		if err := unix.Statfs(folder, &fs); err != nil {
			return errors.New("the data folder cannot be looked at")
		}
		return room(fs.Bavail*uint64(fs.Bsize), fs.Blocks*uint64(fs.Bsize)) //nolint:gosec // of other types elsewhere, never below 0
	}}
}

// room judges what is free of a disk, in bytes.
func room(free, all uint64) error {
	if free < DiskLeast || free < all/diskPart {
		return fmt.Errorf("the disk has %d MiB left of %d MiB", free>>20, all>>20)
	}
	return nil
}
