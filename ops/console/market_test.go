package console_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/ops/demo"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// market is a whole demo that stays up: a switch, adapters and sandboxes, and people who sign in with their own sessions.
type market struct {
	t      *testing.T
	url    string // of its database
	dir    string
	origin string
	links  map[string]string            // by person; each is good once
	people map[string]*browsertest.Page // who has come in
}

// marketPatience is how long a market may take to open, to close and to do what is waited for.
const marketPatience = 3 * time.Minute

// opened is a market after a small day. It closes with the test.
func opened(t *testing.T) *market {
	t.Helper()
	m := &market{t: t, url: pgtest.New(t), dir: t.TempDir(), links: map[string]string{}, people: map[string]*browsertest.Page{}}
	read, write := io.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		err := demo.Run(ctx, demo.Config{
			Dir: m.dir, DatabaseURL: m.url, Transfers: 60, Seed: 7, HTTPAddr: "127.0.0.1:0", Out: write, Log: slog.New(slog.DiscardHandler),
		}, true, func(*demo.Report) error { return nil })
		_ = write.CloseWithError(io.EOF) // nobody waits for a line of it any more
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended)
	})
	told := make(chan string, 1000)
	go func() {
		defer close(told)
		for lines := bufio.NewScanner(read); lines.Scan(); {
			select {
			case told <- lines.Text():
			default: // what it trickles is nobody's business
			}
		}
	}()
	link := regexp.MustCompile(`^  (\w+) .*(http://[^/]+)(/auth/\S+)$`)
	timeout := time.After(marketPatience)
	for {
		select {
		case line, more := <-told:
			require.True(t, more, "the demo ended: %v", ended)
			if found := link.FindStringSubmatch(line); found != nil {
				m.origin, m.links[found[1]] = found[2], found[2]+found[3]
			}
			if strings.Contains(line, "the switch stays up") {
				return m
			}
		case <-timeout:
			require.FailNow(t, "the market did not open in time")
		}
	}
}

// enters is a browser of somebody's own, who has signed in.
func (m *market) enters(person string) *browsertest.Page {
	m.t.Helper()
	if page := m.people[person]; page != nil {
		return page
	}
	page := browsertest.Start(m.t).Page(m.t, looks()[0])
	page.Open(m.links[person])
	require.EqualValues(m.t, http.StatusOK, page.Follow("main button, form button"), person)
	m.people[person] = page
	return page
}

// calls sends a request to the market's API or sandboxes, with a token of a participant's own.
func (m *market) calls(participant, method, path, body string) (answer string) {
	m.t.Helper()
	secret, err := os.ReadFile(filepath.Join(m.dir, "machines", participant))
	require.NoError(m.t, err)
	ask, err := http.NewRequestWithContext(m.t.Context(), http.MethodPost, m.origin+"/auth/token", strings.NewReader("grant_type=client_credentials"))
	require.NoError(m.t, err)
	ask.SetBasicAuth(participant, string(secret))
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var token struct {
		Token string `json:"access_token"`
	}
	require.NoError(m.t, json.Unmarshal([]byte(m.send(ask)), &token))
	request, err := http.NewRequestWithContext(m.t.Context(), method, m.origin+path, strings.NewReader(body))
	require.NoError(m.t, err)
	request.Header.Set("Authorization", "Bearer "+token.Token)
	request.Header.Set("Idempotency-Key", rand.Text())
	request.Header.Set("Content-Type", "application/json")
	return m.send(request)
}

func (m *market) send(request *http.Request) string {
	m.t.Helper()
	answer, err := http.DefaultClient.Do(request)
	require.NoError(m.t, err)
	defer answer.Body.Close() //nolint:errcheck // only read
	body, err := io.ReadAll(answer.Body)
	require.NoError(m.t, err)
	require.Less(m.t, answer.StatusCode, 300, "%s %s: %s", request.Method, request.URL.Path, body)
	return string(body)
}

// pays has a customer of mpesa-ke order and pay a transfer to somebody at gcash-ph.
func (m *market) pays(ref string) {
	m.t.Helper()
	m.calls("mpesa-ke", http.MethodPost, "/v1/orders", fmt.Sprintf(`{"ref":%q,"payer":{"name":"Wanjiku Kamau","account":"254700000001","address":"Nairobi","country":"KE"},`+
		`"to":"gcash-ph","creditor":{"name":"Maria Santos","account":"09171234567","country":"PH","town":"Manila"},"fixed":"source","amount":{"amount":"5000.00","currency":"KES"}}`, ref))
	m.calls("mpesa-ke", http.MethodPost, "/sandbox/mpesa-ke/pay", fmt.Sprintf(`{"ref":%q,"account":"254700000001","name":"Wanjiku Kamau","amount":{"amount":"5000.00","currency":"KES"}}`, ref))
}

// order is where an order is.
type order struct{ State, Intent, Transfer, Reason string }

// awaits waits until an order is in one of some states.
func (m *market) awaits(ref string, states ...string) (at order) {
	m.t.Helper()
	require.Eventually(m.t, func() bool {
		require.NoError(m.t, json.Unmarshal([]byte(m.calls("mpesa-ke", http.MethodGet, "/v1/orders/"+ref, "")), &at, json.MatchCaseInsensitiveNames(true)))
		return slices.Contains(states, at.State)
	}, marketPatience, 200*time.Millisecond, "%s becomes one of %v", ref, states)
	return at
}

// breaks has a sandbox misbehave, as a person who is signed in.
func breaks(t *testing.T, by *browsertest.Page, participant, faults string) {
	t.Helper()
	var status int
	by.JSON(fmt.Sprintf(`fetch('/sandbox/%s/faults', {method: 'POST', body: %q, headers: {'X-CSRF-Token': document.body.dataset.token}}).then((r) => r.status)`, participant, faults), &status)
	require.Equal(t, http.StatusNoContent, status)
}
