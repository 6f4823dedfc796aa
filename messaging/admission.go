package messaging

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// expelled marks the account of somebody who was sent away.
const expelled = "expelled"

// Admit gives a participant an account, credentials and streams while the server runs, and lets somebody back in who
// was expelled, with other credentials. Doing it again changes nothing. It outlives a restart.
func (s *Server) Admit(ctx context.Context, participant string) error {
	err := s.change(participant, func(claims *jwt.AccountClaims, _ string) { claims.Tags.Remove(expelled) })
	if err != nil {
		return err
	}
	return Provision(ctx, s.endpoint(userProvisioner), []string{participant})
}

// Rotate gives a participant other credentials, also one that was expelled. Those of before are refused from now on,
// and connections that came by them are cut. Errors leave either the old ones or none that anybody has; to try again is safe.
func (s *Server) Rotate(participant string) error {
	return s.change(participant, func(claims *jwt.AccountClaims, user string) {
		claims.RevokeAt(user, time.Now())
		claims.Tags.Remove(expelled)
	})
}

// Expel refuses a participant's credentials from now on and cuts its connections. Its streams stay. To try again is
// safe.
func (s *Server) Expel(participant string) error {
	return s.change(participant, func(claims *jwt.AccountClaims, user string) {
		claims.RevokeAt(user, time.Now())
		claims.Tags.Add(expelled)
	})
}

// change changes a participant's account, which is made where there is none: first in the file that a restart reads,
// then for whoever connects, then for those who are connected.
func (s *Server) change(participant string, how func(claims *jwt.AccountClaims, user string)) error {
	if !ValidParticipant(participant) {
		return fmt.Errorf("messaging: %q cannot name a participant", participant)
	}
	s.admission.Lock()
	defer s.admission.Unlock()
	claims, err := s.accounts.claims(participant)
	if err != nil {
		return err
	}
	user, err := s.accounts.keys.pair("user-"+participant, nkeys.PrefixByteUser)
	if err != nil {
		return err
	}
	how(claims, public(user))
	token, err := s.accounts.sign(claims)
	if err != nil {
		return err
	}
	if err := writeSecret(admittedFile(s.dir, participant), []byte(token)); err != nil {
		return fmt.Errorf("messaging: account %s: %w", participant, err)
	}
	if token, err = s.accounts.open(participant); err != nil {
		return err
	}
	if err := s.resolver.Store(claims.Subject, token); err != nil {
		return fmt.Errorf("messaging: account %s: %w", participant, err)
	}
	account, err := s.nats.LookupAccount(claims.Subject)
	if err != nil {
		return fmt.Errorf("messaging: account %s: %w", participant, err)
	}
	s.nats.UpdateAccountClaims(account, claims)
	return nil
}

// claims are what a participant's account may do, with what was changed of it while a server ran.
func (a *accounts) claims(participant string) (*jwt.AccountClaims, error) {
	account, err := a.keys.pair("account-"+participant, nkeys.PrefixByteAccount)
	if err != nil {
		return nil, err
	}
	claims := participantAccount(public(account), a.hub, participant)
	token, err := os.ReadFile(admittedFile(a.dir, participant))
	if errors.Is(err, fs.ErrNotExist) {
		return claims, nil
	}
	if err != nil {
		return nil, fmt.Errorf("messaging: account %s: %w", participant, err)
	}
	before, err := jwt.DecodeAccountClaims(string(token))
	if err != nil || before.Subject != claims.Subject || before.Issuer != a.operator.Subject {
		return nil, fmt.Errorf("messaging: account %s: the file holds no token of this operator and account", participant)
	}
	claims.Revocations, claims.Tags = before.Revocations, before.Tags
	return claims, nil
}

// open signs a participant's account, and writes credentials that it does not refuse; none for who was expelled.
func (a *accounts) open(participant string) (token string, err error) {
	claims, err := a.claims(participant)
	if err != nil {
		return "", err
	}
	if token, err = a.sign(claims); err != nil {
		return "", err
	}
	user, err := a.keys.pair("user-"+participant, nkeys.PrefixByteUser)
	if err != nil {
		return "", err
	}
	if _, revoked := claims.Revocations[public(user)]; revoked {
		for _, file := range []string{a.keys.file("user-" + participant), credsFile(a.dir, participant)} {
			if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return "", fmt.Errorf("messaging: credentials of %s: %w", participant, err)
			}
		}
	}
	if claims.Tags.Contains(expelled) {
		return token, nil
	}
	account, err := a.keys.pair("account-"+participant, nkeys.PrefixByteAccount)
	if err != nil {
		return "", err
	}
	return token, a.keys.writeCreds(credsFile(a.dir, participant), "user-"+participant, participant, account, participantPermissions(participant))
}

func admittedFile(dir, participant string) string {
	return filepath.Join(dir, "admitted", participant+".jwt")
}

// admittedLater names whose accounts were changed while a server ran.
func admittedLater(dir string) (participants []string, err error) {
	files, err := os.ReadDir(filepath.Join(dir, "admitted"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("messaging: accounts: %w", err)
	}
	for _, file := range files {
		if name, ok := strings.CutSuffix(file.Name(), ".jwt"); ok && ValidParticipant(name) {
			participants = append(participants, name)
		}
	}
	slices.Sort(participants)
	return participants, nil
}
