package participant

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ayni-switch/ayni/messaging"
)

// Credentials copies a participant's credentials from the data folder of a switch with a broker of its own to a file
// that only its owner can read. A file that there is already is not written over.
func Credentials(data, participant, file string) (err error) {
	if !messaging.ValidParticipant(participant) {
		return fmt.Errorf("participant: %.40q cannot name a participant", participant)
	}
	from, err := os.Open(messaging.CredsFile(filepath.Join(data, "nats"), participant))
	if err != nil {
		return fmt.Errorf("participant: no credentials of %s here: %w", participant, err)
	}
	defer from.Close() //nolint:errcheck // only read
	to, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("participant: credentials of %s: %w", participant, err)
	}
	_, err = io.Copy(to, from)
	if closeErr := to.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("participant: credentials of %s: %w", participant, err)
	}
	return nil
}
