package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

var linked = regexp.MustCompile(`(m\d) +(http://\S+/link/\S+), once, .* --device (\S+)`)

// TestThePoolOfAStageIsReadByItsMembers plays a day with the engine, the broker and every rail, in which members pay
// in and the pool pays abroad, and has a member look at what came of it.
func TestThePoolOfAStageIsReadByItsMembers(t *testing.T) {
	if testing.Short() {
		t.Skip("it plays a day")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	ayni := func(ctx context.Context, args ...string) *exec.Cmd {
		c := exec.CommandContext(ctx, self, args...)
		c.Env = append(os.Environ(), asAyni+"=1")
		c.Stderr = os.Stderr
		return c
	}
	up := ayni(t.Context(), "dev", "--data", pgtest.Folder(t), "--transfers", "200")
	up.Cancel = func() error { return up.Process.Signal(os.Interrupt) }
	up.WaitDelay = time.Minute
	out, err := up.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, up.Start())
	links, device := map[string]string{}, ""
	for lines := bufio.NewScanner(out); len(links) < 3 && lines.Scan(); {
		if found := linked.FindStringSubmatch(lines.Text()); found != nil {
			links[found[1]], device = found[2], found[3]
		}
	}
	require.Len(t, links, 3, "the stage says where its pool is")
	go func() { _, _ = io.Copy(io.Discard, out) }() // the rest of what it says

	says := func(args ...string) string {
		t.Helper()
		text, err := ayni(t.Context(), append([]string{"pool", "--device", device}, args...)...).Output()
		require.NoError(t, err, "%v", args)
		return string(text)
	}
	assert.Regexp(t, `p\d+ +payout +medicine .* 2000\.00 PHP .* paid `, says("proposals"))
	var book struct {
		Funds []struct {
			Name   string                            `json:"name"`
			Amount struct{ Amount, Currency string } `json:"amount"`
		} `json:"funds"`
	}
	require.NoError(t, json.Unmarshal([]byte(says("book", "-o", "json")), &book, json.MatchCaseInsensitiveNames(true)))
	require.NotEmpty(t, book.Funds)
	assert.Equal(t, "welfare", book.Funds[0].Name)
	assert.Equal(t, "KES", book.Funds[0].Amount.Currency)
	assert.NotEqual(t, "0.00", book.Funds[0].Amount.Amount, "what members paid in over M-Pesa, less what was paid out")

	copied := filepath.Join(t.TempDir(), "copy")
	says("log", copied)
	verified, err := ayni(t.Context(), "audit", "verify", copied).Output()
	require.NoError(t, err)
	assert.Contains(t, string(verified), "all as logged")

	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, links["m1"], nil)
	require.NoError(t, err)
	page, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, page.Body.Close()) }()
	text, err := io.ReadAll(page.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, page.StatusCode)
	assert.Contains(t, string(text), `action="/link/`)
}
