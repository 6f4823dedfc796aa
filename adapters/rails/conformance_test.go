package rails_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/adaptertest"
	"github.com/ayni-switch/ayni/adapters/rails"
)

// role names in the environment the rail whose adapter this process is; without it, it is the tests.
const role = "AYNI_CONFORMANCE_RAIL"

func TestMain(m *testing.M) {
	name := os.Getenv(role)
	if name == "" {
		os.Exit(adaptertest.Main(m))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := serve(ctx, name)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, name string) error {
	plug, found := rails.Find(name)
	if !found {
		return fmt.Errorf("no rail %q", name)
	}
	link, err := adaptertest.LinkFromEnviron()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return adaptertest.Serve(ctx, plug, link, os.Stdout, log)
}

// Every rail that ships stands everything, against its own sandbox.
func TestEveryRailConforms(t *testing.T) {
	for _, plug := range rails.All() {
		t.Run(plug.Name, func(t *testing.T) {
			t.Parallel()
			s, err := adaptertest.OfPlug(plug, adaptertest.Self(role+"="+plug.Name))
			require.NoError(t, err)
			adaptertest.Run(t, s)
		})
	}
}
