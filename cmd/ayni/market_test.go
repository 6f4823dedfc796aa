package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/trace"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/machines"
	access "github.com/ayni-switch/ayni/ops/auth/store"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/ops/telemetry/otlptest"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// patience is how long the market test waits for anything.
const patience = 2 * time.Minute

// market is the switch, two sandboxes and two adapters, each a process of its own, on a PostgreSQL and a broker that
// are there.
type market struct {
	t       *testing.T
	dir     string
	secrets []string // that no log shows
	running []*child
}

// child is a program of the market.
type child struct {
	*exec.Cmd
	out  *bufio.Scanner
	said bytes.Buffer // its log
}

// runs starts the program and waits for the line that says that it is ready.
func (m *market) runs(env []string, ready *regexp.Regexp, args ...string) (found []string) {
	m.t.Helper()
	self, err := os.Executable()
	require.NoError(m.t, err)
	c := &child{Cmd: exec.CommandContext(context.WithoutCancel(m.t.Context()), self, args...)}
	c.Env = append(append(os.Environ(), asAyni+"=1"), env...)
	c.Stderr = &c.said
	c.WaitDelay = patience
	out, err := c.StdoutPipe()
	require.NoError(m.t, err)
	require.NoError(m.t, c.Start())
	m.running = append(m.running, c)
	c.out = bufio.NewScanner(out)
	for found == nil && c.out.Scan() {
		found = ready.FindStringSubmatch(c.out.Text())
	}
	if found == nil {
		m.stop()
		require.FailNow(m.t, "it did not start", "%v", args)
	}
	return found
}

// stop has every program end in order, the last first, and returns all that they logged.
func (m *market) stop() (said string) {
	for _, c := range slices.Backward(m.running) {
		assert.NoError(m.t, c.Process.Signal(syscall.SIGTERM))
		for c.out.Scan() { // to the end of what it says
		}
		assert.NoError(m.t, c.Wait(), "%v: %s", c.Args, &c.said)
		said += c.said.String()
	}
	m.running = nil
	return said
}

// kept writes a file that only its owner reads.
func (m *market) kept(name, text string) string {
	m.t.Helper()
	path := filepath.Join(m.dir, name)
	require.NoError(m.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func (m *market) seed(name string) (file, public string) {
	m.t.Helper()
	seed, err := messaging.NewSeed()
	require.NoError(m.t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(m.t, err)
	m.secrets = append(m.secrets, string(seed))
	return m.kept(name, string(seed)), signer.PublicKey()
}

// freePort is an address that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	on, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, on.Close())
	return on.Addr().String()
}

// party runs a sandbox of M-Pesa and the adapter that is joined to it, and says where both are.
func (m *market) party(name, broker, creds, switchKey, seed string, env ...string) (orders, admin string) {
	m.t.Helper()
	callbacks := freePort(m.t)
	found := m.runs(nil, regexp.MustCompile(`admin at (\S+)/admin; settings for an adapter: (\S+)`),
		"sandbox", "mpesa", "--dir", filepath.Join(m.dir, "sandbox-"+name), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
		"--callbacks", "http://"+callbacks+"/rail", "--quick")
	admin = found[1]
	text, err := os.ReadFile(found[2])
	require.NoError(m.t, err)
	var inline strings.Builder
	for line := range strings.Lines(string(text)) {
		inline.WriteString("  " + line)
	}
	config := m.kept(name+".yaml", fmt.Sprintf("participant: %s\nstore: %s\nlisten: 127.0.0.1:0\ncallbacks: %s\n"+
		"switch: {url: %q, credentials: %q, key: %s, signing_seed: \"file:%s\"}\nrail: mpesa\nsettings:\n%s",
		name, filepath.Join(m.dir, "store-"+name), callbacks, broker, creds, switchKey, seed, &inline))
	found = m.runs(env, regexp.MustCompile(`orders at (\S+),`), "adapter", "run", "--config", config, "--log-level", "debug", "--traces-ratio", "1")
	return found[1], admin
}

// TestTheProgramsTogether runs a transfer through the programs as they ship, each a process of its own: the switch behind
// TLS, and two adapters before two sandboxes. It is one trace at a collector, its figures are where Prometheus looks, a
// machine comes in by its certificate, and nobody's log says who paid whom, nor any secret.
func TestTheProgramsTogether(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs five programs")
	}
	m := &market{t: t, dir: t.TempDir()}
	t.Cleanup(func() { m.stop() })
	spans := otlptest.New(t)
	traces := "TRACES_URL=" + spans.URL()
	const debtor, creditor = "mpesa-ke", "mpesa-two"
	broker, err := messaging.StartServer(t.Context(), messaging.ServerConfig{Dir: filepath.Join(m.dir, "nats"), Participants: []string{debtor, creditor}})
	require.NoError(t, err)
	t.Cleanup(broker.Close)
	require.NoError(t, broker.Provision(t.Context()))
	url := pgtest.New(t)
	switchSeed, switchKey := m.seed("switch.seed")
	secret, public, err := note.GenerateKey(rand.Reader, "ayni.test/log")
	require.NoError(t, err)
	m.secrets = append(m.secrets, secret)
	ours := newAuthority(t)
	config := m.kept("serve.yaml", fmt.Sprintf("database_url: %q\nnats_url: %q\nnats_creds: %q\nswitch_seed: file:%s\nlog_key: file:%s\n"+
		"http_addr: 127.0.0.1:0\ntls_certificate: %s\ntls_key: %s\ntls_clients: %s\n", url, broker.URL(), broker.HubEndpoint().Creds, switchSeed,
		m.kept("log.key", secret), filepath.Join(m.dir, "tls.pem"), filepath.Join(m.dir, "tls.key"), m.kept("clients.pem", ours.pem())))
	ours.write(t, m.dir, 1)
	site := m.runs([]string{"AYNI_" + traces}, regexp.MustCompile(`(https://\S+): API and console`),
		"serve", "--config", config, "--traces-ratio", "1", "--log-level", "debug")[1]

	seeds := map[string]string{}
	books, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	defer books.Close()
	for _, name := range []string{debtor, creditor} {
		file, public := m.seed(name + ".seed")
		seeds[name] = file
		m.does(books, settlement.CommandAddParticipant, settlement.AddParticipant{
			Name: name, Country: "KE", Currency: fx.MustCurrency("KES"), SigningKey: public, Role: settlement.RoleOperator,
			PayoutIncrementMinor: 100, PayoutMinMinor: 100, PayoutMaxMinor: 10_000_000,
		})
		m.does(books, settlement.CommandFund, settlement.Fund{Participant: name, Currency: fx.MustCurrency("KES"), AmountMinor: 1_000_000_00, Evidence: "CAMT-" + name})
	}
	orders, admin := m.party(debtor, broker.URL(), broker.CredsFile(debtor), switchKey, seeds[debtor], "AYNI_ADAPTER_"+traces)
	far, _ := m.party(creditor, broker.URL(), broker.CredsFile(creditor), switchKey, seeds[creditor], "AYNI_ADAPTER_"+traces)

	order := adapters.OrderRequest{
		Ref: "MARKET1", Payer: messaging.Party{Name: "Wanjiku Canary", Account: "254711222333", Address: "Canary Lane 7", Country: "KE"}, To: creditor,
		Creditor: messaging.Party{Name: "Akinyi Canary", Account: "254744555666", Country: "KE", Town: "Canaryville"}, Fixed: fx.FixedSource,
		Amount: messaging.NewAmount(fx.Money{Minor: 500_00, Currency: fx.MustCurrency("KES")}),
	}
	m.pays(orders, admin, order)
	m.showsFigures(orders, far)
	m.knowsMachines(site, url, ours)
	m.followsRunbooks(append(m.operator(url, public), "CURL_CA_BUNDLE="+m.kept("authority.pem", ours.pem())),
		place{"http://SWITCH", site}, place{"http://ADAPTER", orders}, place{"PARTICIPANT", debtor}, place{"DIR", filepath.Join(m.dir, "export")},
		place{"FILE URL", filepath.Join(m.dir, "export", "checkpoint")})

	broker.Close()
	require.Eventually(t, func() bool {
		code, _ := m.get(http.DefaultClient, far+"/readyz")
		return code == http.StatusServiceUnavailable
	}, patience, 100*time.Millisecond)
	said := m.stop()
	m.oneTrace(spans.Spans(), trace.Of(debtor, adapters.IntentID(order.Ref)))
	require.Contains(t, said, `"msg":"leading"`, "the switch logs, or nothing is looked for")
	require.Contains(t, said, `level=WARN msg="broker connection lost"`, "the adapters do, too")
	canaries := slices.Concat(m.secrets, []string{"Canary", "Wanjiku", "Akinyi", order.Payer.Account, order.Creditor.Account, "711222333", "744555666"})
	for _, canary := range canaries {
		for line := range strings.Lines(said) {
			require.NotContains(t, line, canary)
		}
	}
}

// does has the switch carry a command out.
func (m *market) does(books *store.Ledger, kind settlement.CommandKind, body any) {
	m.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(m.t, err)
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	id, err := books.Ask(ctx, string(kind)+string(text), kind, text)
	require.NoError(m.t, err)
	fault, err := books.AwaitCommand(ctx, id)
	require.NoError(m.t, err)
	require.Empty(m.t, fault)
}

// pays places an order, has the customer pay, and waits until the switch says that the other end was paid.
func (m *market) pays(orders, admin string, order adapters.OrderRequest) {
	m.t.Helper()
	client, err := rail.NewClient("mpesa-ke", orders)
	require.NoError(m.t, err)
	require.Eventually(m.t, func() bool { // once the switch has said who takes part
		answers, err := client.PlaceOrders(m.t.Context(), []adapters.OrderRequest{order})
		if err != nil || answers[0].Fault == messaging.FaultUnknownCorridor {
			return false
		}
		require.Empty(m.t, answers[0].Fault, answers[0].Detail)
		return true
	}, patience, 20*time.Millisecond)
	m.customer(admin, order.Ref, order.Payer)
	require.Eventually(m.t, func() bool {
		status, found, err := client.Order(m.t.Context(), order.Ref)
		require.NoError(m.t, err)
		return found && status.State == adapters.OrderState(messaging.StatePaid)
	}, patience, 20*time.Millisecond)
}

// customer has a customer of a sandbox pay.
func (m *market) customer(admin, ref string, payer messaging.Party) {
	m.t.Helper()
	payment, err := json.Marshal(sandbox.CustomerPayment{
		OrderRef: ref, Payer: payer.Account, PayerName: payer.Name, Amount: fx.Money{Minor: 500_00, Currency: fx.MustCurrency("KES")},
	})
	require.NoError(m.t, err)
	request, err := http.NewRequestWithContext(m.t.Context(), http.MethodPost, admin+"/admin/pay", bytes.NewReader(payment))
	require.NoError(m.t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(m.t, err)
	require.NoError(m.t, answer.Body.Close())
	require.Equal(m.t, http.StatusNoContent, answer.StatusCode)
}

// showsFigures looks where Prometheus would.
func (m *market) showsFigures(debtor, creditor string) {
	m.t.Helper()
	for address, want := range map[string]string{
		debtor:   `ayni_adapter_calls_total{code="none",endpoint="collection",participant="mpesa-ke",state="settled"} 1`,
		creditor: `ayni_adapter_operations{kind="payout",participant="mpesa-two",state="settled"} 1`,
	} {
		code, figures := m.get(http.DefaultClient, address+"/metrics")
		assert.Equal(m.t, http.StatusOK, code)
		assert.Contains(m.t, figures, want)
		assert.Contains(m.t, figures, `ayni_adapter_call_duration_seconds_count`)
		code, ready := m.get(http.DefaultClient, address+"/readyz")
		assert.Equal(m.t, http.StatusOK, code, ready)
		assert.Contains(m.t, ready, `"broker":{"ok":true}`)
		code, _ = m.get(http.DefaultClient, address+"/healthz")
		assert.Equal(m.t, http.StatusOK, code)
	}
}

func (m *market) get(client *http.Client, url string) (code int, text string) {
	m.t.Helper()
	request, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(m.t, err)
	answer, err := client.Do(request)
	require.NoError(m.t, err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(m.t, err)
	require.NoError(m.t, answer.Body.Close())
	return answer.StatusCode, string(body)
}

// operator is what somebody has who is called at night: a context, the database's address, and a token for figures.
func (m *market) operator(url, logKey string) (env []string) {
	m.t.Helper()
	keeper, err := access.Open(m.t.Context(), url)
	require.NoError(m.t, err)
	defer keeper.Close()
	require.NoError(m.t, machines.Make(m.t.Context(), keeper, "night", []auth.Role{auth.Auditor}, "", "test"))
	contexts := &settings.Contexts{Named: map[string]settings.Context{}}
	require.NoError(m.t, contexts.Set("night", map[string]string{"database_url": "file:" + m.kept("database.url", url)}))
	require.NoError(m.t, contexts.Write(filepath.Join(m.dir, "ayni", "contexts.yaml")))
	token := "ayni-token-" + auth.NewToken()
	require.NoError(m.t, keeper.AddToken(m.t.Context(), "night", token, time.Hour))
	return []string{"DATABASE_URL=" + url, "LOG_KEY=" + logKey, "TOKEN=" + token}
}

// knowsMachines has a machine come in by its certificate, and nobody without one.
func (m *market) knowsMachines(site, url string, ours authority) {
	m.t.Helper()
	keeper, err := access.Open(m.t.Context(), url)
	require.NoError(m.t, err)
	defer keeper.Close()
	require.NoError(m.t, machines.Make(m.t.Context(), keeper, "mpesa-app", []auth.Role{auth.Participant}, "mpesa-ke", "test"))
	require.NoError(m.t, machines.AllowName(m.t.Context(), keeper, "mpesa-app", "app.mpesa.example", "test"))
	certificate := ours.client(m.t, 2, "app.mpesa.example")
	code, transfers := m.get(ours.caller(&certificate), site+"/v1/transfers")
	assert.Equal(m.t, http.StatusOK, code, transfers)
	assert.Contains(m.t, transfers, `"creditor":"mpesa-two"`)
	code, _ = m.get(ours.caller(nil), site+"/v1/transfers")
	assert.Equal(m.t, http.StatusUnauthorized, code)
	stranger := newAuthority(m.t).client(m.t, 3, "app.mpesa.example")
	request, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, site+"/healthz", http.NoBody)
	require.NoError(m.t, err)
	_, err = ours.caller(&stranger).Do(request) //nolint:bodyclose // there is none
	require.Error(m.t, err, "whoever shows another authority's certificate does not even connect")
	old := &tls.Config{RootCAs: ours.pool(), MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	_, err = tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", strings.TrimPrefix(site, "https://"), old)
	require.ErrorContains(m.t, err, "protocol version")
}

// oneTrace finds everything that was done for the transfer in its trace, by all three programs.
func (m *market) oneTrace(all []otlptest.Span, of trace.Context) {
	m.t.Helper()
	id := hex.EncodeToString(of.Trace[:])
	got := map[string]int{}
	for _, span := range all {
		if span.Trace == id {
			got[span.Service+" "+span.Name+" "+span.Attributes["ayni.participant"]]++
		}
	}
	for _, want := range []string{
		`ayni-adapter order string_value:"mpesa-ke"`, "ayni-adapter publish intents ", "ayni-switch batch ", "ayni-switch decide ", "ayni-switch post ",
		"ayni-switch publish ", `ayni-adapter instruction string_value:"mpesa-two"`, `ayni-adapter submit string_value:"mpesa-two"`,
		"ayni-adapter publish outcomes ", `ayni-adapter status string_value:"mpesa-ke"`,
	} {
		assert.Positive(m.t, got[want], "%s is not in the transfer's trace: %v", want, got)
	}
}
