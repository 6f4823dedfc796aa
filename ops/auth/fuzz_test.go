package auth

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzReturnTo(f *testing.F) {
	for _, seed := range []string{
		"/console/", "/console/x?y=z#f", "//evil.example", "/\\evil.example", "\\\\evil", "https://evil.example", "/%2fevil", "/..//evil.example", "/.//evil",
		"/\t/evil", "javascript:alert(1)", "/auth/sign-in", "/a/../auth/sign-in", "///", "/a//b", "/?//evil", "/@evil", "/:80", "",
	} {
		f.Add(seed)
	}
	home, err := url.Parse("https://ayni.test/auth/callback")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, asked string) {
		back := ReturnTo(asked)
		require.True(t, back == "/" || back == asked)
		require.False(t, strings.HasPrefix(back, "//"))
		require.False(t, strings.ContainsAny(back, "\\\r\n\t\x00"))
		at, err := home.Parse(back)
		require.NoError(t, err)
		require.Equal(t, "https", at.Scheme)
		require.Equal(t, "ayni.test", at.Host)
		require.False(t, strings.HasPrefix(at.Path, "/auth/"))
		require.Equal(t, back, ReturnTo(back))
	})
}

func TestReturnTo(t *testing.T) {
	for asked, want := range map[string]string{
		"/console/transfers?state=queued": "/console/transfers?state=queued",
		"/console/":                       "/console/",
		"//evil.example":                  "/", "https://evil.example/": "/", "/\\evil.example": "/", "/a/..//evil.example": "/", "/auth/sign-in": "/", "": "/",
	} {
		require.Equal(t, want, ReturnTo(asked), asked)
	}
}

func FuzzBearer(f *testing.F) {
	for _, seed := range []string{"Bearer x", "bearer abc.def-_~+/==", "Bearer  x", "Bearer", "Bearer =", "Basic x", "Bearer a b", "Bearer a,b", "Bearer \x00"} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, value string, twice bool) {
		h := http.Header{"Authorization": {value}}
		if twice {
			h.Add("Authorization", value)
		}
		token, err := bearer(h)
		if err != nil {
			require.ErrorIs(t, err, errCredential)
			require.Empty(t, token)
			return
		}
		require.False(t, twice)
		require.NotEmpty(t, token)
		require.LessOrEqual(t, len(token), maxBearer)
		require.Equal(t, value[len("Bearer "):], token)
		require.False(t, strings.ContainsAny(token, " ,;\"\r\n"))
	})
}

func FuzzCookie(f *testing.F) {
	for _, seed := range []string{cookie, cookie + "; a=b", "a=b; " + cookie, cookie + ";" + cookie, "__Host-ayni=\"" + sessionToken + "\"", "__Host-ayni=" + strings.Repeat("=", 43), ";;;", "__host-ayni=x", cookie + ";__Host-ayni=\""} {
		f.Add(seed)
	}
	guard, err := NewGuard(Config{Origin: "https://ayni.test", Rates: DefaultRates()})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, value string) {
		token := guard.SessionOf(&http.Request{Header: http.Header{"Cookie": {value}}})
		if token == "" {
			return
		}
		require.Contains(t, value, token)
		bits, err := coded.DecodeString(token)
		require.NoError(t, err)
		require.Len(t, bits, 32)
		require.Equal(t, 1, strings.Count(value, "__Host-ayni="), "of two it is not known which is ours")
	})
}

func FuzzFormToken(f *testing.F) {
	f.Add("")
	f.Add(strings.Repeat("A", 86))
	f.Fuzz(func(t *testing.T, token string) {
		require.False(t, fromOurPage(sessionToken, token))
	})
}
