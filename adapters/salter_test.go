package adapters

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/messaging"
)

// An adapter's secret is made once: after any restart the same order has the same bytes.
func TestAnAdaptersSaltsStay(t *testing.T) {
	dir := t.TempDir()
	encoded := func(dir string) []byte {
		salter, err := Salter(dir, us)
		require.NoError(t, err)
		payloads, err := messaging.EncodeIntents(us, []messaging.Intent{{
			ID: "a-1", CreditorParticipant: "beta", Debtor: messaging.Party{Name: "A", Account: "1"}, Creditor: messaging.Party{Name: "B", Account: "2"},
			Source: messaging.Amount{Amount: "1.00", Currency: "KES"}, Destination: messaging.Amount{Amount: "1.00", Currency: "KES"},
			Deadline: time.Unix(1_800_000_000, 0),
		}}, salter)
		require.NoError(t, err)
		return payloads[0]
	}
	first := encoded(dir)
	assert.Equal(t, first, encoded(dir))
	assert.NotEqual(t, first, encoded(t.TempDir()), "another's are others")

	_, err := Salter(dir, "beta")
	require.ErrorContains(t, err, "belongs to participant")
	s, err := openStore(dir, us)
	require.NoError(t, err)
	_, err = Salter(dir, us)
	var inUse *StoreInUseError
	require.ErrorAs(t, err, &inUse)
	require.NoError(t, s.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(bucketMeta)).Put([]byte(metaSalt), []byte("short"))
	}))
	require.NoError(t, s.db.Close())
	_, err = Salter(dir, us)
	require.ErrorContains(t, err, "5 bytes")
}
