package console

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

func text64(n int64) string { return strconv.FormatInt(n, 10) }

func number64(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }

// stamp is a moment in a file, "" where there is none.
func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// plain is what was filled in, without what no database takes and nobody typed: at most so many bytes of it.
func plain(text string, most int) string {
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && c != '\n' {
			return -1
		}
		return c
	}, text[:min(len(text), most)])
	return strings.TrimSpace(strings.ToValidUTF8(text, ""))
}

// zone is the reader's.
func (v *visit) zone() *time.Location {
	if zone, err := time.LoadLocation(v.reader.zone); err == nil {
		return zone
	}
	return time.UTC
}

// indented is JSON as people read it; what is none stays as it is.
func indented(text []byte) string {
	value := jsontext.Value(slices.Clone(text))
	if err := value.Indent(); err != nil {
		return string(text)
	}
	return string(value)
}
