package machines

import (
	"context"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/store"
)

// Maker keeps machines: *store.Store.
type Maker interface {
	AddMachine(ctx context.Context, m store.Machine, actor string) error
	AddSecret(ctx context.Context, name, secret, actor string) error
	AddCertificate(ctx context.Context, name, kind, value, actor string) error
}

// FormError says that a machine cannot be as it was asked for.
type FormError struct{ What string }

func (e *FormError) Error() string { return "auth: " + e.What }

var (
	named       = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	certificate = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9.:/_~%-]{0,254}$`)
)

// Make makes a machine with roles, of a participant where a role has one. A machine does not approve: the second pair
// of eyes is a person's. actor is the subject of whoever makes it.
func Make(ctx context.Context, keeper Maker, name string, roles []auth.Role, participant, actor string) error {
	own := slices.Contains(roles, auth.Participant) || slices.Contains(roles, auth.Pool)
	switch {
	case !named.MatchString(name):
		return &FormError{"a machine's name has 1 to 63 lower-case letters, digits and dashes, and begins with a letter"}
	case len(roles) == 0 || slices.ContainsFunc(roles, func(r auth.Role) bool { return !slices.Contains(auth.Roles(), r) }):
		return &FormError{fmt.Sprintf("the roles are some of %v", auth.Roles())}
	case slices.Contains(roles, auth.Approver):
		return &FormError{"a machine does not approve: the second pair of eyes is a person's"}
	case own != (participant != "") || own && !messaging.ValidParticipant(participant):
		return &FormError{"the roles participant and pool have a participant, and no other has"}
	}
	return keeper.AddMachine(ctx, store.Machine{Name: name, Roles: roles, Participant: participant}, actor)
}

// NewSecret gives a machine a secret, which is shown now and never again. It may have two, so that one takes the other's
// place without a gap; store.EndOldSecrets ends the earlier.
func NewSecret(ctx context.Context, keeper Maker, name, actor string) (secret string, err error) {
	secret = secretPrefix + auth.NewToken()
	if err := keeper.AddSecret(ctx, name, secret, actor); err != nil {
		return "", err
	}
	return secret, nil
}

// AllowFingerprint lets a machine in by the one certificate whose DER has a SHA-256.
func AllowFingerprint(ctx context.Context, keeper Maker, name string, fingerprint [32]byte, actor string) error {
	return keeper.AddCertificate(ctx, name, "sha256", hex.EncodeToString(fingerprint[:]), actor)
}

// AllowName lets a machine in by every certificate that verifies and bears a DNS name or URI, exactly as it is written.
func AllowName(ctx context.Context, keeper Maker, name, bears, actor string) error {
	if !certificate.MatchString(bears) {
		return &FormError{"a certificate's name is a DNS name or a URI of at most 255 bytes"}
	}
	return keeper.AddCertificate(ctx, name, "name", bears, actor)
}
