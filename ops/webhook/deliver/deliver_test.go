package deliver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/ops/webhook"
)

// Each endpoint is told of what is its owner's, in order, signed; staff of everybody's.
func TestEverybodyIsToldOfTheirOwn(t *testing.T) {
	r := newRig(t)
	mine, theirs, staff := newReceiver(t, always(204)), newReceiver(t, always(200)), newReceiver(t, always(200))
	e := r.endpoint("mpesa-ke", mine.server.URL)
	mine.trust(r.key(e, 1).Secret())
	staff.trust(r.key(r.endpoint("", staff.server.URL), 1).Public())
	r.endpoint("gcash-ph", theirs.server.URL)
	deaf := newReceiver(t, always(200))
	r.endpoint("mpesa-ke", deaf.server.URL, webhook.Used)
	r.run(r.deliverer())
	var own, all []string
	for range 20 {
		ids := r.tell("mpesa-ke", "gcash-ph", "upi-in")
		own, all = append(own, ids[0]), append(all, ids...)
	}
	staff.has(all...)
	mine.has(own...)
	require.Equal(t, own, mine.seen())
	require.Equal(t, all, staff.seen())
	require.Len(t, theirs.seen(), 20)
	require.Empty(t, deaf.seen())
	require.Zero(t, mine.unverified()+staff.unverified())
	d := r.await(e, own[0], delivered)
	require.Equal(t, 204, d.Last.Status)
	e, err := r.store.Endpoint(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, r.outbox, e.Position)
	require.False(t, e.TookAt.IsZero())
}

// Whatever a receiver answers in between, and however often whoever delivers dies: it takes each event at least once.
func TestEveryEventIsTakenAtLeastOnce(t *testing.T) {
	r := newRig(t)
	stop := r.run(r.deliverer())
	rapid.Check(t, func(rt *rapid.T) {
		answers := rapid.SliceOfN(rapid.SampledFrom([]int{200, 204, 301, 404, 429, 500, 503}), 0, 40).Draw(rt, "answers")
		to := newReceiver(t, func(n int, _ string) int {
			if n <= len(answers) {
				return answers[n-1]
			}
			return 200
		})
		defer to.server.Close()
		e := r.endpoint("mpesa-ke", to.server.URL)
		to.trust(r.key(e, 1).Secret())
		var own []string
		for range rapid.IntRange(1, 4).Draw(rt, "batches") {
			ids := r.tell("mpesa-ke", "gcash-ph", "mpesa-ke")
			own = append(own, ids[0], ids[2])
			if rapid.IntRange(0, 3).Draw(rt, "dies") == 0 {
				stop()
				stop = r.run(r.deliverer())
			}
		}
		to.has(own...)
		for _, id := range own {
			r.await(e, id, delivered)
		}
		require.Zero(rt, to.unverified())
		_, err := r.store.Remove(t.Context(), e.ID)
		require.NoError(rt, err)
	})
}

// One who dies between sending and writing it down has it sent again, under the same id, by the next.
func TestDeathBetweenSendingAndWritingSendsAgain(t *testing.T) {
	r := newRig(t)
	arrived, hold := make(chan struct{}, 1), make(chan struct{})
	to := newReceiver(t, always(200))
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		select {
		case arrived <- struct{}{}:
			<-hold // it has the event, and whoever sent it never hears so
		default:
			to.ServeHTTP(w, q)
		}
	}))
	t.Cleanup(slow.Close)
	r.endpoint("mpesa-ke", slow.URL)
	stop := r.run(r.deliverer())
	ids := append(r.tell("mpesa-ke"), r.tell("mpesa-ke")...)
	<-arrived
	stop()
	close(hold)
	require.Empty(t, to.seen())
	arrived <- struct{}{} // from now on it answers
	r.run(r.deliverer())
	to.has(ids...)
	require.Equal(t, ids, to.seen())
}

// An endpoint that hangs costs the others nothing.
func TestTheSlowAndTheDeadDelayNobody(t *testing.T) {
	r := newRig(t)
	hanging, release := make(chan struct{}, 1), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		hanging <- struct{}{}
		<-release
	}))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(release) })
	r.endpoint("mpesa-ke", slow.URL)
	dead := httptest.NewServer(http.NotFoundHandler())
	dead.Close()
	gone := r.endpoint("mpesa-ke", dead.URL)
	well := newReceiver(t, always(200))
	r.endpoint("mpesa-ke", well.server.URL)
	d := r.deliverer()
	d.Timeout = time.Minute
	r.run(d)
	first := r.tell("mpesa-ke")
	<-hanging // and goes on hanging
	var ids []string
	for range 20 {
		ids = append(ids, r.tell("mpesa-ke")...)
	}
	well.has(append(first, ids...)...)
	failed := r.await(gone, first[0], func(d webhook.Delivery) bool { return d.Attempts > 2 })
	require.Equal(t, webhook.Waiting, failed.State)
	require.Equal(t, "it refused the connection", failed.Last.Reason)
	e, err := r.store.Endpoint(t.Context(), gone.ID)
	require.NoError(t, err)
	require.Equal(t, "failing", e.State())
}

// While an endpoint has two keys, whoever has either verifies each delivery; afterwards the old one is worth nothing.
func TestKeysChangeWithoutAGap(t *testing.T) {
	r := newRig(t)
	to := newReceiver(t, always(200))
	e := r.endpoint("mpesa-ke", to.server.URL)
	old, next := r.key(e, 1), r.key(e, 2)
	to.trust(old.Secret())
	r.run(r.deliverer())
	to.has(r.tell("mpesa-ke")...)
	turned, err := r.store.Rotate(t.Context(), e.ID, false)
	require.NoError(t, err)
	require.Equal(t, 2, turned.Generation)
	_, err = r.store.Rotate(t.Context(), e.ID, false)
	require.ErrorIs(t, err, webhook.ErrRotating)
	to.has(r.tell("mpesa-ke")...)
	to.trust(next.Secret())
	to.has(r.tell("mpesa-ke")...)
	to.trust(next.Public())
	to.has(r.tell("mpesa-ke")...)
	require.Zero(t, to.unverified())

	_, err = r.store.Rotate(t.Context(), e.ID, true) // somebody knows the key: it ends now
	require.NoError(t, err)
	to.has(r.tell("mpesa-ke")...)
	require.Equal(t, 1, to.unverified())
	to.trust(r.key(e, 3).Secret())
	to.has(r.tell("mpesa-ke")...)
	require.Equal(t, 1, to.unverified())
}

// What was told is told again, of one event or of all since a moment, under the same ids.
func TestReplay(t *testing.T) {
	r := newRig(t)
	to := newReceiver(t, always(200))
	early := r.tell("mpesa-ke") // before there was an endpoint
	e := r.endpoint("mpesa-ke", to.server.URL)
	r.run(r.deliverer())
	ids := append(r.tell("mpesa-ke"), r.tell("mpesa-ke")...)
	to.has(ids...)
	r.await(e, ids[1], delivered)
	_, err := r.store.Again(t.Context(), e.ID, ids[0])
	require.NoError(t, err)
	require.Eventually(t, func() bool { return slices.Equal(to.seen(), []string{ids[0], ids[1], ids[0]}) }, 10*time.Second, 5*time.Millisecond)
	_, err = r.store.Again(t.Context(), e.ID, "evt_99_transfer-paid_0")
	require.ErrorIs(t, err, webhook.ErrUnknown)

	r.await(e, ids[0], delivered)
	_, err = r.store.Rewind(t.Context(), e.ID, 0)
	require.NoError(t, err)
	to.has(early...)
	require.Eventually(t, func() bool { return len(to.seen()) == 6 }, 10*time.Second, 5*time.Millisecond)
	after := to.seen()[3:]
	slices.Sort(after)
	require.Equal(t, []string{early[0], ids[0], ids[1]}, after)
}

// A position is found by its moment.
func TestOutboxBefore(t *testing.T) {
	r := newRig(t)
	for range 9 {
		r.tell("mpesa-ke", "gcash-ph")
	}
	for n := range 11 { // batch n is at n milliseconds, from 1 to 9
		number, err := r.books.OutboxBefore(t.Context(), r.began.Add(time.Duration(n)*time.Millisecond))
		require.NoError(t, err)
		require.Equal(t, int64(2*min(max(n-1, 0), 9)), number, n)
	}
	end, err := r.books.OutboxEnd(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(18), end)
}

func TestAPausedEndpointIsToldLater(t *testing.T) {
	r := newRig(t)
	to := newReceiver(t, always(200))
	e := r.endpoint("mpesa-ke", to.server.URL)
	paused := e
	paused.Paused = "we move"
	_, err := r.store.Change(t.Context(), e.ID, func(webhook.Endpoint) (webhook.Endpoint, error) { return paused, nil })
	require.NoError(t, err)
	_, err = r.store.Ping(t.Context(), e.ID)
	require.ErrorIs(t, err, webhook.ErrPaused)
	other := newReceiver(t, always(200))
	r.endpoint("mpesa-ke", other.server.URL)
	r.run(r.deliverer())
	ids := append(r.tell("mpesa-ke"), r.tell("mpesa-ke")...)
	other.has(ids...)
	require.Empty(t, to.seen())
	_, err = r.store.Change(t.Context(), e.ID, func(webhook.Endpoint) (webhook.Endpoint, error) { return e, nil })
	require.NoError(t, err)
	to.has(ids...)
	require.Equal(t, ids, to.seen())
}

// Who answers 410 is asked no more.
func TestGonePauses(t *testing.T) {
	r := newRig(t)
	to := newReceiver(t, always(http.StatusGone))
	e := r.endpoint("mpesa-ke", to.server.URL)
	other := newReceiver(t, always(200))
	r.endpoint("mpesa-ke", other.server.URL)
	r.run(r.deliverer())
	other.has(append(r.tell("mpesa-ke"), r.tell("mpesa-ke")...)...)
	require.Eventually(t, func() bool {
		now, err := r.store.Endpoint(t.Context(), e.ID)
		return err == nil && now.State() == "paused"
	}, 10*time.Second, 5*time.Millisecond)
	other.has(r.tell("mpesa-ke")...)
	require.Len(t, to.seen(), 1)
}

// An event that its receiver never takes waits and is dropped; the others pass it.
func TestAPoisonousEventIsDroppedAlone(t *testing.T) {
	r := newRig(t)
	to := newReceiver(t, func(_ int, id string) int {
		if strings.HasPrefix(id, "evt_1_") {
			return 500
		}
		return 200
	})
	e := r.endpoint("mpesa-ke", to.server.URL)
	r.run(r.deliverer())
	bad := r.tell("mpesa-ke")
	for n := range len(webhook.Usual().Strikes) + 1 {
		r.await(e, bad[0], func(d webhook.Delivery) bool { return d.Strikes > n || d.State == webhook.Dropped })
		to.has(r.tell("mpesa-ke")...)
	}
	d := r.await(e, bad[0], func(d webhook.Delivery) bool { return d.State == webhook.Dropped })
	require.Equal(t, "it answered 500", d.Last.Reason)
	attempts, err := r.store.Attempts(t.Context(), d.ID)
	require.NoError(t, err)
	require.Len(t, attempts, d.Attempts)
}

// Of two who could, one delivers; the other goes on as soon as the first is gone.
func TestOneDelivers(t *testing.T) {
	r := newRig(t)
	to := newReceiver(t, always(200))
	e := r.endpoint("mpesa-ke", to.server.URL)
	first := r.run(r.deliverer())
	r.run(r.deliverer())
	r.run(r.deliverer())
	var ids []string
	for range 30 {
		ids = append(ids, r.tell("mpesa-ke")...)
	}
	to.has(ids...)
	require.Equal(t, ids, to.seen(), "each once")
	r.await(e, ids[len(ids)-1], delivered)
	first()
	more := r.tell("mpesa-ke")
	to.has(more...)
	require.Equal(t, append(ids, more...), to.seen())
}

// Who lost its session with the database delivers no more, and another does.
func TestALostSessionEndsTheRight(t *testing.T) {
	r := newRig(t)
	to := newReceiver(t, always(200))
	r.endpoint("mpesa-ke", to.server.URL)
	r.run(r.deliverer())
	to.has(r.tell("mpesa-ke")...)
	conn, err := pgx.Connect(t.Context(), r.url)
	require.NoError(t, err)
	defer conn.Close(context.Background()) //nolint:errcheck // of a test
	var ended int
	require.NoError(t, conn.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l
		WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND l.pid IN (SELECT pid FROM pg_stat_activity WHERE application_name = 'ayni_webhook')`).Scan(&ended))
	require.Equal(t, 1, ended)
	to.has(r.tell("mpesa-ke")...)
}

// Roles: who keeps webhooks reads nothing of the ledger, and the ledger's roles nothing here.
func TestRolesHaveNothingOfEachOthers(t *testing.T) {
	r := newRig(t)
	conn, err := pgx.Connect(t.Context(), r.url)
	require.NoError(t, err)
	defer conn.Close(context.Background()) //nolint:errcheck // of a test
	for role, statement := range map[string]string{
		"ayni_webhook": `SELECT FROM ledger.outbox`, "ayni_reader": `SELECT FROM webhook.endpoint`, "ayni_engine": `SELECT FROM webhook.endpoint`,
	} {
		_, err = conn.Exec(t.Context(), "SET ROLE "+role)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), statement)
		assert.ErrorContains(t, err, "permission denied", role)
		_, err = conn.Exec(t.Context(), "RESET ROLE")
		require.NoError(t, err)
	}
}
