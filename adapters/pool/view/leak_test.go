package view_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/verify"
	"github.com/ayni-switch/ayni/adapters/pool/view"
	"github.com/ayni-switch/ayni/adapters/pool/web"
)

const drawn = 3 // charters beside the closed one and the open one

// visibilities draws who sees what. Members see decisions, as a charter must.
func visibilities() *rapid.Generator[[]charter.Visible] {
	return rapid.Custom(func(t *rapid.T) (all []charter.Visible) {
		for _, section := range charter.Sections() {
			var to []charter.Audience
			for _, audience := range []charter.Audience{charter.Members, charter.Federation, charter.Public} {
				if rapid.Bool().Draw(t, string(section)+" to "+string(audience)) {
					to = append(to, audience)
				}
			}
			if section == charter.SectionDecisions && len(to) == 0 {
				to = []charter.Audience{charter.Members}
			}
			if len(to) > 0 {
				all = append(all, charter.Visible{Section: section, To: to})
			}
		}
		return all
	})
}

func TestVisibilityLeaksNothing(t *testing.T) {
	w := newWorld(t)
	closed := []charter.Visible{{Section: charter.SectionDecisions, To: []charter.Audience{charter.Members}}}
	var open []charter.Visible
	for _, section := range charter.Sections() {
		open = append(open, charter.Visible{Section: section, To: []charter.Audience{charter.Public}})
	}
	all := [][]charter.Visible{closed, open}
	for i := range drawn {
		all = append(all, visibilities().Example(i))
	}
	for i, visible := range all {
		rules := w.show(visible)
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			site := newSite(t, w)
			for _, r := range readers(rules) {
				t.Run(r.String(), func(t *testing.T) {
					t.Parallel() // the next charter waits for all of this one's
					pages := w.published(t, r)
					if r.member != "" {
						pages = site.read(t, r.member)
					} else if r.audience == charter.Public {
						holds(t, r, site.read(t, ""), func(c canary) (bool, bool) { return c.onPage(r), false })
					}
					holds(t, r, pages, func(c canary) (bool, bool) { return c.onPage(r), c.onPage(r) })
					holds(t, r, w.export(t, r), func(c canary) (bool, bool) {
						is := c.personal == nil && c.allowed(r)
						return is, is
					})
				})
			}
		})
	}
}

// holds holds a text against the canaries that may be in it and those that have to be.
func holds(t *testing.T, r reader, text string, wants func(canary) (may, must bool)) {
	t.Helper()
	for _, c := range canaries() {
		is := strings.Contains(text, c.text)
		if c.number {
			is = regexp.MustCompile(`(^|\D)` + c.text + `(\D|$)`).MatchString(text)
		}
		may, must := wants(c)
		assert.False(t, is && !may, "%s sees %q", r, c.text)
		assert.False(t, !is && must, "%s does not see %q", r, c.text)
	}
}

// published is what an audience is shown that is no member, as programs read it.
func (w *world) published(t *testing.T, r reader) string {
	t.Helper()
	shown, err := w.Published(t.Context(), r.audience)
	require.NoError(t, err)
	text, err := json.Marshal(shown)
	require.NoError(t, err)
	return string(text)
}

// export is all text of the log that a reader is given, which verifies against the log's key.
func (w *world) export(t *testing.T, r reader) string {
	t.Helper()
	eyes := view.Of(r.audience)
	if r.member != "" {
		var err error
		eyes, err = w.Eyes(r.member)
		require.NoError(t, err)
	}
	dir := filepath.Join(t.TempDir(), "log")
	require.NoError(t, w.Write(t.Context(), dir, w.Config.Public, eyes))
	report, err := verify.Verify(t.Context(), os.DirFS(dir), diary.Trust{Key: w.Config.Public}, nil)
	require.NoError(t, err)
	require.True(t, report.OK(), report)
	var all strings.Builder
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "blobs"), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // nothing is shown
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	}))
	return all.String()
}

// site is the pool's pages.
type site struct {
	*web.Site
	w    *world
	from atomic.Uint32 // addresses, so that nobody is too fast
}

const origin = "http://pool.example"

func newSite(t *testing.T, w *world) *site {
	t.Helper()
	pages, err := web.New(web.Config{
		Node: w.View, Pool: w.Config.Name, Title: "Chama", Origin: origin, Zone: time.UTC, Now: w.Clock, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return &site{Site: pages, w: w}
}

// known are values for what patterns leave open. A pattern that has another fails the test, until somebody says how it
// is read.
func (s *site) known(name string) (values []string) {
	switch name {
	case "id":
		s.w.Commune.View(func(state *decide.State) {
			for _, p := range state.Proposals() {
				values = append(values, p.ID)
			}
		})
	case "token":
		values = []string{"nothing"}
	case "name":
		values = []string{"style.css", "sign.js", "words.en.js"}
	}
	return values
}

// read reads everything that the pages answer to a member, or to the public.
func (s *site) read(t *testing.T, member string) string {
	t.Helper()
	v := &visitor{t: t, site: s}
	var err error
	v.jar, err = cookiejar.New(nil)
	require.NoError(t, err)
	if member != "" {
		path := strings.TrimPrefix(s.Link(member), origin)
		page := v.ask(http.MethodGet, path, nil)
		v.ask(http.MethodPost, path, url.Values{"csrf": {csrf(page)}})
	}
	var all strings.Builder
	for _, pattern := range s.Patterns() {
		method, path, found := strings.Cut(pattern, " ")
		if !found {
			method, path = http.MethodGet, pattern
		}
		path = strings.ReplaceAll(path, "{$}", "")
		switch {
		case method == http.MethodGet:
			for _, path := range s.filled(t, path) {
				page := v.ask(method, path, nil)
				all.WriteString(page)
				for next := older(page); next != ""; next = older(page) {
					page = v.ask(method, next, nil)
					all.WriteString(page)
				}
			}
		case path == "/sign":
			page := v.ask(http.MethodGet, "/board", nil)
			for _, id := range s.known("id") {
				all.WriteString(v.ask(method, path, url.Values{"csrf": {csrf(page)}, "task": {"vote"}, "proposal": {id}, "choice": {"for"}}))
			}
		default:
			require.Contains(t, []string{"/signin", "/link/{token}", "/act", "/signout"}, path, "nobody said how it is read")
		}
	}
	return plain(all.String())
}

func (s *site) filled(t *testing.T, path string) []string {
	t.Helper()
	open := regexp.MustCompile(`\{(\w+)\}`).FindStringSubmatch(path)
	if open == nil {
		return []string{path}
	}
	require.NotEmpty(t, s.known(open[1]), "nobody said how %s is read", path)
	var all []string
	for _, value := range s.known(open[1]) {
		all = append(all, strings.ReplaceAll(path, open[0], value))
	}
	return all
}

// plain is a page's text with its numbers as minor units.
func plain(page string) string {
	coded := regexp.MustCompile(`value="([A-Za-z0-9_-]{20,})"`)
	for _, value := range coded.FindAllStringSubmatch(page, -1) {
		page += "\n" + decoded(value[1]) // of drafts
	}
	return regexp.MustCompile(`(\d)[,.](\d)`).ReplaceAllString(html.UnescapeString(page), "$1$2")
}

// decoded is what a form's value codes, as forms carry bytes; nothing where it codes none.
func decoded(value string) string {
	text, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return ""
	}
	return string(text)
}

func csrf(page string) string { return first(page, `name="csrf" value="([^"]*)"`) }

func older(page string) string {
	return html.UnescapeString(first(page, `href="(/book\?before=[^"]*)"`))
}

func first(page, pattern string) string {
	if found := regexp.MustCompile(pattern).FindStringSubmatch(page); found != nil {
		return found[1]
	}
	return ""
}

// visitor is somebody's browser.
type visitor struct {
	t    *testing.T
	site *site
	jar  http.CookieJar
}

func (v *visitor) ask(method, path string, form url.Values) string {
	v.t.Helper()
	r := httptest.NewRequest(method, origin+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	from := v.site.from.Add(1)
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1000", from>>16&255, from>>8&255, from&255)
	for _, cookie := range v.jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	answer := httptest.NewRecorder()
	v.site.ServeHTTP(answer, r)
	assert.NotEqual(v.t, http.StatusInternalServerError, answer.Code, "%s %s", method, path)
	assert.NotEqual(v.t, http.StatusTooManyRequests, answer.Code, "%s %s", method, path)
	v.jar.SetCookies(r.URL, answer.Result().Cookies())
	return answer.Body.String()
}
