package bulk

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"github.com/ayni-switch/ayni/messaging"
)

// Check reads a file as a desk would take it, and writes what is wrong with its lines as CSV: line, fault,
// detail. It cannot know ids of other files, participants or quotes. Errors are *messaging.FaultError where
// a desk would refuse the file, and those of the disk and of w.
func Check(w io.Writer, path string) (File, error) {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"line", "fault", "detail"}); err != nil {
		return File{}, err
	}
	f, err := check(path, func(line int, fault *messaging.FaultError) error {
		return out.Write([]string{strconv.Itoa(line), string(fault.Fault), fault.Detail})
	})
	if err != nil {
		return File{}, err
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return File{}, fmt.Errorf("bulk: %w", err)
	}
	return f, nil
}
