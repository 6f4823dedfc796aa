package diary

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Finding is why a copy of the log is not what it should be: a file, the first entry that it touches, and the line.
type Finding struct { //nolint:errname // it is the auditor's word, as in settlement/audit
	audit.Finding

	Place int // of the line in the entry; -1 where none is meant
}

// Error tells everything about the finding.
func (f *Finding) Error() string {
	text := f.Finding.Error()
	if f.Place >= 0 {
		text += fmt.Sprintf(" (line %d)", f.Place)
	}
	return text
}

// maxFindings bounds those of lines, as settlement/audit bounds its own: who looks further has seen enough.
const maxFindings = 100

// merged puts findings of lines to those of the export, by the entries that they touch.
func merged(lines []*Finding, export []*audit.Finding) []*Finding {
	all := lines
	for _, f := range export {
		all = append(all, &Finding{Finding: *f, Place: -1})
	}
	slices.SortStableFunc(all, func(a, b *Finding) int {
		return cmp.Or(cmp.Compare(uint64(a.Index), uint64(b.Index)), cmp.Compare(a.Place, b.Place)) //nolint:gosec // -1 is last
	})
	return all
}

// bundleFile is where an export of a size keeps an entry.
func bundleFile(index, size int64) string {
	const width = 256
	n := index / width
	tile := tlog.Tile{H: 8, L: -1, N: n, W: int(min(width, size-n*width))}
	return "tile/entries/" + strings.TrimPrefix(tile.Path(), "tile/8/data/")
}
