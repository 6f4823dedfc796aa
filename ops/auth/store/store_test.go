package store_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/store"
	ledger "github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// open opens a store, and a connection that may do everything.
func open(t *testing.T) (*store.Store, *pgx.Conn, string) {
	t.Helper()
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	require.NoError(t, store.Migrate(t.Context(), url), "again")
	s, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	owner, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = owner.Close(context.Background()) })
	return s, owner, url
}

var wanjiku = auth.Principal{Subject: "https://idp wanjiku", Name: "Wanjiku", Roles: []auth.Role{auth.Operator, auth.Participant}, Participant: "mpesa-ke"}

func TestSessionsEnd(t *testing.T) {
	s, owner, _ := open(t)
	ctx := t.Context()
	there := func(token string, used bool) error {
		p, err := s.Session(ctx, token, used)
		if err == nil {
			require.Equal(t, wanjiku, p)
		}
		return err
	}
	age := func(column, by string) {
		_, err := owner.Exec(ctx, `UPDATE access.session SET `+column+` = `+column+` - $1::interval`, by)
		require.NoError(t, err)
	}
	require.ErrorIs(t, there("one", true), auth.ErrNobody)
	require.NoError(t, s.BeginSession(ctx, "one", wanjiku))
	require.NoError(t, there("one", true))

	age("seen_at", "59 minutes")
	require.NoError(t, there("one", false), "looked at, not used")
	age("seen_at", "2 minutes")
	require.ErrorIs(t, there("one", true), auth.ErrNobody, "idle")

	require.NoError(t, s.BeginSession(ctx, "two", wanjiku))
	age("seen_at", "59 minutes")
	require.NoError(t, there("two", true), "used")
	age("seen_at", "59 minutes")
	require.NoError(t, there("two", true))
	age("ends_at", "12 hours")
	require.ErrorIs(t, there("two", true), auth.ErrNobody, "however much it was used")

	for _, token := range []string{"three", "four", "five"} {
		require.NoError(t, s.BeginSession(ctx, token, wanjiku))
	}
	require.NoError(t, s.EndSession(ctx, "three"))
	require.NoError(t, s.EndSession(ctx, "three"))
	require.ErrorIs(t, there("three", true), auth.ErrNobody)
	require.NoError(t, there("four", true))
	require.NoError(t, s.EndSessions(ctx, wanjiku.Subject, "client admin"))
	require.ErrorIs(t, there("four", true), auth.ErrNobody)
	require.ErrorIs(t, there("five", true), auth.ErrNobody)
	events, err := s.Events(ctx, wanjiku.Subject, 2)
	require.NoError(t, err)
	require.Equal(t, "all sessions ended", events[0].Kind)
	require.Equal(t, "client admin", events[0].Actor)
	require.Equal(t, "signed out", events[1].Kind)

	for i := range 40 {
		require.NoError(t, s.BeginSession(ctx, strings.Repeat("x", i+1), wanjiku))
	}
	var sessions int
	require.NoError(t, owner.QueryRow(ctx, `SELECT count(*) FROM access.session`).Scan(&sessions))
	require.Equal(t, 16, sessions)
	require.NoError(t, there(strings.Repeat("x", 40), true))
}

func TestALinkIsUsedOnce(t *testing.T) {
	s, owner, _ := open(t)
	require.NoError(t, s.AddLink(t.Context(), "code", wanjiku, time.Minute))
	var got atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if p, err := s.TakeLink(t.Context(), "code"); err == nil {
				got.Add(1)
				assert.Equal(t, wanjiku, p)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 1, got.Load())
	require.NoError(t, s.AddLink(t.Context(), "late", wanjiku, time.Minute))
	_, err := owner.Exec(t.Context(), `UPDATE access.link SET ends_at = clock_timestamp()`)
	require.NoError(t, err)
	_, err = s.TakeLink(t.Context(), "late")
	require.ErrorIs(t, err, auth.ErrNobody)
}

func TestMachines(t *testing.T) {
	s, owner, _ := open(t)
	ctx := t.Context()
	gcash := store.Machine{Name: "gcash", Roles: []auth.Role{auth.Participant}, Participant: "gcash-ph"}
	want := auth.Principal{Subject: "client gcash", Name: "gcash", Roles: gcash.Roles, Participant: "gcash-ph"}
	require.ErrorIs(t, s.AddSecret(ctx, "gcash", "s1", "me"), store.ErrUnknown)
	require.NoError(t, s.AddMachine(ctx, gcash, "me"))
	require.ErrorIs(t, s.AddMachine(ctx, gcash, "me"), store.ErrTaken)
	require.Error(t, s.AddMachine(ctx, store.Machine{Name: "eyes", Roles: []auth.Role{auth.Approver}}, "me"), "who approves is a person")
	require.Error(t, s.AddMachine(ctx, store.Machine{Name: "loose", Roles: []auth.Role{auth.Participant}}, "me"), "a participant's machine has one")

	proves := func(name, secret string) bool {
		p, err := s.Secret(ctx, name, secret)
		if err != nil {
			require.ErrorIs(t, err, auth.ErrNobody)
			return false
		}
		require.Equal(t, want, p)
		return true
	}
	require.NoError(t, s.AddSecret(ctx, "gcash", "s1", "me"))
	require.NoError(t, s.AddSecret(ctx, "gcash", "s2", "me"))
	require.ErrorIs(t, s.AddSecret(ctx, "gcash", "s3", "me"), store.ErrSecrets)
	require.True(t, proves("gcash", "s1"))
	require.True(t, proves("gcash", "s2"))
	require.False(t, proves("other", "s2"))
	require.False(t, proves("gcash", "s3"))

	token := func(token string) error {
		p, err := s.Token(ctx, token)
		if err == nil {
			require.Equal(t, want, p)
		}
		return err
	}
	require.NoError(t, s.AddToken(ctx, "gcash", "t1", time.Minute))
	require.NoError(t, token("t1"))
	require.ErrorIs(t, token("s1"), auth.ErrNobody, "a secret is no token")
	require.NoError(t, s.EndToken(ctx, "other", "t1"))
	require.NoError(t, token("t1"), "another's")
	require.NoError(t, s.EndToken(ctx, "gcash", "t1"))
	require.ErrorIs(t, token("t1"), auth.ErrNobody)
	require.NoError(t, s.AddToken(ctx, "gcash", "t2", time.Minute))
	_, err := owner.Exec(ctx, `UPDATE access.token SET ends_at = clock_timestamp()`)
	require.NoError(t, err)
	require.ErrorIs(t, token("t2"), auth.ErrNobody)

	require.NoError(t, s.AddToken(ctx, "gcash", "t3", time.Minute))
	require.NoError(t, s.EndOldSecrets(ctx, "gcash", "me"))
	require.False(t, proves("gcash", "s1"))
	require.True(t, proves("gcash", "s2"))
	require.ErrorIs(t, token("t3"), auth.ErrNobody, "it may have been got for the old one")
	require.NoError(t, s.AddToken(ctx, "gcash", "t4", time.Minute))
	for i := range 70 {
		require.NoError(t, s.AddToken(ctx, "gcash", strings.Repeat("t", i+10), time.Hour))
	}
	require.ErrorIs(t, token("t4"), auth.ErrNobody, "a machine has so many")

	require.NoError(t, s.AddCertificate(ctx, "gcash", "sha256", "ab", "me"))
	all, err := s.Machines(ctx)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, []string{"sha256 ab"}, all[0].Certificate)
	require.Equal(t, 1, all[0].Secrets)
	require.True(t, all[0].RevokedAt.IsZero())
	require.NoError(t, s.RevokeMachine(ctx, "gcash", "me"))
	require.False(t, proves("gcash", "s2"))
	require.ErrorIs(t, token(strings.Repeat("t", 79)), auth.ErrNobody)
	_, err = s.Certificate(ctx, "ab", nil)
	require.ErrorIs(t, err, auth.ErrNobody)
	require.ErrorIs(t, s.AddMachine(ctx, gcash, "me"), store.ErrTaken, "a name means one machine for ever")
}

func TestACertificateProvesOneMachine(t *testing.T) {
	s, _, _ := open(t)
	ctx := t.Context()
	for _, name := range []string{"a", "b"} {
		require.NoError(t, s.AddMachine(ctx, store.Machine{Name: name, Roles: []auth.Role{auth.Auditor}}, "me"))
		require.NoError(t, s.AddCertificate(ctx, name, "name", name+".example", "me"))
		require.NoError(t, s.AddCertificate(ctx, name, "sha256", name+name, "me"))
	}
	require.ErrorIs(t, s.AddCertificate(ctx, "b", "name", "a.example", "me"), store.ErrTaken)
	who := func(fingerprint string, names ...string) string {
		p, err := s.Certificate(ctx, fingerprint, names)
		if err != nil {
			require.ErrorIs(t, err, auth.ErrNobody)
		}
		return p.Name
	}
	require.Equal(t, "a", who("zz", "a.example"))
	require.Equal(t, "a", who("zz", "x.example", "a.example"))
	require.Equal(t, "b", who("bb", "a.example"))
	require.Empty(t, who("zz", "a.example", "b.example"))
	require.Empty(t, who("zz", "c.example"))
	require.Empty(t, who("a.example"), "a name is no fingerprint")
}

// Whoever runs this reaches no ledger, and the ledger's roles do not reach this; and nobody finds a secret in it.
func TestTheSchemaIsApart(t *testing.T) {
	s, owner, url := open(t)
	require.NoError(t, ledger.Migrate(t.Context(), url))
	const denied = "42501"
	as := func(role, statement string) string {
		tx, err := owner.Begin(t.Context())
		require.NoError(t, err)
		defer func() { require.NoError(t, tx.Rollback(t.Context())) }()
		_, err = tx.Exec(t.Context(), "SET LOCAL ROLE "+role)
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), statement)
		var refused *pgconn.PgError
		if err == nil {
			return ""
		}
		require.ErrorAs(t, err, &refused)
		return refused.Code
	}
	require.Empty(t, as("ayni_access", "SELECT hash FROM access.session"))
	for _, statement := range []string{
		"SELECT id FROM ledger.posting", "UPDATE access.event SET who = ''", "DELETE FROM access.event", "TRUNCATE access.event", "DELETE FROM access.machine",
		"UPDATE access.session SET roles = '{operator}'", "UPDATE access.machine SET roles = '{operator}'", "CREATE TABLE access.more (id bigint)",
	} {
		require.Equal(t, denied, as("ayni_access", statement), statement)
	}
	for _, role := range []string{"ayni_engine", "ayni_reader", "ayni_auditor", "ayni_pii"} {
		require.Equal(t, denied, as(role, "SELECT hash FROM access.session"), role)
	}

	const secret = "a secret that must not be kept"
	require.NoError(t, s.BeginSession(t.Context(), secret, wanjiku))
	require.NoError(t, s.AddLink(t.Context(), secret, wanjiku, time.Minute))
	require.NoError(t, s.AddMachine(t.Context(), store.Machine{Name: "m", Roles: []auth.Role{auth.Auditor}}, "me"))
	require.NoError(t, s.AddSecret(t.Context(), "m", secret, "me"))
	require.NoError(t, s.AddToken(t.Context(), "m", secret, time.Minute))
	for _, table := range []string{"session", "link", "machine", "secret", "certificate", "token", "event"} {
		var kept bool
		require.NoError(t, owner.QueryRow(t.Context(), `SELECT coalesce(bool_or(strpos(t::text, $1) > 0 OR strpos(t::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0), false)
			FROM access.`+table+` t`, secret).Scan(&kept))
		require.False(t, kept, table)
	}
}
