package main

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/adaptertest"
)

// The command is built and run as anybody would: our adapter of a rail passes, and a program that is no adapter fails.
func TestConformanceByCommand(t *testing.T) {
	ayni := filepath.Join(t.TempDir(), "ayni")
	said, err := exec.CommandContext(t.Context(), "go", "build", "-o", ayni, ".").CombinedOutput()
	require.NoError(t, err, "%s", said)
	run := func(arguments ...string) (string, error) {
		said, err := exec.CommandContext(t.Context(), ayni, append([]string{"adapter", "conformance"}, arguments...)...).CombinedOutput()
		return string(said), err
	}
	text, err := run("--rail", "plain", "--only", "^(happy|crash/payout)")
	require.NoError(t, err, text)
	assert.Contains(t, text, "passed   plain crash/payout-told")
	assert.Regexp(t, `plain: [0-9]{2} passed, 0 failed, 0 skipped`, text)

	text, err = run("--rail", "plain", "--only", "^happy/payout$", "--json", "--", "false")
	require.Error(t, err)
	assert.Contains(t, text, `"result":"failed"`)
	assert.Contains(t, text, "before it said where it listens")

	text, err = run("--rail", "plain", "--only", "^nothing$")
	require.Error(t, err, "nothing played is nothing shown")
	assert.Contains(t, text, "0 passed")
}

func TestConformanceFlags(t *testing.T) {
	for name, f := range map[string]conformanceFlags{
		"no rail":        {},
		"no such rail":   {rail: "cowries"},
		"no participant": {broker: adaptertest.Broker{URL: "nats://127.0.0.1:1", SwitchSeed: "s"}},
		"no key":         {broker: adaptertest.Broker{URL: "nats://127.0.0.1:1", SwitchSeed: "s", Participant: "alpha"}},
	} {
		_, err := f.subjects(nil)
		assert.Error(t, err, name)
	}
	all, err := conformanceFlags{rail: "all"}.subjects(nil)
	require.NoError(t, err)
	assert.Greater(t, len(all), 3)
}

func TestTellResult(t *testing.T) {
	var out bytes.Buffer
	tellResult(&out, "plain", adaptertest.Result{Case: "happy/payout", Took: 120 * time.Millisecond}, false)
	tellResult(&out, "plain", adaptertest.Result{Case: "crash/told", Skipped: "it runs already"}, false)
	tellResult(&out, "plain", adaptertest.Result{Case: "refund/twice", Err: errors.New("one\ntwo")}, false)
	assert.Equal(t, `passed   plain happy/payout (120ms)
skipped  plain crash/told (0s)
         it runs already
failed   plain refund/twice (0s)
         one
         two
`, out.String())
	out.Reset()
	tellResult(&out, "plain", adaptertest.Result{Case: "happy/payout", Took: 120 * time.Millisecond}, true)
	assert.JSONEq(t, `{"subject":"plain","case":"happy/payout","result":"passed","why":"","took_ms":120}`, out.String())
}
