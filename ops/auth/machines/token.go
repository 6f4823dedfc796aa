package machines

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/ops/auth"
)

// client has a handler serve machines that prove themselves by name and secret, after RFC 6749: in the Authorization
// header, or in the form, and not in both.
func (d *Door) client(guard *auth.Guard, serve func(http.ResponseWriter, *http.Request, auth.Principal)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if !guard.MayGuess(r) {
			auth.TooFast().Answer(w, r)
			return
		}
		name, secret, ok := credentials(r)
		if !ok {
			refuse(w, http.StatusBadRequest, "invalid_request")
			return
		}
		p, err := d.Keeper.Secret(r.Context(), name, secret)
		switch {
		case err == nil:
			serve(w, r, p)
		case errors.Is(err, auth.ErrNobody):
			guard.Wrong(r)
			d.Log.Info("a machine's secret was refused", "address", r.RemoteAddr)
			w.Header().Set("WWW-Authenticate", `Basic realm="ayni"`)
			refuse(w, http.StatusUnauthorized, "invalid_client")
		default:
			d.failed(w, err)
		}
	})
}

// credentials are the name and the secret of a request, false where there are none or more than one of them.
func credentials(r *http.Request) (name, secret string, ok bool) {
	if r.URL.RawQuery != "" || r.ParseForm() != nil {
		return "", "", false
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return "", "", false
		}
	}
	name, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		return name, secret, name != "" && secret != ""
	}
	encodedName, encodedSecret, basic := r.BasicAuth()
	headerName, err1 := url.QueryUnescape(encodedName)
	headerSecret, err2 := url.QueryUnescape(encodedSecret)
	return headerName, headerSecret, basic && len(headers) == 1 && secret == "" && (name == "" || name == headerName) && errors.Join(err1, err2) == nil
}

// give gives a machine a token.
func (d *Door) give(w http.ResponseWriter, r *http.Request, p auth.Principal) {
	if r.PostForm.Get("grant_type") != "client_credentials" {
		refuse(w, http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	token := tokenPrefix + auth.NewToken()
	if err := d.Keeper.AddToken(r.Context(), p.Name, token, lasts); err != nil {
		d.failed(w, err)
		return
	}
	answer(w, http.StatusOK, struct {
		Token   string `json:"access_token"`
		Type    string `json:"token_type"`
		Seconds int    `json:"expires_in"`
	}{token, "Bearer", int(lasts.Seconds())})
}

// revoke ends a token of the machine's own, after RFC 7009: whether there was one is not said.
func (d *Door) revoke(w http.ResponseWriter, r *http.Request, p auth.Principal) {
	if err := d.Keeper.EndToken(r.Context(), p.Name, r.PostForm.Get("token")); err != nil {
		d.failed(w, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (d *Door) failed(w http.ResponseWriter, err error) {
	d.Log.Error("a machine could not be served", "error", err)
	refuse(w, http.StatusServiceUnavailable, "temporarily_unavailable")
}

// refuse answers as RFC 6749 has clients understand it.
func refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, struct {
		Error string `json:"error"`
	}{code})
}

func answer(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.MarshalWrite(w, what) // the client is gone: there is nobody to tell
}
