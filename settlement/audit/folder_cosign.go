package audit

import (
	"errors"
	"fmt"
	"strings"
)

// Cosign puts other lines of signatures on the export's newest checkpoint, under the log's: the note says the same. It
// goes on being the one checkpoint of its size, and is kept with its lines when the log has grown.
func (f *Folder) Cosign(signed string) error {
	if f.begun != f.edge.size || len(f.signed) == 0 {
		return errors.New("audit: only a checkpoint that is the export's newest can be cosigned")
	}
	if _, err := f.open(signed); err != nil {
		return err
	}
	text, _, _ := strings.Cut(string(f.signed), "\n\n")
	if again, _, _ := strings.Cut(signed, "\n\n"); again != text {
		return fmt.Errorf("audit: another note than the newest checkpoint of %d", f.begun)
	}
	if err := errors.Join(f.write(checkpointFile, []byte(signed)), f.flush()); err != nil {
		return err
	}
	f.signed = []byte(signed)
	return nil
}
