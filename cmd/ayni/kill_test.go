package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

var (
	kills         = flag.Int("kills", 20, "how often the demo is killed")
	killTransfers = flag.Int("kill-transfers", 1500, "transfers of the day that is killed")
	killSeed      = flag.Uint64("kill-seed", 0, "seed of the moments, 0 for a new one")
)

// asAyni makes this test binary the program itself, so that a kill takes servers, adapters, sandboxes
// and engine at once.
const asAyni = "AYNI_TEST_RUN_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asAyni) != "" {
		main()
		os.Exit(0)
	}
	flag.Parse()
	if err := os.Setenv("XDG_CONFIG_HOME", "/nowhere"); err != nil { // whose tests they are has contexts of their own
		panic(err)
	}
	os.Exit(pgtest.Run(m))
}

// program is the demo of a fixed day on a folder.
func program(ctx context.Context, t *testing.T, dir, figures string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.CommandContext(ctx, self, "demo", "--data", dir, "--transfers", strconv.Itoa(*killTransfers), "--seed", "7", "--json", figures)
	c.Env = append(os.Environ(), asAyni+"=1")
	return c
}

// play runs the demo to its end and returns what the day came to, and how long it took.
func play(t *testing.T, dir string) (*demo.Report, time.Duration) {
	t.Helper()
	figures := filepath.Join(t.TempDir(), "figures.json")
	began := time.Now()
	out, err := program(t.Context(), t, dir, figures).CombinedOutput()
	require.NoError(t, err, "%s", out)
	text, err := os.ReadFile(figures)
	require.NoError(t, err)
	r := &demo.Report{}
	require.NoError(t, json.Unmarshal(text, r))
	return r, time.Since(began)
}

// totals are the figures of a day that do not depend on how it went.
func totals(r *demo.Report) map[string]any {
	perCurrency := map[string]any{}
	for _, c := range r.PerCurrency {
		perCurrency[c.Currency] = c.PaidMinor
	}
	return map[string]any{
		"transfers": r.Transfers, "by_state": r.ByState, "refusals": r.Refusals, "paid": perCurrency,
		"pools": r.Pools.Steady(), "windows": r.Windows,
	}
}

// A day that is killed at random moments, and gone on with on the same folder each time, comes to what
// an undisturbed one comes to.
func TestKilledDayEndsLikeAnUndisturbedOne(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a whole demo many times")
	}
	undisturbed, took := play(t, pgtest.Folder(t))
	require.True(t, undisturbed.OK(), "%+v", undisturbed.Invariants)

	seed := *killSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("moments from -kill-seed=%d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	dir := pgtest.Folder(t)
	for n := range *kills {
		killAt(t, dir, n, time.Duration(dice.Int64N(int64(took/2))))
	}
	killed, _ := play(t, dir)
	require.True(t, killed.OK(), "%+v", killed.Invariants)
	require.True(t, killed.Resumed)
	require.Equal(t, totals(undisturbed), totals(killed))
}

// killAt starts the program and kills it, with everything in it, at a moment of its life.
func killAt(t *testing.T, dir string, n int, moment time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), moment)
	defer cancel()
	c := program(ctx, t, dir, filepath.Join(t.TempDir(), fmt.Sprintf("figures-%d.json", n)))
	c.Cancel = func() error { return c.Process.Kill() } // SIGKILL, said because everything rests on it
	out, err := c.CombinedOutput()
	if ctx.Err() == nil && err != nil { // it ended before its moment, which only a finished day may
		require.NoError(t, err, "%s", out)
	}
}
