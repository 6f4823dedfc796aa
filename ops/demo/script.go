package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// script is how far a demo's traffic has come, kept in the data folder. It only saves work: everything
// that it says is done could be done again without effect.
type script struct {
	path string
	mu   sync.Mutex
	scriptState
}

type scriptState struct {
	Seed      uint64         `json:"seed"`
	Transfers int            `json:"transfers"`
	Began     time.Time      `json:"began"`
	Deadline  time.Time      `json:"deadline,omitzero"` // of the intents that are meant to expire
	Paid      map[string]int `json:"paid"`              // customers of each participant that have paid, in order
	Bad       int            `json:"bad"`               // bad messages sent
	Trickled  int            `json:"trickled"`          // transfers after the day
}

// openScript reads the folder's script, or starts the one asked for.
func openScript(dir string, seed uint64, transfers int, now time.Time) (*script, error) {
	s := &script{path: filepath.Join(dir, "script.json")}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		s.scriptState = scriptState{Seed: seed, Transfers: transfers, Began: now.UTC().Truncate(time.Second), Paid: map[string]int{}}
		if err := s.save(); err != nil {
			return nil, err
		}
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s.scriptState)
	}
	if err != nil {
		return nil, fmt.Errorf("demo: %s: %w", s.path, err)
	}
	return s, nil
}

// update changes the script and saves it.
func (s *script) update(change func(*scriptState)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.scriptState)
	return s.save()
}

func (s *script) save() error { return writeFile(s.path, s.scriptState) }

func (s *script) paid(participant string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Paid[participant]
}
