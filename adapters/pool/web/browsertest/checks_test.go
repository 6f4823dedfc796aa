package browsertest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
)

// bad is a page that has everything wrong with it.
const bad = `<!doctype html><html><head><title>Bad</title><link rel="icon" href="data:,"></head><body>
<style>:focus-visible { outline: 3px solid }</style><main><h1>Bad</h1><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" style="width:900px;height:9px">
<p style="color:#bbb;background:#fff">hardly seen</p><input name="unnamed"><a href="/next">on</a>
<script>nothing.there</script></main></body></html>`

// What the checks are for, they find: else a page without findings would prove nothing.
func TestChecksFindWhatIsWrong(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.WriteString(w, bad)
	}))
	t.Cleanup(server.Close)
	browser := browsertest.Start(t)
	p := browser.Page(t, browsertest.Look{Width: 320, Height: 480})
	require.EqualValues(t, http.StatusOK, p.Open(server.URL))
	assert.Contains(t, p.Overflow(), "<img")
	complaints := p.Complaints()
	require.Len(t, complaints, 1)
	assert.Contains(t, complaints[0], "nothing is not defined")
	p.Tab()
	assert.Equal(t, "input unnamed", p.Focused())
	p.TabTo("a on")
	assert.EqualValues(t, http.StatusTeapot, p.Enter())

	dark := browser.Page(t, browsertest.Look{Width: 320, Height: 480, Dark: true, NoScript: true})
	dark.Open(server.URL)
	assert.Empty(t, dark.Complaints(), "the script does not run")
	assert.Equal(t, "dark", dark.Text("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"))

	axe := browsertest.Axe(t)
	found := map[string]bool{}
	for _, violation := range p.Violations(axe) {
		found[violation.ID] = true
	}
	for _, id := range []string{"color-contrast", "html-has-lang", "image-alt", "label"} {
		assert.True(t, found[id], "%s of %v", id, found)
	}
}
