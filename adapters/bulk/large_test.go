package bulk

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
)

var large = flag.Int("lines", 0, "also pay a file of so many lines, up to a million, and report time, memory and bytes")

// childEnv carries a childConfig to a process that holds nothing but an adapter, so that its memory can be
// measured.
const childEnv = "AYNI_BULK_TEST"

type childConfig struct{ Dir, URL, Creds, Seed, SwitchKey, File string }

// spent is what the child needed.
type spent struct {
	File                  File
	Taken, Claimed, Ended time.Duration
	PeakResident, PeakOwn int64 // bytes; with the store's mapped file, and without
	CPU                   time.Duration
	Written, StoreBytes   int64 // to the disk, and what the store's file has
	ResultsTime           time.Duration
}

func TestMain(m *testing.M) {
	if encoded := os.Getenv(childEnv); encoded != "" {
		if err := child(encoded); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(encoded string) error {
	var c childConfig
	if err := json.Unmarshal([]byte(encoded), &c); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	signer, err := messaging.NewSigner([]byte(c.Seed))
	if err != nil {
		return err
	}
	salter, err := adapters.Salter(c.Dir, us)
	if err != nil {
		return err
	}
	client, err := messaging.ConnectClient(ctx, messaging.ClientConfig{
		Endpoint: messaging.Endpoint{URL: c.URL, Creds: c.Creds}, Participant: us, Signer: signer, Salter: salter, SwitchKey: c.SwitchKey,
	})
	if err != nil {
		return err
	}
	defer client.Close()
	desk, err := Open(Config{Participant: us, Dir: filepath.Join(c.Dir, "bulk"), Switch: client})
	if err != nil {
		return err
	}
	runner, err := adapters.NewRunner(adapters.RunnerConfig{
		Participant: us, Dir: c.Dir, Switch: desk, Rail: func(adapters.Sink) (adapters.Rail, error) { return stillRail{}, nil },
	})
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- desk.Run(ctx, runner) }()
	var s spent
	if err := s.pay(ctx, desk, c.File); err != nil {
		return err
	}
	cancel()
	if err := <-done; err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

func (s *spent) pay(ctx context.Context, desk *Desk, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	start := time.Now()
	f, _, err := desk.Take(ctx, in)
	if err != nil {
		return err
	}
	s.Taken = time.Since(start)
	if f, err = desk.Approve(f.SHA256); err != nil {
		return err
	}
	for f.State != Finished {
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // samples the memory meanwhile
		if f, err = desk.File(f.SHA256); err != nil {
			return err
		}
		if s.Claimed == 0 && f.State != Approved {
			s.Claimed = time.Since(start)
		}
		s.PeakOwn = max(s.PeakOwn, proc("status", "RssAnon:")<<10)
	}
	s.File, s.Ended = f, time.Since(start)
	s.PeakResident = proc("status", "VmHWM:") << 10
	s.Written = proc("io", "write_bytes:")
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return err
	}
	s.CPU = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	info, err := os.Stat(filepath.Join(desk.cfg.Dir, "bulk.db"))
	if err != nil {
		return err
	}
	s.StoreBytes = info.Size()
	out, err := os.Create(path + ".results")
	if err != nil {
		return err
	}
	start = time.Now()
	err = desk.Results(ctx, out, f.SHA256)
	s.ResultsTime = time.Since(start)
	if err != nil {
		return err
	}
	return out.Close()
}

// proc reads one figure about this process, 0 where the system has none.
func proc(file, name string) int64 {
	text, _ := os.ReadFile("/proc/self/" + file)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n
		}
	}
	return 0
}

// TestLargeFile pays a large file, with lines of many fates, in a process of its own, and reports what
// that needs.
func TestLargeFile(t *testing.T) {
	if *large == 0 {
		t.Skip("a million lines take minutes: -lines 1000000")
	}
	mixed := func(n int) string {
		switch {
		case n%100 == 7:
			return "reject"
		case n%100 == 19:
			return "bad"
		case n%1000 == 23:
			return "return"
		default:
			return "pay"
		}
	}
	s, dir := newSwitch(t), t.TempDir()
	s.announce(5 * time.Hour)
	path := writeFile(t, *large, mixed)
	endpoint := s.server.ParticipantEndpoint(us)
	encoded, err := json.Marshal(childConfig{
		Dir: dir, URL: s.server.URL(), Creds: endpoint.Creds, Seed: string(s.seeds[us]),
		SwitchKey: s.signer("switch").PublicKey(), File: path,
	})
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), childEnv+"="+string(encoded))
	command.Stderr = os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := command.Output()
	require.NoError(t, err)
	var needed spent
	require.NoError(t, json.Unmarshal(out, &needed))
	t.Logf("file %d MiB: taken in %v, claimed after %v, every line ended after %v (%d lines/s), %v of CPU; results read in %v",
		needed.File.Bytes>>20, needed.Taken, needed.Claimed, needed.Ended,
		int64(needed.File.Lines)*int64(time.Second)/int64(needed.Ended-needed.Claimed), needed.CPU, needed.ResultsTime)
	t.Logf("memory %d MiB of its own, %d MiB with the mapped store; %d MiB written, store %d MiB, folder %d MiB; at most %d open",
		needed.PeakOwn>>20, needed.PeakResident>>20, needed.Written>>20, needed.StoreBytes>>20, folderBytes(t, dir)>>20, s.mostOpen)
	assert.LessOrEqual(t, needed.PeakOwn, int64(256<<20))
	assert.LessOrEqual(t, s.mostOpen, maxOpen)

	rows := 0
	results, err := os.Open(path + ".results")
	require.NoError(t, err)
	defer func() { _ = results.Close() }()
	r := csv.NewReader(bufio.NewReader(results))
	_, err = r.Read()
	require.NoError(t, err)
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		end := want(mixed(rows))
		require.Equal(t, []string{strconv.Itoa(rows + firstLine), lineID(rows), string(end)}, []string{row[0], row[1], row[3]})
		times := 0
		if end == State(messaging.StatePaid) {
			times = 1
		}
		require.Equal(t, times, s.paidTimes(lineID(rows)), row)
		rows++
	}
	require.Equal(t, *large, rows)
}

func folderBytes(t *testing.T, dir string) (size int64) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	}))
	return size
}
