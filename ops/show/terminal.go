package show

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// IsTerminal tells whether somebody looks at a stream as it is written, on a screen that can move its cursor.
func IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}

// Colour is one of the few that are used, as a terminal numbers it.
type Colour int

// The colours.
const (
	Red    Colour = 31
	Green  Colour = 32
	Yellow Colour = 33
)

// Paint colours text, where the stream is a terminal and nobody said no (no-color.org).
func Paint(out io.Writer, c Colour, text string) string {
	if !IsTerminal(out) || os.Getenv("NO_COLOR") != "" {
		return text
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", c, text)
}
