package issuer

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
)

var claims = Claims{Groups: "groups", Participant: "participant", Roles: map[string]auth.Role{"o": auth.Operator, "p": auth.Participant, "pool": auth.Pool}}

func TestClaims(t *testing.T) {
	for said, want := range map[string]auth.Principal{
		`{"sub":"a","groups":["o","o","x"]}`:                             {Roles: []auth.Role{auth.Operator}},
		`{"sub":"a","groups":["p"]}`:                                     {},
		`{"sub":"a","groups":["p"],"participant":"mpesa-ke"}`:            {Roles: []auth.Role{auth.Participant}, Participant: "mpesa-ke"},
		`{"sub":"a","groups":["p"],"participant":["mpesa-ke"]}`:          {},
		`{"sub":"a","groups":["p"],"participant":"mpesa-ke; DROP"}`:      {},
		`{"sub":"a","groups":["o"],"participant":"mpesa-ke"}`:            {Roles: []auth.Role{auth.Operator}},
		`{"sub":"a","Groups":["o"]}`:                                     {},
		`{"sub":"a","groups":{"o":true}}`:                                {},
		`{"sub":"a","groups":["o",1]}`:                                   {},
		`{"sub":"a","groups":"o"}`:                                       {Roles: []auth.Role{auth.Operator}},
		`{"sub":"a","name":" \u0000 ","preferred_username":"b\nc"}`:      {Name: "bc"},
		`{"sub":"a","name":"` + strings.Repeat("é", auth.MaxName) + `"}`: {Name: strings.Repeat("é", auth.MaxName/2)},
	} {
		got, err := claims.read([]byte(said))
		require.NoError(t, err, said)
		require.Equal(t, want, got, said)
	}
	for _, said := range []string{``, `[]`, `{}`, `{"sub":1}`, `{"sub":"a\n"}`, `{"sub":"a","groups":[],"groups":["o"]}`, `{"sub":"` + strings.Repeat("x", 256) + `"}`} {
		_, err := claims.read([]byte(said))
		require.Error(t, err, said)
	}
}

func FuzzClaims(f *testing.F) {
	f.Add([]byte(`{"sub":"a","groups":["o","p"],"participant":"mpesa-ke","name":"Wanjiku"}`))
	f.Add([]byte(`{"sub":"a","groups":"pool"}`))
	f.Fuzz(func(t *testing.T, said []byte) {
		p, err := claims.read(said)
		if err != nil {
			return
		}
		require.LessOrEqual(t, len(p.Name), auth.MaxName)
		require.True(t, utf8.ValidString(p.Name))
		require.Equal(t, p.Is(auth.Participant, auth.Pool), p.Participant != "")
		require.False(t, p.Is(auth.Approver), "no group gives it")
	})
}
