// Package machines lets in who is no person: by a token that it gets for its secret, by a token of the issuer, or by a
// certificate.
package machines

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/issuer"
)

// Keeper keeps machines' secrets and tokens: *store.Store.
type Keeper interface {
	Secret(ctx context.Context, name, secret string) (auth.Principal, error)
	AddToken(ctx context.Context, name, token string, lasts time.Duration) error
	EndToken(ctx context.Context, name, token string) error
	Token(ctx context.Context, token string) (auth.Principal, error)
	Certificate(ctx context.Context, fingerprint string, names []string) (auth.Principal, error)
}

// What secrets and tokens begin with, so that whoever finds one knows what it is, and scanners find it.
const (
	secretPrefix = "ayni-secret-"
	tokenPrefix  = "ayni-token-"
)

// lasts is how long a token is good.
const lasts = 15 * time.Minute

// maxNames bounds the names of a certificate that are looked up.
const maxNames = 32

// Door is where machines come in.
type Door struct {
	Keeper Keeper
	Issuer *issuer.Issuer // nil: no tokens but ours
	Log    *slog.Logger
}

// Bearer is whose token it is, as auth.Config wants it.
func (d *Door) Bearer(ctx context.Context, token string) (auth.Principal, error) {
	if strings.HasPrefix(token, tokenPrefix) {
		return d.Keeper.Token(ctx, token)
	}
	if d.Issuer == nil || strings.Count(token, ".") != 2 {
		return auth.Principal{}, auth.ErrNobody
	}
	p, err := d.Issuer.AccessToken(ctx, token)
	if errors.Is(err, auth.ErrNobody) {
		d.Log.Info("a token of the issuer was refused", "error", err)
	}
	return p, err
}

// Certificate is who a verified certificate proves, as auth.Config wants it.
func (d *Door) Certificate(ctx context.Context, c *x509.Certificate) (auth.Principal, error) {
	sum := sha256.Sum256(c.Raw)
	names := c.DNSNames
	for _, uri := range c.URIs {
		names = append(names, uri.String())
	}
	return d.Keeper.Certificate(ctx, hex.EncodeToString(sum[:]), names[:min(len(names), maxNames)])
}

// Mount mounts the endpoints of OAuth 2.0 that machines use.
func (d *Door) Mount(mux *http.ServeMux, guard *auth.Guard) {
	guard.Mount(mux, "POST /auth/token", auth.Need{Public: true}, d.client(guard, d.give))
	guard.Mount(mux, "POST /auth/revoke", auth.Need{Public: true}, d.client(guard, d.revoke))
}
