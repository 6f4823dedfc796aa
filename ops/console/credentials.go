package console

import (
	"context"
	"errors"
	"net/http"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/auth"
	access "github.com/ayni-switch/ayni/ops/auth/store"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Machines is who comes in without being a person. *store.Store of ops/auth is one.
type Machines interface {
	Machines(ctx context.Context) ([]access.Machine, error)
	RevokeMachine(ctx context.Context, name, actor string) error
}

// keysShown bounds the keys of before that a page shows.
const keysShown = 8

// credentials are what a participant proves itself by.
type credentials struct {
	Keys     []ledger.KeyChange
	Machines []access.Machine
}

func (s *Site) credentials(v *visit, name string) (c credentials, err error) {
	if c.Keys, err = s.Books.KeyChanges(v.r.Context(), name, keysShown); err != nil {
		return c, err
	}
	all, err := s.Machines.Machines(v.r.Context())
	for _, m := range all {
		if m.Participant == name {
			c.Machines = append(c.Machines, m)
		}
	}
	return c, err
}

// revocation is a machine that somebody is about to shut out.
type revocation struct {
	access.Machine
	Fault string
}

// revoking says what revoking a machine does.
func (s *Site) revoking(v *visit) (view, error) { return s.revokePage(v, "") }

func (s *Site) revokePage(v *visit, fault string) (view, error) {
	all, err := s.Machines.Machines(v.r.Context())
	if err != nil {
		return view{}, err
	}
	for _, m := range all {
		if m.Name == v.r.PathValue("name") && m.RevokedAt.IsZero() {
			shown := view{name: "revoke", title: "Revoke " + m.Name, at: "Participants", data: &revocation{m, fault}}
			if fault != "" {
				shown.status = http.StatusUnprocessableEntity
			}
			return shown, nil
		}
	}
	return view{}, errNoPage
}

// revoked shuts a machine out at once: to take an access away needs no second person, as to give one does.
func (s *Site) revoked(v *visit) (view, error) {
	if err := v.r.ParseForm(); err != nil {
		return view{}, errNoPage
	}
	reason := plain(v.r.PostForm.Get("reason"), maxReason)
	if reason == "" {
		return s.revokePage(v, "Say why in a sentence: it is kept beside what you did.")
	}
	err := s.Machines.RevokeMachine(v.r.Context(), v.r.PathValue("name"), auth.From(v.r.Context()).Subject+", because "+reason)
	if errors.Is(err, access.ErrUnknown) {
		return view{}, errNoPage
	}
	if err != nil {
		return view{}, err
	}
	back := "/console/participants"
	if of := v.r.PostForm.Get("participant"); messaging.ValidParticipant(of) {
		back += "/" + of
	}
	http.Redirect(v.w, v.r, back, http.StatusSeeOther)
	return view{}, errAnswered
}
