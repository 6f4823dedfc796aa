package doctor

import (
	"fmt"
	"io"

	"github.com/ayni-switch/ayni/ops/show"
)

// colours of states on a terminal.
var colours = map[State]show.Colour{OK: show.Green, Warn: show.Yellow, Fail: show.Red}

// Write shows findings to people: a line each, and below what is ill how to mend it.
func Write(out io.Writer, all []Finding) error {
	for _, f := range all {
		state := show.Paint(out, colours[f.State], fmt.Sprintf("%-4s", f.State))
		if _, err := fmt.Fprintf(out, "%s  %s: %s\n", state, show.Printable(f.Check), show.Printable(f.Detail)); err != nil {
			return err
		}
		if f.Mend == "" {
			continue
		}
		if _, err := fmt.Fprintf(out, "      %s\n", show.Printable(f.Mend)); err != nil {
			return err
		}
	}
	return nil
}
