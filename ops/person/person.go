// Package person erases people and discloses what is known of them: what `ayni person` does.
package person

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/persons"
	"github.com/ayni-switch/ayni/settlement/store"
)

// OpenError says that a person has transfers that have not ended. Whoever has to be told of them by name would be
// told "erased" once the switch is started again.
type OpenError struct{ Transfers []settlement.TransferID }

func (e *OpenError) Error() string {
	return fmt.Sprintf("person: not erased: %d transfers have not ended, the first is %s", len(e.Transfers), e.Transfers[0])
}

// Erase destroys a person's key, for ever. Where there are books, they keep that first, so that a file of keys that comes
// back from a backup loses the key again; and unless it is forced, it errs with *OpenError as long as the person has open
// transfers. Who was erased already has none that show.
func Erase(ctx context.Context, file *persons.Store, books *store.Ledger, who persons.Person, force bool) error {
	if books == nil {
		return file.Destroy(who)
	}
	if !force {
		open, err := openOf(ctx, file, books, who)
		if err != nil {
			return err
		}
		if len(open) > 0 {
			return &OpenError{Transfers: open}
		}
	}
	keys, err := file.Keys()
	if err != nil {
		return err
	}
	path, err := keys.Path(who)
	if err != nil {
		return err
	}
	if err := books.KeepErased(ctx, keys.ID(), path); err != nil {
		return err
	}
	return file.Destroy(who)
}

// openOf finds a person's open transfers: those whose intents name a line that the person's key opens.
func openOf(ctx context.Context, file *persons.Store, books *store.Ledger, who persons.Person) (open []settlement.TransferID, err error) {
	key, err := keyOf(file, who)
	if errors.As(err, new(*persons.ErasedError)) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	err = books.OpenIntents(ctx, func(o store.OpenIntent) error {
		if o.Closed == nil {
			return nil
		}
		mine, err := key.Open(o.Closed)
		if err != nil || len(mine) == 0 {
			return err
		}
		intents, _, err := messaging.DecodeOpenRequests(o.Participant, o.Payload)
		if err != nil || int(o.Place) >= len(intents) {
			return errors.Join(fmt.Errorf("person: transfer %s has no intent at its place", o.Transfer), err)
		}
		for _, line := range mine {
			if Role(&intents[o.Place], line.Commitment) != "" {
				open = append(open, o.Transfer)
				break
			}
		}
		return nil
	})
	return open, err
}

// Role says as what an intent names a closed line; "" where it does not.
func Role(d *messaging.DecodedIntent, c persons.Commitment) string {
	switch [sha256.Size]byte(c) {
	case d.Debtor.Commitment:
		return "debtor"
	case d.Creditor.Commitment:
		return "creditor"
	case d.Note.Commitment:
		return "note"
	}
	return ""
}

func keyOf(file *persons.Store, who persons.Person) (persons.Key, error) {
	keys, err := file.Keys()
	if err != nil {
		return persons.Key{}, err
	}
	return keys.Key(who)
}

// Disclose writes a person's key as text, with which persons.Key opens that person's lines and nobody else's.
func Disclose(file *persons.Store, who persons.Person) (string, error) {
	keys, err := file.Keys()
	if err != nil {
		return "", err
	}
	return keys.Disclose(who)
}
