package messaging

import (
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

// connects tells whether credentials are let in.
func (r *rig) connects(t *testing.T, creds string) bool {
	t.Helper()
	conn, err := nats.Connect(r.server.URL(), nats.UserCredentials(creds))
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// kept is a copy of a participant's credentials, as it has them.
func (r *rig) kept(t *testing.T, participant string) string {
	t.Helper()
	text, err := os.ReadFile(r.server.CredsFile(participant))
	require.NoError(t, err)
	file := t.TempDir() + "/" + participant + ".creds"
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

func TestAdmissionWhileRunning(t *testing.T) {
	r := newRig(t)
	ctx := testContext(t)
	require.NoError(t, r.server.Admit(ctx, "gamma"))
	require.NoError(t, r.server.Admit(ctx, "gamma"), "once more")
	r.keys["gamma"] = newSigner(t)
	gamma := r.client(t, "gamma")
	require.NoError(t, gamma.PublishIntents(ctx, []Intent{sampleIntent("g-1")}))
	require.Equal(t, r.keys["gamma"].PublicKey(), r.read(t, "gamma", Position{}, 1)[0].Key)
	require.Error(t, r.server.Admit(ctx, "Gamma"))

	// It is one of all: it says what it may, and hears nobody else.
	first := r.kept(t, "gamma")
	conn, err := nats.Connect(r.server.URL(), nats.UserCredentials(first), nats.NoReconnect())
	require.NoError(t, err)
	refused := make(chan error, 8)
	conn.SetErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err })
	require.NoError(t, conn.Publish("intent.alpha", []byte("x")))
	require.NoError(t, conn.Flush())
	require.ErrorIs(t, <-refused, nats.ErrPermissionViolation)

	cut := make(chan struct{})
	conn.SetClosedHandler(func(*nats.Conn) { close(cut) })
	require.NoError(t, r.server.Rotate("gamma"))
	select {
	case <-cut:
	case <-time.After(time.Second):
		t.Fatal("a revoked connection outlives its credentials by more than a second")
	}
	require.False(t, r.connects(t, first))
	second := r.kept(t, "gamma")
	require.True(t, r.connects(t, second))
	require.NoError(t, r.server.Rotate("alpha"), "those of the start too")
	alpha := r.kept(t, "alpha")

	r.stop()
	r.start(t)
	require.False(t, r.connects(t, first), "nor after a restart")
	require.True(t, r.connects(t, second))
	require.True(t, r.connects(t, alpha))
	require.NoError(t, r.server.Expel("gamma"))
	require.False(t, r.connects(t, second))
	require.NoFileExists(t, r.server.CredsFile("gamma"))

	r.stop()
	r.start(t)
	require.False(t, r.connects(t, second))
	require.NoFileExists(t, r.server.CredsFile("gamma"))
	require.NoError(t, r.server.Admit(testContext(t), "gamma"))
	require.False(t, r.connects(t, second))
	require.True(t, r.connects(t, r.kept(t, "gamma")))
	require.Len(t, r.read(t, "gamma", Position{}, 1), 1, "its streams are as they were")
}
