package site_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/client"
	"github.com/ayni-switch/ayni/ops/site"
	"github.com/ayni-switch/ayni/ops/telemetry"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// open is a site on a ledger without a batch, that runs until the test ends.
func open(t *testing.T) (s *site.Site, origin string) {
	t.Helper()
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	on, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	origin = "http://" + on.Addr().String()
	dir := t.TempDir()
	broker, err := messaging.StartServer(t.Context(), messaging.ServerConfig{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(broker.Close)
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	hub, err := messaging.ConnectHub(t.Context(), messaging.HubConfig{Endpoint: broker.HubEndpoint(), Signer: signer, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(hub.Close)
	_, key, err := note.GenerateKey(rand.Reader, "ayni.test/log")
	require.NoError(t, err)
	s, err = site.Open(t.Context(), site.Config{
		Origin: origin, Name: "test", DatabaseURL: url, LogKey: key, Version: "test", Migrate: true, WebhookKey: make([]byte, 32), Local: true, Hub: hub, Disk: dir,
		Metrics: telemetry.NewRegistry(), Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, on) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended)
		s.Close()
	})
	return s, origin
}

// get asks for an address.
func get(t *testing.T, client *http.Client, address string, header ...string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer, err := client.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(text)
}

// Health, documents and the way in aside, nobody gets an answer.
func TestNobodyGetsIn(t *testing.T) {
	s, origin := open(t)
	staying := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, path := range []string{"/healthz", "/openapi.json", "/docs"} {
		status, _ := get(t, staying, origin+path)
		assert.Equal(t, http.StatusOK, status, path)
	}
	status, why := get(t, staying, origin+"/readyz")
	assert.Equal(t, http.StatusServiceUnavailable, status, "no engine leads")
	assert.Contains(t, why, "lease")
	require.Greater(t, len(s.Routes()), 20)
	for _, route := range s.Routes() {
		if route.Need.Public || route.Method != "" && route.Method != http.MethodGet {
			continue
		}
		path := strings.NewReplacer("{$}", "", "{", "", "}", "").Replace(route.Pattern)
		status, body := get(t, staying, origin+path)
		assert.Equal(t, http.StatusUnauthorized, status, "%s: %s", path, body)
	}
}

// A person signs in by a link, once; a machine gets a token for its secret.
func TestTheWaysIn(t *testing.T) {
	s, origin := open(t)
	link, err := s.Link(t.Context(), auth.Principal{Subject: "dev asha", Name: "Asha", Roles: []auth.Role{auth.Operator}})
	require.NoError(t, err)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar}
	status, page := get(t, browser, link)
	require.Equal(t, http.StatusOK, status)
	form := url.Values{}
	for _, field := range regexp.MustCompile(`<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		form.Set(field[1], field[2])
	}
	action := regexp.MustCompile(`action="([^"]*)"`).FindStringSubmatch(page)
	require.NotNil(t, action, page)
	at, err := url.Parse(link)
	require.NoError(t, err)
	target, err := at.Parse(action[1])
	require.NoError(t, err)
	answer, err := browser.PostForm(target.String(), form)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	status, page = get(t, browser, origin+"/console/")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "Asha")

	secret, err := s.Machine(t.Context(), "mpesa-app", auth.Participant, "mpesa-ke")
	require.NoError(t, err)
	ask, err := http.NewRequestWithContext(t.Context(), http.MethodPost, origin+"/auth/token", strings.NewReader("grant_type=client_credentials"))
	require.NoError(t, err)
	ask.SetBasicAuth("mpesa-app", secret)
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := http.DefaultClient.Do(ask)
	require.NoError(t, err)
	defer got.Body.Close() //nolint:errcheck // only read
	var token struct {
		Token string `json:"access_token"`
	}
	require.NoError(t, json.UnmarshalRead(got.Body, &token))
	status, body := get(t, http.DefaultClient, origin+"/v1/transfers", "Authorization", "Bearer "+token.Token)
	require.Equal(t, http.StatusOK, status, body)
	require.Contains(t, body, `"items":[]`)

	pinged(t, client.New(origin, token.Token))
	_, metrics := get(t, browser, origin+"/metrics")
	require.Contains(t, metrics, `ayni_webhook_endpoints{state="active"} 1`)
}

// pinged has a webhook made and tried: what comes is signed by its keys.
func pinged(t *testing.T, participant *client.Client) {
	t.Helper()
	came := make(chan *http.Request, 1)
	var body []byte
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		came <- r
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(receiver.Close)
	made, err := participant.MakeWebhook(t.Context(), "hook", client.WebhookSettings{URL: receiver.URL, Events: []string{}})
	require.NoError(t, err)
	secret, err := participant.GetWebhookSecret(t.Context(), made.ID)
	require.NoError(t, err)
	ping, err := participant.PingWebhook(t.Context(), made.ID, "ping")
	require.NoError(t, err)
	id, err := client.VerifyWebhook((<-came).Header, body, time.Now(), secret.Secret)
	require.NoError(t, err)
	require.Equal(t, ping.ID, id)
}
