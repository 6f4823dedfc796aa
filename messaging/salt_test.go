package messaging

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"
)

func TestSaltsAreThoseOfTheReadme(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := testSalter.salts()
		for range 3 { // one after the other
			id, role := drawID.Draw(t, "id"), rapid.SampledFrom([]string{"debtor", "creditor", "note", "rail_text"}).Draw(t, "role")
			text := string(s.append(nil, id, role))
			require.Equal(t, referenceSalt(id, role), text)
			require.True(t, validSalt(text))
		}
	})
}

// Whoever encodes, however often and in whatever company: an intent's bytes are the same.
func TestWhatIsClosedAgainIsTheSame(t *testing.T) {
	alone, err := EncodeIntents("alpha", busy(1, busyIntent), testSalter)
	require.NoError(t, err)
	want := openOf(t, alone[0]).Raw
	var group errgroup.Group
	for range 8 {
		group.Go(func() error {
			payloads, err := EncodeIntents("alpha", busy(20, busyIntent), NewSalter(testSalter.secret))
			if err == nil {
				assert.Equal(t, want, openOf(t, payloads[0]).Raw)
			}
			return err
		})
	}
	require.NoError(t, group.Wait())
}
