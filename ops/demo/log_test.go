package demo

import (
	"bytes"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/telemetry"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// said is what a day logs, from many goroutines.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

// A whole day, with rails that misbehave, people who pay for nothing and pools that help each other, is logged in full,
// and no line says who anybody is, nor any secret.
func TestADaysLogShowsNobody(t *testing.T) {
	if testing.Short() {
		t.Skip("it plays a day")
	}
	dir, log := pgtest.Folder(t), &said{}
	cfg := Config{Dir: dir, Transfers: 200, Seed: 5, Out: io.Discard, Log: telemetry.NewTextLogger(log, slog.LevelDebug)}
	require.NoError(t, Run(t.Context(), cfg, false, func(*Report) error { return nil }))
	lines := log.b.String()
	require.Contains(t, lines, "msg=leading")
	require.Contains(t, lines, "msg=exception", "somebody paid what nobody ordered, or nothing is looked for")

	var codes []string
	for _, code := range callingCodes {
		codes = append(codes, regexp.QuoteMeta(code))
	}
	people := regexp.MustCompile(`\b(?:` + strings.Join(givenNames, "|") + "|" + strings.Join(familyNames, "|") + `)\b|\b(?:` +
		strings.Join(codes, "|") + `)7\d{8}|Market (?:Street|Town)|@okdemo`)
	d, err := newDay(cfg.Seed, time.Now())
	require.NoError(t, err)
	for _, p := range d.cast {
		who := person(cfg.Seed, p, 17, "p")
		require.Regexp(t, people, who.Name)
		if callingCodes[p.Country] != "" {
			require.Regexp(t, people, who.Account)
		}
	}
	names, err := participants()
	require.NoError(t, err)
	k, err := loadKeys(dir, names)
	require.NoError(t, err)
	secrets := []string{k.Switch, k.Log, k.Secret, k.Adapter.Private, k.Rail.Private}
	for _, name := range names {
		secrets = append(secrets, k.Participants[name])
		for _, purpose := range []string{"callback", "consumer", "consumer secret", "initiator", "bank", "psp key", "psp webhook", "screening"} {
			secrets = append(secrets, k.derive(purpose, name))
		}
	}
	for line := range strings.Lines(lines) {
		require.NotRegexp(t, people, line)
		for _, secret := range secrets {
			require.NotContains(t, line, secret)
		}
	}
}
