package pools

import (
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Known is a pool as the switch's operator knows it.
type Known struct {
	Participant string
	Address     string // of its node: http(s)://HOST[/PATH]
	LogKey      string // that verifies its log, as "ayni pool log" prints it
}

// KnownError says which pool is not known well enough to be looked at.
type KnownError struct{ Participant, Fault string }

func (e *KnownError) Error() string { return fmt.Sprintf("pools: %.80q %s", e.Participant, e.Fault) }

// Check says what is wrong with it, and returns the key. The error is a *KnownError.
func (k Known) Check() (note.Verifier, error) {
	if !messaging.ValidParticipant(k.Participant) {
		return nil, &KnownError{k.Participant, "is no participant's name"}
	}
	at, err := url.Parse(k.Address)
	if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" || at.RawQuery != "" || at.Fragment != "" {
		return nil, &KnownError{k.Participant, "has no address of a node: http(s)://HOST"}
	}
	log, err := audit.ParseKey(k.LogKey)
	if err != nil {
		return nil, &KnownError{k.Participant, "has no key of a log: \"ayni pool log\" prints it"}
	}
	if log.Name() != string(diary.Origin(k.Participant)) {
		return nil, &KnownError{k.Participant, fmt.Sprintf("has the key of %.80q", log.Name())}
	}
	return log, nil
}

// base is the address without a slash at its end.
func (k Known) base() string { return strings.TrimRight(k.Address, "/") }
