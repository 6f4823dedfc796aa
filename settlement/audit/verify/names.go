package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
)

// Names are the blobs that an entry names: a batch's record and inputs, a command's body. What is no hash
// names none; a replay says so.
func Names(text []byte) (named [][sha256.Size]byte, err error) {
	var e struct {
		Record string `json:"record"`
		Inputs string `json:"inputs"`
		Body   string `json:"body"`
	}
	if err := json.Unmarshal(text, &e, numbersAsText); err != nil {
		return nil, fmt.Errorf("verify: the entry does not read: %w", err)
	}
	for _, name := range []string{e.Record, e.Inputs, e.Body} {
		if raw, err := hex.DecodeString(name); err == nil && len(raw) == sha256.Size {
			named = append(named, [sha256.Size]byte(raw))
		}
	}
	return named, nil
}

// Began is the clock of the batch that an entry begins; ok is false for an entry of a command, which belongs to the
// batch before it.
func Began(text []byte) (at time.Time, ok bool) {
	if !isBatch(text) {
		return at, false
	}
	var head entry
	if err := json.Unmarshal(text, &head, numbersAsText); err != nil {
		return at, true // a replay says so
	}
	return head.Time, true
}
