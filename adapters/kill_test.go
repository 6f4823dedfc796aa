package adapters

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
)

// childEnv carries a childConfig to the process that is going to be killed.
const childEnv = "AYNI_ADAPTER_KILL_TEST"

// childConfig is what the child needs. Failpoint "" lets it live until its standard input ends.
type childConfig struct {
	Dir, URL, Creds, Seed, SwitchKey string
	Failpoint                        string
	Pass                             int64 // the number of the passage that is the last
	Rounds                           int   // orders of so many rounds are placed and paid for
}

const ordersPerRound = 6

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

// child is a whole adapter in a process of its own: real store, real connection, a rail whose truth is
// in a file. Its customers order and pay at once, again after every start.
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
	salter, err := Salter(c.Dir, us)
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
	var passed atomic.Int64
	boards := make(chan struct{}, 1)
	running := make(chan struct{}, 1)
	var rail *scriptRail
	runner, err := NewRunner(RunnerConfig{
		Participant: us, Dir: c.Dir, Switch: client, Republish: 100 * time.Millisecond,
		Rail: func(sink Sink) (Rail, error) {
			var err error
			rail, err = newScriptRail(filepath.Join(c.Dir, "truth.jsonl"), sink)
			return rail, err
		},
		failpoint: func(name string) {
			if name == c.Failpoint && passed.Add(1) == c.Pass {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // until the signal is delivered
			}
			switch name {
			case "message durable":
				signal(boards)
			case "running":
				signal(running)
			}
		},
	})
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	<-running
	runner.mu.Lock()
	open := len(runner.board.peers) > 0
	runner.mu.Unlock()
	if !open {
		<-boards
	}
	for round := range c.Rounds {
		var requests []OrderRequest
		for n := range ordersPerRound {
			minor := int64(200_00)
			if n == 0 {
				minor = 2_000_00 // confirmed
			}
			requests = append(requests, request(fmt.Sprintf("r%dn%d", round, n), minor))
		}
		answers, err := runner.PlaceOrders(ctx, requests)
		if err != nil {
			return err
		}
		for _, a := range answers {
			if a.Fault != "" {
				return fmt.Errorf("order %s: %s %s", a.Ref, a.Fault, a.Detail)
			}
			source, err := a.Source.Money()
			if err != nil {
				return err
			}
			rail.pay(a.Ref, source)
		}
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // the parent says when it is enough
	cancel()
	if err := <-done; err != nil {
		return err
	}
	if err := rail.Close(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(runner.Stats())
}

// TestKilledAnywhereNothingIsLostOrRepeated kills an adapter at every named point, with new work each
// time, and then holds everything that was said against what happened at the rail.
func TestKilledAnywhereNothingIsLostOrRepeated(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	endpoint := r.server.ParticipantEndpoint(us)
	config := childConfig{
		Dir: dir, URL: r.server.URL(), Creds: endpoint.Creds,
		Seed: string(r.keys[us]), SwitchKey: r.signer("switch").PublicKey(),
	}
	require.NotEmpty(t, config.Creds)
	r.open()
	points := []string{
		"message received", "message durable", "orders durable", "collection received", "collection durable",
		"intents published", "before submit", "after submit", "callback received", "callback durable",
		"evidence durable", "outcomes published",
	}
	var transfers []string
	for round, point := range points {
		for pass := range int64(2) {
			config.Failpoint, config.Pass, config.Rounds = point, 1+pass, 2*round+int(pass)+1
			if point == "orders durable" || point == "message received" || point == "message durable" {
				config.Pass = 1 // these are passed once for all of a start's work
			}
			var instructions []messaging.Instruction
			for f := range fates {
				for n, minor := range []int64{300_00, 3_000_00} {
					transfer := fmt.Sprintf("t%dp%df%d%c", round, pass, f, 'a'+n)
					transfers = append(transfers, transfer)
					instructions = append(instructions, instruction(transfer, minor, accountWith(t, f)))
				}
			}
			r.instruct(instructions...)
			r.runChild(config)
		}
	}

	rounds := 2 * len(points)
	config.Failpoint, config.Rounds = "", rounds
	orders := rounds * ordersPerRound
	var changes []messaging.Change
	var refunds []messaging.Instruction
	stats := r.runChildUntil(config, func() {
		r.until("intents and outcomes", func() bool { return len(r.intents) == orders && len(r.finals) == len(transfers) })
		for round := range rounds {
			for n := range ordersPerRound {
				ref := fmt.Sprintf("r%dn%d", round, n)
				change := messaging.Change{Intent: IntentID(ref), Transfer: "T" + ref, State: messaging.StatePaid}
				switch n {
				case 1:
					change.State, change.Transfer = messaging.StateRejected, ""
				case 2:
					change.State = messaging.StateReturnPending
					in := r.last[IntentID(ref)]
					refunds = append(refunds, messaging.Instruction{
						Transfer: "T" + ref, Kind: messaging.KindRefund, Intent: in.ID, Amount: in.Source,
						Debtor: in.Debtor, Creditor: in.Creditor, Counterparty: them,
					})
				}
				changes = append(changes, change)
			}
		}
		r.tell(changes...)
		r.instruct(refunds...)
		r.until("refunds", func() bool { return len(r.finals) == len(transfers)+len(refunds) })
		r.waitForLocalRefunds(filepath.Join(dir, "truth.jsonl"), rounds)
	})

	for id, versions := range r.intents {
		assert.Len(t, versions, 1, "intent %s changed its bytes", id)
	}
	log, err := readTruth(filepath.Join(dir, "truth.jsonl"))
	require.NoError(t, err)
	ends, byReference := map[string]string{}, map[string]string{}
	for _, line := range log {
		switch line.Event {
		case "settled", "declined":
			assert.Empty(t, ends[line.ID], "the rail did %s twice", line.ID)
			ends[line.ID] = line.Event
			if strings.HasPrefix(line.Reference, "t") {
				assert.Empty(t, byReference[line.Reference], "transfer %s went out under two ids", line.Reference)
				byReference[line.Reference] = line.ID
			}
		}
	}
	for _, transfer := range transfers {
		outcomes := r.finals[transfer+"/payout"]
		assert.Len(t, outcomes, 1, "transfer %s: one outcome, the same bytes every time", transfer)
		want := map[string]string{"settled": "State:paid", "declined": "State:failed"}[ends[OperationID(transfer, messaging.KindPayout)]]
		for outcome := range outcomes {
			assert.Contains(t, outcome, want, transfer)
		}
	}
	local := 0
	for id := range ends {
		if strings.HasSuffix(id, "L") {
			local++
		}
	}
	assert.Equal(t, rounds, local, "each rejected order is given back once")
	assert.Equal(t, orders, stats.Orders)
	assert.Equal(t, orders, stats.Collections)
	assert.Equal(t, len(ends), len(transfers)+len(refunds)+local, "nothing happened at the rail that nobody asked for")
	assert.Zero(t, stats.UnknownNow)
	t.Logf("%d kills, %d transfers, %d orders: %+v", rounds, len(transfers), orders, stats)
}

// waitForLocalRefunds follows the rail's file until so many refunds of the adapter's own are in it.
func (r *rig) waitForLocalRefunds(path string, want int) {
	r.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond) // a file of another process gives no signal
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		log, err := readTruth(path)
		require.NoError(r.t, err)
		have := 0
		for _, line := range log {
			if strings.HasSuffix(line.ID, "L") && (line.Event == "settled" || line.Event == "declined") {
				have++
			}
		}
		if have == want {
			return
		}
	}
	require.FailNow(r.t, "timeout", "waiting for %d local refunds", want)
}

func (r *rig) command(c childConfig) *exec.Cmd {
	r.t.Helper()
	encoded, err := json.Marshal(c)
	require.NoError(r.t, err)
	self, err := os.Executable()
	require.NoError(r.t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(encoded))
	cmd.Stderr = r.t.Output()
	return cmd
}

// runChild runs a child until it kills itself.
func (r *rig) runChild(c childConfig) {
	r.t.Helper()
	cmd := r.command(c)
	_, err := cmd.StdinPipe() // a child lives while it is open; Wait closes it
	require.NoError(r.t, err)
	require.NoError(r.t, cmd.Start())
	timeout := time.AfterFunc(patience, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) })
	err = cmd.Wait()
	timeout.Stop()
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.True(r.t, ok)
	require.True(r.t, status.Signaled() && status.Signal() == syscall.SIGKILL, "failpoint %q: %v", c.Failpoint, err)
}

// runChildUntil runs a child that lives until work is done, and returns its last word.
func (r *rig) runChildUntil(c childConfig, work func()) (stats Stats) {
	r.t.Helper()
	cmd := r.command(c)
	stdin, err := cmd.StdinPipe()
	require.NoError(r.t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(r.t, err)
	require.NoError(r.t, cmd.Start())
	defer func() { _ = cmd.Process.Kill() }() // only where a requirement failed: it has ended otherwise
	work()
	require.NoError(r.t, stdin.Close())
	require.NoError(r.t, json.NewDecoder(bufio.NewReader(stdout)).Decode(&stats))
	require.NoError(r.t, cmd.Wait())
	return stats
}
