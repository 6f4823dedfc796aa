package backup_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/backup"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// disaster is a day whose middle is in a backup, and all of which is in the write-ahead log.
type disaster struct {
	*town
	backup, wal string
	noon        int64     // the last batch of the morning
	morning     time.Time // when the afternoon began
	quiet       *slog.Logger
}

var gone = persons.Person{Participant: "beta", Account: account(3)}

// newDisaster plays the day: twenty transfers before the backup, twenty until noon, twenty after it, the last five of
// which the rail has and says nothing of. Somebody of the morning is erased in the afternoon.
func newDisaster(t *testing.T) *disaster {
	t.Helper()
	if testing.Short() {
		t.Skip("plays a day and loses it")
	}
	d := &disaster{town: newTown(t), backup: filepath.Join(t.TempDir(), "backup"), wal: t.TempDir(), quiet: slog.New(slog.DiscardHandler)}
	d.up()
	ctx, stop := context.WithCancel(t.Context())
	received := make(chan error, 1)
	go func() { received <- backup.Receive(ctx, backup.Config{Data: d.data, Log: d.quiet}, d.wal) }()
	d.found()
	d.send(0, 20)
	d.settled(20)
	_, err := backup.Take(t.Context(), backup.Config{Data: d.data, Log: d.quiet}, d.backup)
	require.NoError(t, err)
	d.send(20, 40)
	d.settled(40)
	d.noon, err = d.books.LastBatch(t.Context())
	require.NoError(t, err)
	d.morning = time.Now()

	d.send(40, 55)
	d.settled(55)
	d.rails["beta"].holding(true)
	d.send(55, 60)
	require.Eventually(t, func() bool {
		paid := 0
		for n := 55; n < 60; n++ { // in whatever order
			paid += d.rails["beta"].times(account(n))
		}
		return paid == 5
	}, patience, 10*time.Millisecond)
	require.NoError(t, d.persons.Destroy(gone))
	keys, err := d.persons.Keys()
	require.NoError(t, err)
	require.NoError(t, d.books.KeepErased(t.Context(), keys.ID(), keys.Destroyed()...))
	d.town.stop()
	// The server that ends waits until all was received, as one that commits synchronously does each time.
	stop()
	require.NoError(t, <-received)
	return d
}

func (r *rail) holding(hold bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hold = hold
}

// restore puts the backup into a folder.
func (d *disaster) restore(data string, batch int64) *backup.Restored {
	d.t.Helper()
	d.data = data
	r, err := backup.Restore(d.t.Context(), backup.RestoreConfig{Backup: d.backup, Data: data, WAL: d.wal, UntilBatch: batch, Log: d.quiet})
	require.NoError(d.t, err)
	keys, err := persons.Open(filepath.Join(data, "persons.keys"))
	require.NoError(d.t, err)
	now, err := keys.Keys()
	require.NoError(d.t, err)
	require.Len(d.t, now.Destroyed(), 1, "the keys of the backup bring nobody back")
	return r
}

// goOn reconnects, and has the day end with everything settled, and everybody paid once.
func (d *disaster) goOn() *backup.Streams {
	d.t.Helper()
	found, err := backup.Reconnect(d.t.Context(), d.data, d.quiet)
	require.NoError(d.t, err)
	d.rails["beta"].holding(false)
	d.up()
	return found
}

func (d *disaster) end() {
	d.t.Helper()
	d.send(60, 70)
	d.settled(70)
	for n := range 70 {
		assert.Equal(d.t, 1, d.rails["beta"].times(account(n)), account(n))
	}
	d.sound()
	d.town.stop()
}

// The write-ahead log brings everything back; streams, all of which are lost, follow from the ledger.
func TestNothingIsLostWithTheWriteAheadLog(t *testing.T) {
	d := newDisaster(t)
	r := d.restore(pgtest.Folder(t), 0)
	require.Greater(t, r.Batch, d.noon)
	require.Zero(t, r.Lost)
	found := d.goOn()
	require.Equal(t, &backup.Streams{Resumed: names, Told: true, Aside: found.Aside}, found)
	d.end()
}

// A ledger that is put back to noon, with every stream lost: what it forgot is listed, published again by adapters that
// had their answer, accepted again, and paid to nobody twice.
func TestBackToAnEarlierBatchNobodyIsPaidTwice(t *testing.T) {
	d := newDisaster(t)
	r := d.restore(pgtest.Folder(t), d.noon)
	require.Equal(t, d.noon, r.Batch)
	require.Equal(t, 20, r.Lost.Transfers)
	require.Positive(t, r.Lost.Batches)
	list, err := os.Open(r.Lost.File)
	require.NoError(t, err)
	defer list.Close() //nolint:errcheck // only read
	lines, err := csv.NewReader(list).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 1+20)
	forgotten := map[string]bool{}
	for _, line := range lines[1:] {
		require.Equal(t, []string{"transfer", "alpha", "beta"}, append(line[:1:1], line[2:4]...))
		forgotten[line[4]] = true
	}
	for n := 40; n < 60; n++ {
		require.True(t, forgotten[adapters.IntentID(fmt.Sprintf("ref%05d", n))], n)
	}

	d.goOn()
	again, err := d.runners["alpha"].PublishAgain(t.Context(), d.morning)
	require.NoError(t, err)
	require.Equal(t, 20, again)
	d.settled(60)
	exceptions, err := d.runners["beta"].Exceptions(100)
	require.NoError(t, err)
	require.Len(t, exceptions, 20)
	for _, e := range exceptions {
		require.Equal(t, adapters.ExceptionPaidBefore, e.Kind)
	}
	d.end()
}

// The same, with the streams still there: the engine halts before it tells anybody anything, and what the streams hold
// is read again once they were put right.
func TestStreamsThatKnowMoreHaltTheEngineAndAreReadAgain(t *testing.T) {
	d := newDisaster(t)
	require.NoError(t, os.RemoveAll(filepath.Join(d.data, "postgres")))
	require.NoError(t, os.Remove(filepath.Join(d.data, "persons.keys")))
	r := d.restore(d.data, d.noon)
	require.Contains(t, r.Kept, filepath.Join("nats", "creds", "alpha.creds"))
	d.up()
	select {
	case err := <-d.halted:
		var ahead *messaging.DuplicateError
		require.ErrorAs(t, err, &ahead)
	case <-time.After(patience):
		require.FailNow(t, "the engine goes on")
	}
	d.town.stop()

	found := d.goOn()
	require.True(t, found.Ahead)
	require.True(t, found.Told)
	require.Empty(t, found.Resumed)
	d.settled(60)
	d.end()
	once, err := backup.Reconnect(t.Context(), d.data, d.quiet)
	require.NoError(t, err)
	require.Equal(t, &backup.Streams{}, once, "there is nothing left to put right")
}
