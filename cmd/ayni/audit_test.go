package main

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
)

var (
	consoles = regexp.MustCompile("(?s)```console\n(.*?)```")
	took     = regexp.MustCompile(`(?m), [0-9.]+m?s$`)
)

// What the log's README says that commands print, they print.
func TestReadmeOfTheLog(t *testing.T) {
	page, err := os.ReadFile("../../settlement/audit/README.md")
	require.NoError(t, err)
	t.Chdir("../../settlement/audit/verify/testdata")
	found := consoles.FindAllSubmatch(page, -1)
	require.NotEmpty(t, found)
	for _, block := range found {
		lines := strings.Split(string(block[1]), "\n")
		for i, line := range lines {
			lines[i] = strings.TrimPrefix(line, "   ") // of the list
		}
		said, isAyni := strings.CutPrefix(lines[0], "$ ayni ")
		require.True(t, isAyni, lines[0])
		var out bytes.Buffer
		c := newCommand()
		c.SetArgs(strings.Fields(said))
		c.SetOut(&out)
		c.SetErr(io.Discard)
		require.NoError(t, c.ExecuteContext(t.Context()), said)
		require.Equal(t, strings.Join(lines[1:], "\n"), took.ReplaceAllString(out.String(), ", 39ms"), said)
	}
}

// What `verify` found is JSON to whoever asks for it so.
func TestVerificationAsJSON(t *testing.T) {
	t.Chdir("../../settlement/audit/verify/testdata")
	var out bytes.Buffer
	c := newCommand()
	c.SetArgs([]string{"audit", "verify", "frozen-1", "--json"})
	c.SetOut(&out)
	c.SetErr(io.Discard)
	require.NoError(t, c.ExecuteContext(t.Context()))
	var said struct {
		Batches int64 `json:"batches"`
		Took    int64 `json:"took_ns"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &said))
	require.Equal(t, int64(37), said.Batches)
	require.Positive(t, said.Took)
}
