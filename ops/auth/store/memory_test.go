package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/store"
)

// Who was found stays found without the database, which is asked again after any change of this process's.
func TestWhatIsRememberedIsForgottenWithEveryChange(t *testing.T) {
	s, owner, _ := open(t)
	ctx := t.Context()
	s.Remember(time.Hour) // no longer than the test, and so never by age
	require.NoError(t, s.BeginSession(ctx, "one", wanjiku))
	require.NoError(t, s.AddMachine(ctx, store.Machine{Name: "till", Roles: []auth.Role{auth.Participant}, Participant: "mpesa-ke"}, "client admin"))
	require.NoError(t, s.AddSecret(ctx, "till", "secret", "client admin"))
	session := func() error { _, err := s.Session(ctx, "one", true); return err }
	token := func() error { _, err := s.Token(ctx, "token"); return err }

	require.NoError(t, session())
	_, err := owner.Exec(ctx, `DELETE FROM access.session`)
	require.NoError(t, err)
	require.NoError(t, session(), "remembered: another process ended it")
	require.ErrorIs(t, token(), auth.ErrNobody)
	require.NoError(t, s.AddToken(ctx, "till", "token", time.Hour))
	require.NoError(t, token(), "who was nobody is not remembered")
	require.ErrorIs(t, session(), auth.ErrNobody, "a change forgets everybody")

	for name, end := range map[string]func() error{
		"signed out":     func() error { return s.EndSession(ctx, "one") },
		"all signed out": func() error { return s.EndSessions(ctx, wanjiku.Subject, "client admin") },
	} {
		require.NoError(t, s.BeginSession(ctx, "one", wanjiku))
		require.NoError(t, session())
		require.NoError(t, end(), name)
		require.ErrorIs(t, session(), auth.ErrNobody, name)
	}
	require.NoError(t, s.EndToken(ctx, "till", "token"))
	for _, step := range []struct {
		name string
		end  func() error
	}{
		{"token revoked", func() error { return s.EndToken(ctx, "till", "token") }},
		{"secrets ended", func() error { return s.EndOldSecrets(ctx, "till", "client admin") }},
		{"machine revoked", func() error { return s.RevokeMachine(ctx, "till", "client admin") }},
	} {
		require.NoError(t, s.AddToken(ctx, "till", "token", time.Hour))
		p, err := s.Token(ctx, "token")
		require.NoError(t, err)
		p.Roles[0] = auth.Operator
		p, err = s.Token(ctx, "token")
		require.NoError(t, err)
		require.Equal(t, []auth.Role{auth.Participant}, p.Roles, "what one caller does with it reaches nobody else")
		require.NoError(t, step.end(), step.name)
		require.ErrorIs(t, token(), auth.ErrNobody, step.name)
	}
}

// However many ask while somebody is sent away: once that is done, nobody finds them.
func TestNobodyIsRememberedPastTheirEnd(t *testing.T) {
	s, _, _ := open(t)
	ctx := t.Context()
	s.Remember(time.Hour)
	for n := range 20 {
		token := fmt.Sprint("token ", n)
		require.NoError(t, s.BeginSession(ctx, token, wanjiku))
		var asking sync.WaitGroup
		ended := make(chan struct{})
		for range 8 {
			asking.Go(func() {
				for {
					_, err := s.Session(ctx, token, false)
					select {
					case <-ended:
						return
					default:
					}
					if err != nil {
						assert.ErrorIs(t, err, auth.ErrNobody)
					}
				}
			})
		}
		require.NoError(t, s.EndSession(ctx, token))
		_, err := s.Session(ctx, token, false)
		close(ended)
		asking.Wait()
		require.ErrorIs(t, err, auth.ErrNobody)
		_, err = s.Session(ctx, token, false)
		require.ErrorIs(t, err, auth.ErrNobody, "an answer of before was not kept behind it")
	}
}
