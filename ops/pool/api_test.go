package pool_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/verify"
	"github.com/ayni-switch/ayni/adapters/pool/view"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

const name = "chama-nairobi"

// chama is a pool with two founders behind its API.
type chama struct {
	t       *testing.T
	home    *pool.Home
	members []pool.Device
	url     string
	now     time.Time // of the API; the zero one for the clock's
}

func found(t *testing.T) *chama {
	t.Helper()
	c := &chama{t: t}
	var err error
	c.home, err = pool.Open(t.Context(), pool.Config{
		Name: name, Dir: filepath.Join(t.TempDir(), "keys"), DatabaseURL: pgtest.New(t), Currency: fx.MustCurrency("KES"),
		Account: messaging.Party{Name: "Chama", Account: name},
	})
	require.NoError(t, err)
	t.Cleanup(c.home.Close)
	rules, err := charter.Template("chama", charter.Founding{Pool: name, Title: "Chama", Currency: fx.MustCurrency("KES")})
	require.NoError(t, err)
	text, err := rules.Canonical()
	require.NoError(t, err)
	founding := decide.Founding{Charter: text}
	for i, role := range []string{"treasurer", "facilitator"} {
		_, key, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		d := pool.Device{Key: key, Pool: name, Member: []string{"m1", "m2"}[i]}
		c.members = append(c.members, d)
		founding.Founders = append(founding.Founders, decide.Founder{Key: d.Public(), Person: act.Commit([]byte(role)), Roles: []string{role}})
	}
	answer, err := c.home.Found(t.Context(), founding)
	require.NoError(t, err)
	require.Empty(t, answer.Fault, answer.Detail)
	clock := func() time.Time {
		if c.now.IsZero() {
			return time.Now()
		}
		return c.now
	}
	server := httptest.NewServer(pool.NewAPI(c.home, view.New(c.home.Node, c.home.Store), slog.New(slog.DiscardHandler), clock))
	t.Cleanup(server.Close)
	c.url = server.URL
	hash := rules.Hash()
	for i := range c.members {
		c.say(i, "agree", decide.Agreement{Charter: hex.EncodeToString(hash[:])})
	}
	return c
}

func (c *chama) client(i int) pool.Client { return pool.Client{Node: c.url, Device: c.members[i]} }

func (c *chama) say(i int, kind string, body any, closed ...[]byte) decide.Answer {
	c.t.Helper()
	signed, err := c.members[i].Sign(kind, 1, body)
	require.NoError(c.t, err)
	answer, err := c.client(i).Act(c.t.Context(), signed, closed)
	require.NoError(c.t, err)
	return answer
}

// read asks with headers of the test's own, and returns the status and the problem's name.
func (c *chama) read(path string, headers map[string]string) (int, string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.url+path, nil)
	require.NoError(c.t, err)
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return c.ask(r)
}

func (c *chama) ask(r *http.Request) (int, string) {
	c.t.Helper()
	w, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	defer func() { require.NoError(c.t, w.Body.Close()) }()
	text, err := io.ReadAll(w.Body)
	require.NoError(c.t, err)
	if w.StatusCode == http.StatusOK {
		return w.StatusCode, ""
	}
	assert.Equal(c.t, "application/problem+json", w.Header.Get("Content-Type"), "%s", text)
	var p pool.Problem
	require.NoError(c.t, json.Unmarshal(text, &p))
	assert.Equal(c.t, w.StatusCode, p.Status)
	return w.StatusCode, p.Name()
}

// signed are the headers of a read.
func signed(d pool.Device, at time.Time, of, path string) map[string]string {
	when := at.UTC().Format(time.RFC3339)
	signature := ed25519.Sign(d.Key, []byte("ayni.pool.read.v1\n"+of+"\n"+when+"\n"+path))
	return map[string]string{
		"Ayni-Key": d.Public().String(), "Ayni-Time": when, "Ayni-Signature": base64.RawURLEncoding.EncodeToString(signature),
	}
}

func TestReadsAreWhoeverSignedThem(t *testing.T) {
	c := found(t)
	amina, now := c.members[0], time.Now()
	_, strange, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	stranger := pool.Device{Key: strange, Pool: name}
	const path = "/api/overview"
	with := func(h map[string]string, name, value string) map[string]string { h[name] = value; return h }
	for what, x := range map[string]struct {
		headers map[string]string
		status  int
		problem string
	}{
		"the member's own":     {signed(amina, now, name, path), 200, ""},
		"nobody's":             {nil, 404, "unknown"},
		"a stranger's":         {signed(stranger, now, name, path), 401, "not_a_member"},
		"of another path":      {signed(amina, now, name, "/api/book"), 401, "bad_signature"},
		"with another query":   {signed(amina, now, name, path+"?x=1"), 401, "bad_signature"},
		"for another pool":     {signed(amina, now, "stokvel-jozi", path), 401, "bad_signature"},
		"another's signature":  {with(signed(stranger, now, name, path), "Ayni-Key", amina.Public().String()), 401, "bad_signature"},
		"at another time":      {with(signed(amina, now.Add(-time.Second), name, path), "Ayni-Time", now.UTC().Format(time.RFC3339)), 401, "bad_signature"},
		"replayed later":       {signed(amina, now.Add(-2*time.Minute), name, path), 401, "stale"},
		"of the future":        {signed(amina, now.Add(2*time.Minute), name, path), 401, "stale"},
		"without a time":       {with(signed(amina, now, name, path), "Ayni-Time", ""), 401, "bad_time"},
		"without a signature":  {with(signed(amina, now, name, path), "Ayni-Signature", ""), 401, "bad_signature"},
		"with a key that's no": {with(signed(amina, now, name, path), "Ayni-Key", "x"), 401, "bad_key"},
	} {
		t.Run(what, func(t *testing.T) {
			status, problem := c.read(path, x.headers)
			assert.Equal(t, x.status, status)
			assert.Equal(t, x.problem, problem)
		})
	}
}

func TestTheKeyBeforeReadsNoMore(t *testing.T) {
	c := found(t)
	before := c.client(0)
	_, fresh, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	next := pool.Device{Key: fresh, Pool: name, Member: "m1"}
	answer := c.say(0, "new_key", decide.NewKey{Key: next.Public(), Proof: act.Sign(fresh, []byte("m1")).Signature})
	require.Empty(t, answer.Fault, answer.Detail)
	_, err = before.Get(t.Context(), "overview")
	var p *pool.Problem
	require.ErrorAs(t, err, &p)
	assert.Equal(t, "not_a_member", p.Name())
	_, err = pool.Client{Node: c.url, Device: next}.Get(t.Context(), "overview")
	require.NoError(t, err)
}

func TestActsThatAreNone(t *testing.T) {
	c := found(t)
	post := func(path, body string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+path, strings.NewReader(body))
		require.NoError(t, err)
		return c.ask(r)
	}
	size := func() (entries int64) {
		c.home.View(func(s *decide.State) { entries = s.Inputs() })
		return entries
	}
	before := size()
	for what, x := range map[string]struct {
		path, body string
		status     int
		problem    string
	}{
		"nothing":           {"/api/acts", "", 400, "malformed"},
		"no JSON":           {"/api/acts", "agree", 400, "malformed"},
		"something unknown": {"/api/acts", `{"sign":true}`, 400, "malformed"},
		"too long":          {"/api/acts", `{"open":"` + strings.Repeat("A", 200<<10) + `"}`, 413, "too_long"},
		"no receipt":        {"/api/receipts", `{"receipt":"AAAA"}`, 422, "malformed"},
		"an unknown route":  {"/api/votes", "{}", 404, "unknown"},
		"a read":            {"/api/overview", "{}", 404, "unknown"},
	} {
		t.Run(what, func(t *testing.T) {
			status, problem := post(x.path, x.body)
			assert.Equal(t, x.status, status)
			assert.Equal(t, x.problem, problem)
		})
	}
	assert.Equal(t, before, size(), "none is in the log")
	status, problem := c.read("/api/"+strings.Repeat("x", 3000), nil)
	assert.Equal(t, http.StatusRequestURITooLong, status)
	assert.Equal(t, "too_long", problem)
	status, _ = c.read("/api/proposals/p99/document", nil)
	assert.Equal(t, http.StatusNotFound, status)
}

func TestWhatIsForgedOrRepeatedIsAnswered(t *testing.T) {
	c := found(t)
	said, err := c.members[0].Sign("invite", 1, decide.Invitation{Code: hex.EncodeToString(make([]byte, 32))})
	require.NoError(t, err)
	first, err := c.client(0).Act(t.Context(), said, nil)
	require.NoError(t, err)
	require.Empty(t, first.Fault)
	again, err := c.client(0).Act(t.Context(), said, nil)
	require.NoError(t, err)
	assert.Equal(t, first, again, "the same act is done once")
	said.Open = bytes.ReplaceAll(said.Open, []byte("invite"), []byte("vouchx"))
	forged, err := c.client(0).Act(t.Context(), said, nil)
	require.NoError(t, err)
	assert.Equal(t, decide.FaultSignature, forged.Fault)
	_, err = c.client(0).Act(t.Context(), said, [][]byte{[]byte("not named")})
	var p *pool.Problem
	require.ErrorAs(t, err, &p)
	assert.Equal(t, "closed_value", p.Name())
}

func TestWhoeverAsksTooMuchWaits(t *testing.T) {
	c := found(t)
	c.now = time.Now() // stands still: no bucket fills again
	path := "/api/overview"
	var last string
	for range 40 {
		_, last = c.read(path, signed(c.members[0], c.now, name, path))
	}
	assert.Equal(t, "too_fast", last, "a member")
	_, problem := c.read("/api/about", nil)
	assert.Empty(t, problem, "and others at the same address may still ask")
	for range 200 {
		_, last = c.read("/api/about", nil)
	}
	assert.Equal(t, "too_fast", last, "an address")
	c.now = c.now.Add(time.Hour)
	_, problem = c.read("/api/about", nil)
	assert.Empty(t, problem, "later it may again")
}

func TestVotesSignWhatTheyShow(t *testing.T) {
	c := found(t)
	blob, beneficiary, err := pool.Close(messaging.Party{Name: "Baraka", Account: "cash"})
	require.NoError(t, err)
	kes := fx.MustCurrency("KES")
	subject, err := audit.Canonical(decide.Payout{
		Fund: "welfare", Purpose: "illness", To: decide.ByHand, Beneficiary: beneficiary, Fixed: fx.FixedSource,
		Amount: decide.Amount{Minor: 1000_00, Unit: kes}, MaxCost: decide.Amount{Minor: 1000_00, Unit: kes}, Reference: "clinic",
	})
	require.NoError(t, err)
	made := c.say(0, "propose", decide.Proposing{Decision: charter.Payout, Subject: subject, Expires: time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)}, blob)
	require.Empty(t, made.Fault, made.Detail)

	d, text, hash, err := c.client(1).Document(t.Context(), made.Made)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"reference":"clinic"`)
	answer := c.say(1, "vote", decide.Ballot{Proposal: made.Made, Hash: hash, Choice: decide.For})
	require.Empty(t, answer.Fault, "the hash that the client computes is the one that counts: %s", answer.Detail)
	assert.Equal(t, charter.Payout, d.Decision)

	_, err = pool.Client{Node: c.url}.Get(t.Context(), "proposals/"+made.Made+"/document")
	var p *pool.Problem
	require.ErrorAs(t, err, &p)
	assert.Equal(t, "not_shown", p.Name(), "the charter shows payouts to members")
	_, err = pool.Client{Node: c.url}.Get(t.Context(), "charter")
	require.ErrorAs(t, err, &p)
	assert.Equal(t, "not_shown", p.Name())
}

func TestLogsVerifyAsFarAsTheyAreShown(t *testing.T) {
	c := found(t)
	for who, client := range map[string]pool.Client{"member": c.client(0), "public": {Node: c.url}} {
		dir := filepath.Join(t.TempDir(), who)
		require.NoError(t, client.Log(t.Context(), dir))
		r, err := verify.Verify(t.Context(), os.DirFS(dir), diary.Trust{Key: c.home.Public}, nil)
		require.NoError(t, err)
		require.True(t, r.OK(), "%s", r)
		assert.EqualValues(t, 3, r.Entries)
		if who == "public" {
			assert.Zero(t, r.Shown, "a chama shows the public nothing")
		} else {
			assert.Zero(t, r.Hidden)
		}
		require.Error(t, client.Log(t.Context(), dir), "a folder that is not empty")
	}
}

func TestEveryReadHasAnAnswer(t *testing.T) {
	c := found(t)
	for _, path := range []string{"about", "overview", "contributions", "turns", "proposals", "board", "book?before=", "members", "report", "public", "charter"} {
		text, err := c.client(0).Get(t.Context(), path)
		require.NoError(t, err, path)
		var object map[string]any
		require.NoError(t, json.Unmarshal(text, &object), path)
		for name := range object {
			assert.Equal(t, strings.ToLower(name), name, "%s names its members as programs do", path)
		}
	}
}
