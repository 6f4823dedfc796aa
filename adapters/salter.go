package adapters

import (
	"crypto/rand"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/messaging"
)

// metaSalt is where the store has the secret of the participant's salts.
const metaSalt = "salt"

// Salter returns the Salter of an adapter by the secret in its store, which the first call makes, and nothing ever
// changes: with another, what is published again would have other bytes, and be refused. It is asked before the adapter runs, for its
// connection to the switch; a running one has the store, and the answer is *StoreInUseError.
func Salter(dir, participant string) (_ *messaging.Salter, err error) {
	s, err := openStore(dir, participant)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.db.Close()) }()
	var secret [messaging.SaltSecretSize]byte
	err = s.db.Update(func(tx *bolt.Tx) error {
		meta := tx.Bucket([]byte(bucketMeta))
		switch kept := meta.Get([]byte(metaSalt)); len(kept) {
		case 0:
			if _, err := rand.Read(secret[:]); err != nil {
				return err
			}
			return meta.Put([]byte(metaSalt), secret[:])
		case len(secret):
			copy(secret[:], kept)
			return nil
		default:
			return fmt.Errorf("a secret of %d bytes, not %d", len(kept), len(secret))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("adapters: salts of %s: %w", participant, err)
	}
	return messaging.NewSalter(secret), nil
}
