package demo_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/bulk"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// heard keeps what a demo says.
type heard struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

var adapterAt = regexp.MustCompile(`mpesa-ke +(http://\S+)`)

// adapter is where the adapter of mpesa-ke is, "" before the demo has said so.
func (h *heard) adapter() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if found := adapterAt.FindStringSubmatch(h.text.String()); found != nil {
		return found[1]
	}
	return ""
}

// A file is paid by the real switch to real rails: every line ends as its transfer does, and the
// invariants hold afterwards.
func TestFileThroughTheSwitch(t *testing.T) {
	const lines = 200
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &heard{}
	cfg := demo.Config{Dir: pgtest.Folder(t), Transfers: 50, Seed: 3, Out: out, Log: slog.New(slog.DiscardHandler)}
	ended := make(chan error, 1)
	go func() { ended <- demo.Run(ctx, cfg, true, func(*demo.Report) error { return nil }) }()
	require.Eventually(t, func() bool { return out.adapter() != "" }, time.Minute, 50*time.Millisecond)

	path := filepath.Join(t.TempDir(), "salaries.csv")
	var text strings.Builder
	text.WriteString(bulk.Header + "\n")
	for n := range lines {
		fmt.Fprintf(&text, "s%d,gcash-ph,Employer Ltd,254700000001,,Maria %d,63917%07d,,%d,PHP,March,,\n", n, n, n, 100+n%7)
	}
	text.WriteString("x,nobody-xx,Employer Ltd,254700000001,,Maria,639170000001,,100,PHP,March,,\n")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	client := bulk.Client{URL: out.adapter()}
	f, err := client.Send(ctx, path)
	require.NoError(t, err)
	_, err = client.Approve(ctx, f.SHA256)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		f, err = client.File(ctx, f.SHA256)
		return err == nil && f.State == bulk.Finished
	}, time.Minute, 50*time.Millisecond, "%+v", f)
	var results strings.Builder
	require.NoError(t, client.Results(ctx, f.SHA256, &results))
	rows, err := csv.NewReader(strings.NewReader(results.String())).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1+lines+1)
	for _, row := range rows[1 : 1+lines] {
		require.Contains(t, []string{string(messaging.StatePaid), string(messaging.StateReturned)}, row[3], "%v", row)
		require.NotEmpty(t, row[2])
	}
	require.Equal(t, string(bulk.Invalid), rows[1+lines][3])
	require.Greater(t, f.Counts[bulk.State(messaging.StatePaid)], lines*4/5)
	cancel()
	if err := <-ended; err != nil { // it was asking something just then
		require.ErrorIs(t, err, context.Canceled)
	}
	findings, err := demo.Check(t.Context(), cfg.Dir, slog.New(slog.DiscardHandler), func(int, int) {})
	require.NoError(t, err)
	for _, f := range findings {
		require.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
}
