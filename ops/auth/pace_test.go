package auth

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLimits(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Rates = Rates{Principal: Rate{1, 2}, Address: Rate{1, 6}, Failed: Rate{1, 1}}
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} // httptest's own
	})
	ask := func(from, token string) int {
		return r.ask(everybody, "/", "X-Forwarded-For", "6.6.6.6, "+from, "Authorization", "Bearer "+token).Code
	}
	require.Equal(t, 200, ask("10.0.0.1", "good"))
	require.Equal(t, 200, ask("10.0.0.2", "good"))
	require.Equal(t, 429, ask("10.0.0.3", "good"), "a principal's, wherever it is")
	require.Equal(t, 401, ask("10.0.0.4", "bad"))
	require.Equal(t, 429, ask("10.0.0.4", "bad"), "guessing")
	require.Equal(t, 401, ask("2001:db8::1", "bad"))
	require.Equal(t, 429, ask("2001:db8::2", "bad"), "one network, one guesser")
	for range 4 {
		ask("10.0.0.4", "bad")
	}
	require.Equal(t, 429, r.ask(Need{Public: true}, "/", "X-Forwarded-For", "10.0.0.4").Code, "an address's")
	r.now = r.now.Add(time.Second)
	require.Equal(t, 200, ask("10.0.0.3", "good"))

	large := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", MaxBody+1)))
	require.Equal(t, 413, r.serve(Need{Public: true}, http.NotFoundHandler(), large).Code)
	large = httptest.NewRequest(http.MethodPost, "/", io.MultiReader(strings.NewReader(strings.Repeat("x", MaxBody+1)))) // of no length that it tells
	r.serve(Need{Public: true}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		var much *http.MaxBytesError
		assert.ErrorAs(t, err, &much)
	}), large)
}

func TestBucketsAreBoundedAndTheBusyKeepTheirs(t *testing.T) {
	now := time.Now()
	p := newPace(Rate{1, 1}, func() time.Time { return now })
	require.True(t, p.allow("busy"))
	for i := range 4 * maxPaced {
		p.allow(string(rune(i)) + "x")
		if i%(maxPaced/2) == 0 {
			require.False(t, p.allow("busy"))
		}
	}
	require.LessOrEqual(t, len(p.recent)+len(p.old), 2*maxPaced)
}

func TestAnAddressIsWhatOurProxiesSay(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	for _, c := range [][3]string{
		{"192.0.2.7:1", "1.1.1.1", "192.0.2.7"}, // not a proxy: it says what it likes
		{"10.0.0.1:1", "", "10.0.0.1"},
		{"10.0.0.1:1", "6.6.6.6, 1.1.1.1", "1.1.1.1"},
		{"10.0.0.1:1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"},
		{"10.0.0.1:1", "1.1.1.1, nonsense", "10.0.0.1"},
		{"[::ffff:10.0.0.1]:1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"},
		{"@", "1.1.1.1", "@"},
	} {
		asked := request("/", "X-Forwarded-For", c[1])
		asked.RemoteAddr = c[0]
		require.Equal(t, c[2], r.address(asked), "%v", c)
	}
}
