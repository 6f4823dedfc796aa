package adaptertest_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/adaptertest"
	"github.com/ayni-switch/ayni/adapters/examples/plain"
)

// role says in the environment which adapter this process is; without it, it is the tests.
const role = "AYNI_ADAPTERTEST_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(role) == "" {
		os.Exit(adaptertest.Main(m))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := serve(ctx, os.Getenv(role))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// blindSettings names the settings of an adapter whose rail the suite cannot look into.
const blindSettings = "AYNI_ADAPTERTEST_SETTINGS"

// sound is the role of an adapter without a fault; the others are mutants' names.
const sound = "sound"

func serve(ctx context.Context, as string) error {
	link, err := adaptertest.LinkFromEnviron()
	if err != nil {
		return err
	}
	if own := os.Getenv(blindSettings); own != "" {
		link.Settings = own
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	i := slices.IndexFunc(mutants, func(m mutant) bool { return m.name == as })
	if i < 0 {
		return adaptertest.Serve(ctx, plain.Plug(), link, os.Stdout, log)
	}
	m := mutants[i]
	text, err := os.ReadFile(link.Settings)
	if err != nil {
		return err
	}
	settings, err := adapters.ParseSettings(text)
	if err != nil {
		return err
	}
	if m.link != nil {
		link = m.link(link)
	}
	seen := func(s adapters.Switch) adapters.Switch { return s }
	if m.seen != nil {
		seen = m.seen
	}
	return adaptertest.ServeRailSeeing(ctx, func(sink adapters.Sink) (adapters.Rail, error) {
		if m.sink != nil {
			sink = m.sink(sink)
		}
		rail, err := plain.New(settings, sink)
		if err != nil || m.alter == nil {
			return rail, err
		}
		return m.alter(rail), nil
	}, seen, link, os.Stdout, log)
}

func plainSubject(t *testing.T, as string) adaptertest.Subject {
	t.Helper()
	s, err := adaptertest.OfPlug(plain.Plug(), adaptertest.Self(role+"="+as))
	require.NoError(t, err)
	return s
}

// The adapter of the plain rail stands everything.
func TestThePlainRailConforms(t *testing.T) {
	adaptertest.Run(t, plainSubject(t, sound))
}
