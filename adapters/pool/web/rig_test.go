package web_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/adapters/pool/web/webtest"
)

// coded is how bytes travel in forms.
var coded = base64.RawURLEncoding

// rig is a chama with its pages, served, and the key of its first member.
type rig struct {
	*webtest.Node
	site    *web.Site
	address string
	key     ed25519.PrivateKey

	mu    sync.Mutex
	ahead time.Duration // of the site's clock
	stood time.Time     // when it was stopped
}

func newRig(tb testing.TB) *rig {
	tb.Helper()
	r := &rig{key: ed25519.NewKeyFromSeed([]byte("the first member's seed, 32 byte"))}
	r.Node = webtest.New(time.Now, r.public())
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) { r.site.ServeHTTP(w, request) }))
	r.address = "http://" + server.Listener.Addr().String()
	var err error
	r.site, err = web.New(web.Config{
		Node: r.Node, Pool: webtest.Name, Title: "Chama ya Umoja", Origin: r.address, Zone: time.FixedZone("EAT", 3*3600), Now: r.clock,
		Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(tb, err)
	server.Start()
	tb.Cleanup(server.Close)
	return r
}

func (r *rig) public() ed25519.PublicKey { return r.key.Public().(ed25519.PublicKey) }

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stood.IsZero() {
		return r.stood.Add(r.ahead)
	}
	return time.Now().Add(r.ahead)
}

// stop stops the site's clock.
func (r *rig) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stood = time.Now()
}

// pass lets time pass on the site's clock.
func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ahead += d
}

// sign signs as the first member's command line does.
func (r *rig) sign(prefix, text string) string {
	return coded.EncodeToString(ed25519.Sign(r.key, []byte(prefix+text)))
}

// visitor is somebody's browser, without a browser.
type visitor struct {
	*http.Client
	t       *testing.T
	address string
	header  http.Header
}

// answer is a page as it came.
type answer struct {
	*http.Response
	text string
}

func (r *rig) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &visitor{Client: &http.Client{Jar: jar}, t: t, address: r.address, header: http.Header{}}
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	return v.do(http.MethodGet, path, "")
}

// post sends a form with the CSRF token of the page that it is on.
func (v *visitor) post(on answer, path string, form url.Values) answer {
	v.t.Helper()
	form.Set("csrf", on.hidden("csrf"))
	return v.do(http.MethodPost, path, form.Encode())
}

func (v *visitor) do(method, path, body string) answer {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.address+path, strings.NewReader(body))
	require.NoError(v.t, err)
	maps.Copy(request.Header, v.header)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := v.Do(request)
	require.NoError(v.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(v.t, err)
	return answer{Response: response, text: string(text)}
}

// hidden is the value of a hidden field.
func (a answer) hidden(name string) string {
	found := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(a.text)
	if found == nil {
		return ""
	}
	return found[1]
}

// signIn signs the first member in by a signature over the challenge.
func (v *visitor) signIn(r *rig) answer {
	v.t.Helper()
	page := v.get("/signin?next=/book")
	challenge, err := coded.DecodeString(regexp.MustCompile(`data-challenge="([^"]*)"`).FindStringSubmatch(page.text)[1])
	require.NoError(v.t, err)
	return v.post(page, "/signin", url.Values{
		"nonce": {page.hidden("nonce")}, "next": {page.hidden("next")}, "key": {coded.EncodeToString(r.public())},
		"signature": {r.sign("ayni.pool.signin.v1\n", string(challenge))},
	})
}

// newRecorder is a site's answer to a path, without a server.
func newRecorder(tb testing.TB, site http.Handler, path string) *httptest.ResponseRecorder {
	tb.Helper()
	w := httptest.NewRecorder()
	site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	return w
}
