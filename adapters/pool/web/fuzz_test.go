package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever a form holds, the site answers it, and hands in nothing that is not signed.
func FuzzForms(f *testing.F) {
	r := newRig(f)
	first := newRecorder(f, r.site, "/join")
	var visitors atomic.Uint32
	f.Add("/act", "e30", "e30", "e30", "AAAA", "vote")
	f.Add("/sign", "join", "karibu-umoja-2026", "Njeri", "+254", "key")
	f.Add("/signin", "AAAA", "/home", "AAAA", "AAAA", "")
	f.Add("/link/x", "", "", "", "", "")
	f.Fuzz(func(t *testing.T, path, one, two, three, four, five string) {
		form := url.Values{"csrf": {answer{text: first.Body.String()}.hidden("csrf")}}
		for i, name := range []string{"act task nonce", "document code next", "closed name key", "signature contact", "key task"} {
			for part := range strings.FieldsSeq(name) {
				form.Add(part, []string{one, two, three, four, five}[i])
			}
		}
		if target, err := url.ParseRequestURI(path); err != nil || target.Host != "" || strings.Contains(path, " ") {
			t.Skip("no path of a request")
		}
		request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		request.RemoteAddr = fmt.Sprintf("[2001:db8:%x::1]:1", visitors.Add(1)%0xffff) // nobody asks too fast
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Cookie", strings.Join(first.Header()["Set-Cookie"], ";"))
		writer := httptest.NewRecorder()
		r.site.ServeHTTP(writer, request)
		require.Less(t, writer.Code, http.StatusInternalServerError, fmt.Sprint(path, form))
		require.Empty(t, r.Acts())
	})
}
