package audit

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// MaxCheckpointBytes bounds a signed checkpoint with all its cosignatures.
const MaxCheckpointBytes = 64 << 10

// maxKeyBytes bounds a verifier key's line.
const maxKeyBytes = 1 << 10

// ParseKey reads a log's verifier key (name, key id and key of C2SP signed-note, joined by "+"), in its one form.
func ParseKey(text string) (note.Verifier, error) {
	verifier, err := note.NewVerifier(text)
	if err != nil {
		return nil, fmt.Errorf("audit: verifier key: %w", err)
	}
	// The id's digits are read in either case, and base64 with line feeds in it.
	id := fmt.Sprintf("%s+%08x+", verifier.Name(), verifier.KeyHash())
	encoded, found := strings.CutPrefix(text, id)
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !found || err != nil || base64.StdEncoding.EncodeToString(key) != encoded {
		return nil, fmt.Errorf("audit: verifier key of %s is not in its canonical form", verifier.Name())
	}
	return verifier, nil
}

// openSigned reads a signed checkpoint of the log that the key names: it must have signed it, and so must those of
// the others whose lines are on it. Lines of other keys are left alone, but in canonical form.
func openSigned(signed []byte, log note.Verifier, others []note.Verifier) (Checkpoint, error) {
	if len(signed) > MaxCheckpointBytes {
		return Checkpoint{}, fmt.Errorf("audit: checkpoint of %d bytes", len(signed))
	}
	c, err := OpenCheckpoint(string(signed), log)
	if err != nil {
		return c, err
	}
	if string(c.Origin) != log.Name() {
		return c, fmt.Errorf("audit: checkpoint of %q, signed by %q", c.Origin, log.Name())
	}
	known := append([]note.Verifier{log}, others...)
	opened, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return c, fmt.Errorf("audit: checkpoint: %w", err)
	}
	// What note drops as repeated it has not looked at.
	lines := strings.Count(string(signed[len(opened.Text)+1:]), "\n")
	if lines != len(opened.Sigs)+len(opened.UnverifiedSigs) {
		return c, fmt.Errorf("audit: checkpoint has a signature twice")
	}
	return c, nil
}
