package client_test

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/api"
	"github.com/ayni-switch/ayni/ops/api/apistore"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
	"github.com/ayni-switch/ayni/ops/client"
	"github.com/ayni-switch/ayni/ops/client/generate"
	"github.com/ayni-switch/ayni/ops/live"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

var update = flag.Bool("update", false, "generate the clients anew")

// The clients are of the document that the API serves (which its own test holds).
func TestTheClientsAreCurrent(t *testing.T) {
	document, err := os.ReadFile("../api/testdata/openapi.json")
	require.NoError(t, err)
	golang, err := generate.Go(document)
	require.NoError(t, err)
	types, code, err := generate.TypeScript(document)
	require.NoError(t, err)
	for name, want := range map[string][]byte{"generated.go": golang, "typescript/client.d.ts": types, "typescript/client.js": code} {
		if *update {
			require.NoError(t, os.WriteFile(name, want, 0o600))
		}
		have, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, string(want), string(have), "run go test ./ops/client -run Current -update")
	}
}

// serve runs the API over a ledger with one participant.
func serve(t *testing.T) (url string) {
	t.Helper()
	database, log := pgtest.New(t), slog.New(slog.DiscardHandler)
	require.NoError(t, store.Migrate(t.Context(), database))
	require.NoError(t, apistore.Migrate(t.Context(), database))
	books, err := store.Open(t.Context(), database)
	require.NoError(t, err)
	t.Cleanup(books.Close)
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	t.Cleanup(lead.Release)
	require.NoError(t, lead.Write(t.Context(), lead.Encode(&ledger.Batch{
		ID: 1, DecidedAt: time.Now(), Participants: []settlement.Participant{{
			ID: 1, Name: "alpha-ke", Country: "KE", Currency: fx.MustCurrency("KES"), Role: settlement.RoleOperator,
			PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 100,
		}},
	})))
	answers, err := apistore.Open(t.Context(), database)
	require.NoError(t, err)
	t.Cleanup(answers.Close)
	pulses := live.Pulses(books, time.Now, log)
	watching, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- pulses.Run(watching) }()
	t.Cleanup(func() {
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
	a, err := api.New(api.Config{Guard: authtest.NewGuard(t), Books: books, Answers: answers, Pulses: pulses, Log: log, Version: "test"})
	require.NoError(t, err)
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return server.URL
}

// token is what authtest's guard knows a role by.
func token(role auth.Role) string {
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	authtest.As(r, role, "")
	return r.Header.Get("Authorization")[len("Bearer "):]
}

func TestGoClient(t *testing.T) {
	url := serve(t)
	asha, ben := client.New(url, token(auth.Operator)), client.New(url, token(auth.Approver))
	page, err := asha.ListParticipants(t.Context(), client.ListParticipantsQuery{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, "alpha-ke", page.Items[0].Name)

	p, tag, err := asha.GetParticipant(t.Context(), "alpha-ke")
	require.NoError(t, err)
	require.False(t, p.Suspended)
	wanted := client.SuspensionWantedBody{Suspended: true, Reason: "audit"}
	made, err := asha.ChangeSuspension(t.Context(), "alpha-ke", tag, "k", wanted)
	require.NoError(t, err)
	again, err := asha.ChangeSuspension(t.Context(), "alpha-ke", tag, "k", wanted)
	require.NoError(t, err)
	require.Equal(t, made, again)
	refused, err := ben.RefuseRequest(t.Context(), made.ID, "r", client.DecisionBody{Reason: "no need"})
	require.NoError(t, err)
	require.Equal(t, "refused", refused.State)

	_, err = asha.GetTransfer(t.Context(), "T0000000000001")
	var problem *client.Problem
	require.ErrorAs(t, err, &problem)
	require.Equal(t, "urn:ayni:problem:not_found", problem.Type)
	require.False(t, problem.Retry())
}

func TestTypeScriptClient(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed: the TypeScript client was not tried")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, node, "--test", "client.test.js", "webhook.test.js")
	run.Dir = "typescript"
	run.Env = append(os.Environ(), "AYNI_URL="+serve(t), "AYNI_OPERATOR="+token(auth.Operator), "AYNI_APPROVER="+token(auth.Approver))
	said, err := run.CombinedOutput()
	require.NoError(t, err, "%s", said)
}
