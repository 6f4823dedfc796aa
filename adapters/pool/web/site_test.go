package web_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/adapters/pool/web/webtest"
)

// pages are those that members read.
func pages() []string {
	return []string{
		"/home", "/contributions", "/turn", "/proposals", "/proposals/p1", "/board", "/board/new", "/book", "/book?before=31", "/members", "/report",
		"/ask/payout", "/ask/invite", "/ask/vouch", "/ask/delegate", "/ask/undelegate", "/ask/pay", "/ask/pay_me", "/ask/feedback",
		"/ask/ask_swap", "/ask/agree_swap", "/ask/statement", "/ask/appeal",
	}
}

func TestMembersPagesAreForMembers(t *testing.T) {
	r := newRig(t)
	v := r.visitor(t)
	for _, path := range pages() {
		if path == "/report" {
			continue // the public may read it here
		}
		answer := v.get(path)
		assert.Equal(t, "/signin", answer.Request.URL.Path, path)
		assert.NotContains(t, answer.text, "Wanjiku", path)
	}
	answer := v.signIn(r)
	assert.Equal(t, "/book", answer.Request.URL.Path, "back to the page that was asked for")
	for _, path := range pages() {
		answer := v.get(path)
		assert.Equal(t, http.StatusOK, answer.StatusCode, path)
		assert.Equal(t, "no-store", answer.Header.Get("Cache-Control"), path)
	}
	v.post(v.get("/home"), "/signout", url.Values{})
	assert.Equal(t, "/signin", v.get("/home").Request.URL.Path)
}

func TestEveryAnswerBearsThePolicies(t *testing.T) {
	r := newRig(t)
	v := r.visitor(t)
	for _, path := range []string{"/", "/nothing", "/assets/style.css", "/assets/nothing", "/home", "/assets/words.sw.js"} {
		answer := v.get(path)
		policy := answer.Header.Get("Content-Security-Policy")
		assert.Contains(t, policy, "default-src 'none'", path)
		assert.Contains(t, policy, "frame-ancestors 'none'", path)
		assert.NotContains(t, policy, "unsafe", path)
		assert.Equal(t, "no-referrer", answer.Header.Get("Referrer-Policy"), path)
		assert.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"), path)
		assert.NotRegexp(t, `(?i)<style|\sstyle=|<script>|\son[a-z]+=`, answer.text, "nothing inline on %s", path)
	}
	assert.Equal(t, http.StatusNotFound, v.get("/nothing").StatusCode)
	cookies := v.get("/").Request.Cookies()
	require.Len(t, cookies, 1)
}

func TestAChallengeSignsInOnceInTimeWithAMembersKey(t *testing.T) {
	r := newRig(t)
	stranger := ed25519.NewKeyFromSeed(make([]byte, 32))
	try := func(change func(form url.Values), wait time.Duration) answer {
		v := r.visitor(t)
		page := v.get("/signin")
		text := strings.ReplaceAll(textarea(page.text), "&#34;", `"`)
		form := url.Values{
			"nonce": {page.hidden("nonce")}, "next": {"//evil.example"}, "key": {coded.EncodeToString(r.public())}, "signature": {r.sign("ayni.pool.signin.v1\n", text)},
		}
		change(form)
		r.pass(wait)
		return v.post(page, "/signin", form)
	}
	assert.Equal(t, "/home", try(func(url.Values) {}, 0).Request.URL.Path, "and never to another site")
	var kept url.Values
	try(func(form url.Values) { kept = form }, 0)
	for name, change := range map[string]func(form url.Values){
		"a spent challenge":       func(form url.Values) { form["nonce"], form["signature"] = kept["nonce"], kept["signature"] },
		"a challenge of another":  func(form url.Values) { form["nonce"] = []string{coded.EncodeToString(make([]byte, 56))} },
		"no challenge":            func(form url.Values) { form.Set("nonce", "?") },
		"a signature of an act":   func(form url.Values) { form.Set("signature", r.sign(web.SignedPrefix, "{}")) },
		"no signature":            func(form url.Values) { form.Set("signature", "") },
		"somebody else's key":     func(form url.Values) { form.Set("key", coded.EncodeToString(stranger.Public().(ed25519.PublicKey))) },
		"a key that is too short": func(form url.Values) { form.Set("key", "AAAA") },
	} {
		answer := try(change, 0)
		assert.Equal(t, http.StatusUnprocessableEntity, answer.StatusCode, name)
		assert.Contains(t, answer.text, `role="alert"`, name)
	}
	assert.Equal(t, http.StatusUnprocessableEntity, try(func(url.Values) {}, 11*time.Minute).StatusCode, "too late")
}

// textarea is what stands in the page's text to sign.
func textarea(page string) string {
	_, rest, _ := strings.Cut(page, "<textarea")
	_, rest, _ = strings.Cut(rest, ">")
	text, _, _ := strings.Cut(rest, "</textarea>")
	return text
}

func TestASessionEnds(t *testing.T) {
	r := newRig(t)
	v := r.visitor(t)
	v.signIn(r)
	for range 30 {
		r.pass(20 * time.Minute) // in use
		if v.get("/home").Request.URL.Path != "/home" {
			break
		}
	}
	assert.Equal(t, "/signin", v.get("/home").Request.URL.Path, "after its whole time, used or not")
	v.signIn(r)
	r.pass(31 * time.Minute)
	assert.Equal(t, "/signin", v.get("/home").Request.URL.Path, "after it was idle")
	v.signIn(r)
	require.Equal(t, "/home", v.get("/home").Request.URL.Path)
	r.Give("m1", ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey))
	assert.Equal(t, "/signin", v.get("/home").Request.URL.Path, "as soon as its key is no longer the member's")
}

func TestALinkSignsInOnce(t *testing.T) {
	r := newRig(t)
	path := strings.TrimPrefix(r.site.Link("m1"), r.address)
	v := r.visitor(t)
	v.get(path)
	page := v.get(path) // looking spends nothing
	assert.Equal(t, "/home", v.post(page, path, url.Values{}).Request.URL.Path)
	other := r.visitor(t)
	assert.Equal(t, http.StatusGone, other.post(other.get(path), path, url.Values{}).StatusCode)
	late := strings.TrimPrefix(r.site.Link("m1"), r.address)
	r.pass(11 * time.Minute)
	assert.Equal(t, http.StatusGone, other.post(other.get(late), late, url.Values{}).StatusCode)
}

func TestFormsComeFromOurOwnPages(t *testing.T) {
	r := newRig(t)
	v := r.visitor(t)
	v.signIn(r)
	form := url.Values{"task": {"vote"}, "proposal": {"p1"}, "choice": {"for"}}
	assert.Equal(t, http.StatusForbidden, v.do(http.MethodPost, "/sign", form.Encode()).StatusCode, "no token")
	stolen := r.visitor(t).get("/join")
	assert.Equal(t, http.StatusForbidden, v.post(stolen, "/sign", form).StatusCode, "another browser's token")
	page := v.get("/proposals/p1")
	v.header.Set("Sec-Fetch-Site", "cross-site")
	assert.Equal(t, http.StatusForbidden, v.post(page, "/sign", form).StatusCode, "from another site")
	v.header.Del("Sec-Fetch-Site")
	assert.Equal(t, http.StatusOK, v.post(page, "/sign", form).StatusCode)
	big := url.Values{"task": {"vote"}, "act": {strings.Repeat("A", 300<<10)}}
	assert.Equal(t, http.StatusRequestEntityTooLarge, v.post(page, "/act", big).StatusCode)
	for _, body := range []url.Values{{"task": {"nothing"}}, {"task": {"vote"}}, {"task": {"vote"}, "proposal": {"p\x00"}, "choice": {"for"}}, {"task": {"vote"}, "proposal": {strings.Repeat("p", 65)}, "choice": {"for"}}} {
		assert.Equal(t, http.StatusUnprocessableEntity, v.post(page, "/sign", body).StatusCode)
	}
	for _, body := range []url.Values{{}, {"act": {"%"}}, {"act": {"AAAA"}, "key": {"AAAA"}}, {"act": {"AAAA"}, "document": {"%"}}, {"act": {"AAAA"}, "signature": {"AAAA"}}} {
		assert.Equal(t, http.StatusUnprocessableEntity, v.post(page, "/act", body).StatusCode, body)
	}
	assert.Empty(t, r.Acts())
}

func TestAVoteByPastedSignature(t *testing.T) {
	r := newRig(t)
	v := r.visitor(t)
	v.signIn(r)
	page := v.post(v.get("/proposals/p1"), "/sign", url.Values{"task": {"vote"}, "proposal": {"p1"}, "choice": {"for"}})
	require.Equal(t, http.StatusOK, page.StatusCode)
	for _, said := range []string{"For (", "Hospitali ya Pumwani", "12,500.00\u00a0KES", "document 1 below", "document 2 below"} {
		assert.Contains(t, page.text, said)
	}
	act, err := coded.DecodeString(page.hidden("act"))
	require.NoError(t, err)
	form := url.Values{"act": {page.hidden("act")}, "task": {"vote"}, "key": {page.hidden("key")}, "signature": {"typed wrong"}}
	again := v.post(page, "/act", form)
	assert.Equal(t, http.StatusUnprocessableEntity, again.StatusCode, "it comes without what it names")
	form["document"] = []string{page.hidden("document")}
	form["closed"] = []string{page.hidden("closed")}
	again = v.post(page, "/act", form)
	assert.Contains(t, again.text, `aria-invalid="true"`)
	assert.Equal(t, page.hidden("act"), again.hidden("act"), "the same act, to be signed again")
	form.Set("signature", strings.Repeat("A", 86))
	assert.Contains(t, v.post(page, "/act", form).text, "The signature does not hold.")
	form.Set("signature", " "+r.sign(web.SignedPrefix, string(act))+"\n")
	assert.Contains(t, v.post(page, "/act", form).text, "It is entry 40")
	require.Len(t, r.Acts(), 1)
	assert.Equal(t, act, r.Acts()[0].Act)
	assert.Len(t, r.Acts()[0].Documents, 1)
	assert.Contains(t, v.post(page, "/act", form).text, "This was done before.")
}

func TestWhatTheNodeFailsAtIsToldWithoutItsReason(t *testing.T) {
	r := newRig(t)
	v := r.visitor(t)
	v.signIn(r)
	r.Fail(errors.New("password of the database"))
	for _, path := range append(pages(), "/") {
		if path == "/board/new" {
			continue
		}
		answer := v.get(path)
		assert.Equal(t, http.StatusInternalServerError, answer.StatusCode, path)
		assert.NotContains(t, answer.text, "password", path)
	}
	r.Fail(nil)
	r.Close()
	other := r.visitor(t)
	assert.NotContains(t, other.get("/").text, "184,250")
	assert.Equal(t, http.StatusForbidden, other.get("/report").StatusCode)
}

func TestTooManyRequestsWait(t *testing.T) {
	r := newRig(t)
	r.stop()
	v := r.visitor(t)
	page := v.signIn(r)
	status := http.StatusOK
	for range 40 {
		status = v.post(page, "/sign", url.Values{"task": {"vote"}, "proposal": {"p1"}, "choice": {"for"}}).StatusCode
	}
	assert.Equal(t, http.StatusTooManyRequests, status, "a member's forms")
	for range 300 {
		status = v.get("/").StatusCode
	}
	assert.Equal(t, http.StatusTooManyRequests, status, "an address's pages")
	r.pass(time.Minute)
	assert.Equal(t, http.StatusOK, v.get("/").StatusCode)
}

func TestASiteNeedsItsParts(t *testing.T) {
	whole := web.Config{Node: webtest.New(time.Now, make([]byte, 32)), Pool: "p", Origin: "https://pool.example", Zone: time.UTC, Now: time.Now, Log: newRig(t).site.Log}
	_, err := web.New(whole)
	require.NoError(t, err)
	for _, origin := range []string{"", "pool.example", "https://pool.example/", "ftp://pool.example", "https://"} {
		broken := whole
		broken.Origin = origin
		_, err := web.New(broken)
		require.Error(t, err, origin)
	}
	whole.Node = nil
	_, err = web.New(whole)
	require.Error(t, err)
}

func TestCookiesOverTLSAreTheHostsOwn(t *testing.T) {
	r := newRig(t)
	config := r.site.Config
	config.Origin = "https://pool.example"
	site, err := web.New(config)
	require.NoError(t, err)
	writer := newRecorder(t, site, "/signin")
	cookie := writer.Result().Cookies()[0]
	assert.Equal(t, "__Host-ayni", cookie.Name)
	assert.True(t, cookie.Secure && cookie.HttpOnly && cookie.SameSite == http.SameSiteStrictMode && cookie.Path == "/")
	assert.NotEmpty(t, writer.Header().Get("Strict-Transport-Security"))
	_, err = r.MemberOf(context.Background(), make([]byte, 32))
	assert.ErrorIs(t, err, web.ErrUnknown)
}
