package witness

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// The store is one bbolt file, which one process has at a time: two witnesses with one key and two memories could
// sign two histories.
var (
	newestBucket   = []byte("newest")   // origin -> the newest checkpoint, with our cosignature
	heldBucket     = []byte("held")     // origin -> name of the evidence that it is held for
	evidenceBucket = []byte("evidence") // name -> SplitViewError, as its Evidence writes it
	pardonBucket   = []byte("pardon")   // name -> origin, and below it when it was pardoned and by whom
)

const (
	storeFile    = "witness.db"
	lockWait     = time.Second
	evidenceKept = "evidence" // folder of the same evidence as files
)

func openStore(folder string) (*bbolt.DB, error) {
	db, err := bbolt.Open(filepath.Join(folder, storeFile), 0o600, &bbolt.Options{Timeout: lockWait})
	if err != nil {
		return nil, fmt.Errorf("witness: store in %s: %w", folder, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, bucket := range [][]byte{newestBucket, heldBucket, evidenceBucket, pardonBucket} {
			if _, err := tx.CreateBucketIfNotExists(bucket); err != nil {
				return err
			}
		}
		return nil
	})
	if err = errors.Join(err, syncFolder(folder)); err != nil {
		return nil, errors.Join(fmt.Errorf("witness: store in %s: %w", folder, err), db.Close())
	}
	return db, nil
}

// records reads and writes the store within one transaction.
type records struct{ *bbolt.Tx }

// newest returns the newest checkpoint of a log and whether there is one: what the log signed, and the note with our
// cosignature.
func (r records) newest(origin audit.Origin, logs Logs) (known Signed, cosigned string, err error) {
	text := r.Bucket(newestBucket).Get([]byte(origin))
	if text == nil {
		return nothing(), "", nil
	}
	known, err = logs.Open(string(text))
	if err != nil {
		return Signed{}, "", fmt.Errorf("witness: the newest checkpoint of %s in the store: %w", origin, err)
	}
	return known, string(text), nil
}

func (r records) keep(origin audit.Origin, cosigned string) error {
	return r.Bucket(newestBucket).Put([]byte(origin), []byte(cosigned))
}

// held returns the name of the evidence that a log is held for, "" for none.
func (r records) held(origin audit.Origin) string {
	return string(r.Bucket(heldBucket).Get([]byte(origin)))
}

func (r records) pardoned(name string) bool { return r.Bucket(pardonBucket).Get([]byte(name)) != nil }

// hold keeps evidence for ever, and stops cosigning its log.
func (r records) hold(fork *SplitViewError) error {
	text, err := fork.Evidence()
	if err != nil {
		return err
	}
	return errors.Join(
		r.Bucket(evidenceBucket).Put([]byte(fork.Name()), text),
		r.Bucket(heldBucket).Put([]byte(fork.Older.Origin), []byte(fork.Name())))
}

// PardonError says that a log is not held for what was to be pardoned.
type PardonError struct {
	Origin audit.Origin
	Name   string // of the evidence
}

func (e *PardonError) Error() string {
	return fmt.Sprintf("witness: log %s is not held for %q", e.Origin, e.Name)
}

// Pardon is a person's word that a log may be cosigned again, from the checkpoint on that the witness knew before it
// saw the fork. Evidence is named as the health report names it, so that nobody pardons what they have not seen; it
// is kept, and the pardoned checkpoint holds the log no more. Nobody else may have the folder open meanwhile.
func Pardon(folder string, origin audit.Origin, name, by string) error {
	db, err := openStore(folder)
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		r := records{tx}
		if name == "" || r.held(origin) != name {
			return &PardonError{Origin: origin, Name: name}
		}
		word := fmt.Sprintf("%s\n%s %s", origin, time.Now().UTC().Format(time.RFC3339), by)
		return errors.Join(r.Bucket(pardonBucket).Put([]byte(name), []byte(word)), r.Bucket(heldBucket).Delete([]byte(origin)))
	})
	return errors.Join(err, db.Close())
}
