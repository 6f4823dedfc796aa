package issuer

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/ayni-switch/ayni/ops/auth"
)

// Flow is one sign-in on its way: a secret of the browser, of which everything follows that binds the answer to it.
// Nothing has to be kept of people who do not come back.
type Flow string

func (f Flow) derive(what string) string {
	mac := hmac.New(sha256.New, []byte(f))
	mac.Write([]byte("ayni.signin.v1." + what))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (f Flow) state() string    { return f.derive("state") }
func (f Flow) nonce() string    { return f.derive("nonce") }
func (f Flow) verifier() string { return f.derive("verifier") }

// Begin is where the issuer asks a person who it is.
func (i *Issuer) Begin(ctx context.Context, f Flow) (at string, err error) {
	client, err := i.oauth(ctx)
	if err != nil {
		return "", err
	}
	return client.AuthCodeURL(f.state(), oidc.Nonce(f.nonce()), oauth2.S256ChallengeOption(f.verifier())), nil
}

// RefusedError says that the issuer did not say who it is: the person turned back, or may not.
type RefusedError struct{ Code string }

func (e *RefusedError) Error() string { return fmt.Sprintf("auth: the issuer refused: %q", e.Code) }

// maxParameter bounds what comes back, in bytes.
const maxParameter = 4096

// Finish is who came back with an answer. The error is auth.ErrNobody where the answer is not this flow's or not good.
func (i *Issuer) Finish(ctx context.Context, f Flow, answer url.Values) (auth.Principal, error) {
	for name, values := range answer {
		if len(values) > 1 || len(values[0]) > maxParameter {
			return auth.Principal{}, fmt.Errorf("%w: %.20q is said twice, or at length", auth.ErrNobody, name)
		}
	}
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(f.state())) != 1 {
		return auth.Principal{}, fmt.Errorf("%w: the answer is to another question", auth.ErrNobody)
	}
	if said := answer.Get("iss"); said != "" && said != i.config.URL {
		return auth.Principal{}, fmt.Errorf("%w: the answer is another issuer's", auth.ErrNobody)
	}
	if code := answer.Get("error"); code != "" {
		return auth.Principal{}, &RefusedError{Code: code[:min(len(code), 100)]}
	}
	client, err := i.oauth(ctx)
	if err != nil {
		return auth.Principal{}, err
	}
	tokens, err := client.Exchange(oidc.ClientContext(ctx, i.client), answer.Get("code"), oauth2.VerifierOption(f.verifier()))
	if errors.Is(err, ErrAway) {
		return auth.Principal{}, err
	}
	if err != nil {
		return auth.Principal{}, fmt.Errorf("%w: the code was not taken: %w", auth.ErrNobody, codeOf(err))
	}
	raw, _ := tokens.Extra("id_token").(string)
	read, err := i.verify(ctx, i.config.ClientID, raw)
	if err != nil {
		return auth.Principal{}, err
	}
	if subtle.ConstantTimeCompare([]byte(read.Nonce), []byte(f.nonce())) != 1 {
		return auth.Principal{}, fmt.Errorf("%w: the token is of another sign-in", auth.ErrNobody)
	}
	return i.principal(read)
}

// codeOf is why an exchange failed, without what the issuer answered, which may hold tokens.
func codeOf(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return &RefusedError{Code: refused.ErrorCode}
	}
	return errors.New("the answer has no token")
}

// AccessToken is whose access token it is. The error is auth.ErrNobody where it is not good.
func (i *Issuer) AccessToken(ctx context.Context, token string) (auth.Principal, error) {
	if i.config.Audience == "" {
		return auth.Principal{}, auth.ErrNobody
	}
	read, err := i.verify(ctx, i.config.Audience, token)
	if err != nil {
		return auth.Principal{}, err
	}
	return i.principal(read)
}
