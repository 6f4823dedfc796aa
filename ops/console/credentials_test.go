package console_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/machines"
)

// A participant's page says by what it proves itself, and an operator shuts a machine out with a reason.
func credentials(t *testing.T, r *rig) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, machines.Make(ctx, r.keeper, "kiosk", []auth.Role{auth.Participant}, "mpesa-ke", "test"))
	secret, err := machines.NewSecret(ctx, r.keeper, "kiosk", "test")
	require.NoError(t, err)
	const path = "/console/participants/mpesa-ke"
	require.Contains(t, r.get(auth.Operator, "", path).Body.String(), "never")
	require.NoError(t, r.keeper.AddToken(ctx, "kiosk", "a token", time.Minute))
	page := r.get(auth.Participant, "mpesa-ke", path).Body.String()
	require.Contains(t, page, "kiosk")
	require.NotContains(t, page, "never")
	require.NotContains(t, page, secret)
	require.NotContains(t, page, "/console/machines/", "its own, but an operator revokes")
	everybody, err := r.books.Participants(ctx)
	require.NoError(t, err)
	for _, p := range everybody {
		if p.Name == "mpesa-ke" {
			require.Contains(t, page, p.SigningKey)
		}
	}
	require.NotContains(t, r.get(auth.Participant, "gcash-ph", "/console/participants/gcash-ph").Body.String(), "kiosk")

	const revoke = "/console/machines/kiosk/revoke"
	require.Contains(t, r.get(auth.Operator, "", revoke).Body.String(), "Can it be undone?")
	require.Equal(t, http.StatusForbidden, r.post(auth.Approver, revoke, "reason", "stolen").Code)
	require.Equal(t, http.StatusUnprocessableEntity, r.post(auth.Operator, revoke).Code, "a reason")
	require.Equal(t, http.StatusSeeOther, r.post(auth.Operator, revoke, "reason", "stolen", "participant", "mpesa-ke").Code)
	require.Equal(t, http.StatusNotFound, r.post(auth.Operator, revoke, "reason", "stolen").Code, "once")
	_, err = r.keeper.Token(ctx, "a token")
	require.ErrorIs(t, err, auth.ErrNobody)
	events, err := r.keeper.Events(ctx, "client kiosk", 1)
	require.NoError(t, err)
	require.Contains(t, events[0].Actor, "because stolen")
	require.Contains(t, r.get(auth.Auditor, "", path).Body.String(), "revoked")
}

// What waits for a person is counted beside the page on which it waits, for those who see everything.
func badges(t *testing.T, r *rig) {
	t.Helper()
	count := func() int {
		page := r.get(auth.Auditor, "", "/console/transfers").Body.String()
		_, after, _ := strings.Cut(page, `data-key="r"`)
		entry, _, _ := strings.Cut(after, "</a>")
		_, number, found := strings.Cut(entry, `class="count">`)
		if !found {
			return 0
		}
		n := 0
		for _, c := range number {
			if c < '0' || c > '9' {
				break
			}
			n = n*10 + int(c-'0')
		}
		return n
	}
	before := count()
	asked := r.post(auth.Operator, "/console/ask/patience", "participant", "mpesa-ke", "seconds", "77", "reason", "slow rail", "sure", "yes")
	require.Equal(t, http.StatusSeeOther, asked.Code)
	require.Equal(t, before+1, count())
	require.Equal(t, http.StatusSeeOther, r.post(auth.Approver, asked.Header().Get("Location"), "answer", "refuse", "reason", "no").Code)
	require.Equal(t, before, count())
	own := r.get(auth.Participant, "mpesa-ke", "/console/transfers").Body.String()
	require.NotContains(t, own, `class="count"`)
}

// A ledger that is away is said to be, with when to look again.
func ledgerAway(t *testing.T, r *rig) {
	t.Helper()
	ctx := t.Context()
	config, err := pgx.ParseConfig(r.url)
	require.NoError(t, err)
	name := config.Database
	config.Database = "postgres"
	owner, err := pgx.ConnectConfig(ctx, config)
	require.NoError(t, err)
	defer owner.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is left
	open := func(yes string) {
		_, err := owner.Exec(ctx, `ALTER DATABASE `+pgx.Identifier{name}.Sanitize()+` ALLOW_CONNECTIONS `+yes)
		require.NoError(t, err)
	}
	open("false")
	_, err = owner.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
	require.NoError(t, err)
	w := r.get(auth.Auditor, "", "/console/batches")
	require.Equal(t, http.StatusServiceUnavailable, w.Code, w.Body)
	require.Equal(t, "5", w.Header().Get("Retry-After"))
	require.Contains(t, w.Body.String(), "data-retry")
	open("true")
	require.Eventually(t, func() bool { // each connection that was cut costs one look
		return r.get(auth.Auditor, "", "/console/batches").Code == http.StatusOK
	}, time.Minute, 10*time.Millisecond, "the page looks again until it is back")
}
