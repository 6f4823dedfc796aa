package witness

import (
	"maps"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Health is what a witness knows, for people.
type Health struct {
	Key  string      `json:"key"`
	Logs []LogHealth `json:"logs"` // by origin
}

// LogHealth is what a witness knows of one log.
type LogHealth struct {
	Origin   audit.Origin `json:"origin"`
	Size     int64        `json:"size,string"`
	Root     string       `json:"root"`
	HeldFor  string       `json:"held_for"` // name of the evidence; "" for a log that is cosigned
	Pardoned []string     `json:"pardoned"` // names of earlier evidence, and who pardoned it when
	Refused  Refused      `json:"refused"`
}

// Health reads what the witness knows.
func (w *Witness) Health() (Health, error) {
	health := Health{Key: w.Key().String(), Logs: []LogHealth{}}
	w.mu.Lock()
	refused := maps.Clone(w.refused)
	w.mu.Unlock()
	err := w.db.View(func(tx *bbolt.Tx) error {
		r := records{tx}
		for _, origin := range slices.Sorted(maps.Keys(w.logs.keys)) {
			known, _, err := r.newest(origin, w.logs)
			if err != nil {
				return err
			}
			pardoned, err := r.pardonsOf(origin)
			if err != nil {
				return err
			}
			health.Logs = append(health.Logs, LogHealth{
				Origin: origin, Size: known.Size, Root: known.Root.String(), HeldFor: r.held(origin), Pardoned: pardoned,
				Refused: refused[origin],
			})
		}
		return nil
	})
	return health, err
}

// pardonsOf lists a log's pardons.
func (r records) pardonsOf(origin audit.Origin) ([]string, error) {
	list := []string{}
	err := r.Bucket(pardonBucket).ForEach(func(name, value []byte) error {
		if of, word, _ := strings.Cut(string(value), "\n"); of == string(origin) {
			list = append(list, string(name)+" "+word)
		}
		return nil
	})
	return list, err
}

// Newest returns the newest checkpoint of a log that the witness cosigned, with its cosignature; "" for none.
func (w *Witness) Newest(origin audit.Origin) (cosigned string, err error) {
	err = w.db.View(func(tx *bbolt.Tx) error {
		cosigned = string(tx.Bucket(newestBucket).Get([]byte(origin)))
		return nil
	})
	return cosigned, err
}
