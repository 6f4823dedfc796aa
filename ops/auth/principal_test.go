package auth

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParticipantsSeeTheirOwnAlone(t *testing.T) {
	mpesa := Principal{Subject: "client a", Roles: []Role{Participant}, Participant: "mpesa-ke"}
	require.True(t, mpesa.Sees("mpesa-ke", "gcash-ph"))
	require.False(t, mpesa.Sees("gcash-ph"))
	require.False(t, mpesa.Sees())
	require.False(t, Principal{Subject: "client b", Roles: []Role{Participant}}.Sees(""), "a machine without a participant owns nothing")
	for _, role := range []Role{Operator, Approver, Auditor} {
		require.True(t, Principal{Subject: "x", Roles: []Role{role}}.Sees("gcash-ph"))
	}

	ctx, noted := watched(With(t.Context(), mpesa))
	require.False(t, noted.said.Load())
	require.ErrorIs(t, Own(ctx, "gcash-ph"), ErrNotYours)
	require.True(t, noted.said.Load())
	require.False(t, noted.given())
	scope, err := Scope(ctx)
	require.NoError(t, err)
	require.Equal(t, "mpesa-ke", scope)
	_, err = Scope(t.Context())
	require.ErrorIs(t, err, ErrForbidden)
}

func TestARouteAdmitsItsRoles(t *testing.T) {
	need := Need{Roles: []Role{Operator}}
	require.ErrorIs(t, need.Admit(Principal{}), ErrNobody)
	require.ErrorIs(t, need.Admit(Principal{Subject: "a", Roles: []Role{Auditor}}), ErrForbidden)
	require.NoError(t, need.Admit(Principal{Subject: "a", Roles: []Role{Auditor, Operator}}))
	require.NoError(t, Need{Public: true}.Admit(Principal{}))
}
