package people

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/ayni-switch/ayni/ops/auth"
)

// LinkKeeper keeps links.
type LinkKeeper interface {
	AddLink(ctx context.Context, code string, p auth.Principal, lasts time.Duration) error
}

// MakeLink makes an address at origin that signs its bearer in as somebody, once, within ten minutes.
func MakeLink(ctx context.Context, keeper LinkKeeper, origin string, p auth.Principal) (address string, err error) {
	code := auth.NewToken()
	if err := keeper.AddLink(ctx, code, p, linkLasts); err != nil {
		return "", err
	}
	return origin + "/auth/link?" + url.Values{"code": {code}}.Encode(), nil
}

// offer shows a button: who only looks at the address, as previews of messages do, does not use it up.
func (s *Site) offer(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, "link", page{Code: r.URL.Query().Get("code")})
}

// redeem signs in who presses the button.
func (s *Site) redeem(w http.ResponseWriter, r *http.Request) {
	if !s.Guard.MayGuess(r) {
		auth.TooFast().Answer(w, r)
		return
	}
	p, err := s.Keeper.TakeLink(r.Context(), r.PostFormValue("code"))
	if errors.Is(err, auth.ErrNobody) {
		s.Guard.Wrong(r)
		auth.NewProblem(http.StatusForbidden, "link_used", "the link was used, or is older than ten minutes: have another made").Answer(w, r)
		return
	}
	if s.did(w, r, err) {
		s.signIn(w, r, p, "/")
	}
}
