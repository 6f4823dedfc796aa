package web

import (
	"net/http"
	"strings"
)

// policy lets a page load our own style and script and nothing else, and be framed by nobody.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// headers are said with every answer.
var headers = [][2]string{
	{"Content-Security-Policy", policy},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
	{"Referrer-Policy", "no-referrer"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
}

// guard stands before everything: headers, the address's pace, and forms of other sites.
func (s *Site) guard(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(s.refusal(errForeignForm))
	next = origins.Handler(next)
	tooFast := s.refusal(errTooFast)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range headers {
			w.Header().Set(h[0], h[1])
		}
		if s.cookies.secure {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		pace := s.pace.reading
		if r.Method == http.MethodPost {
			pace = s.pace.writing
		}
		if strings.HasPrefix(r.URL.Path, "/assets/") || pace.allow(addressOf(r)) {
			next.ServeHTTP(w, r)
			return
		}
		tooFast.ServeHTTP(w, r)
	})
}
