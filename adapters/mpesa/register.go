package mpesa

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const pathRegister = "/mpesa/c2b/v2/registerurl"

type registerRequest struct {
	ShortCode       string
	ResponseType    string // what happens to a payment when validation does not answer
	ConfirmationURL string
	ValidationURL   string
}

// Register tells the rail where C2B payments are validated and confirmed. It is called once Handler is being
// served, by the first Collection if by nobody else; URLs that are registered already are fine. A retry is
// safe. Until it succeeds, and whenever a confirmation is lost, payments are found by Collection.
func (r *Rail) Register(ctx context.Context) error {
	body, err := r.client.post(ctx, pathRegister, registerRequest{
		ShortCode:       r.cfg.Shortcode,
		ResponseType:    r.cfg.WithoutValidation,
		ConfirmationURL: r.callbackURL(pathConfirmation),
		ValidationURL:   r.callbackURL(pathValidation),
	})
	var answer *answerError
	if errors.As(err, &answer) && strings.Contains(strings.ToLower(answer.text), "already registered") {
		r.registered.Store(true)
		return nil
	}
	if err != nil {
		return fmt.Errorf("mpesa: register: %w", err)
	}
	a, err := decodeAck(body)
	if err != nil {
		return fmt.Errorf("mpesa: register: %w", err)
	}
	if a.code != codeSuccess {
		return fmt.Errorf("mpesa: register: ResponseCode %q: %s", a.code, a.text)
	}
	r.registered.Store(true)
	return nil
}

// registerOnce registers, at most once for every pull, where nobody has. Who runs the rail may know nothing of it but
// that it is one, and a payment that nobody confirms is only found late.
func (r *Rail) registerOnce(ctx context.Context, now time.Time) {
	if r.registered.Load() || now.Sub(r.triedToRegister) < r.cfg.PullEvery {
		return
	}
	r.triedToRegister = now
	_ = r.Register(ctx) // the payment is looked for all the same
}
