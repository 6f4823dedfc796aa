package ledger

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
)

// MaxPage bounds the items of one page of a list; DefaultPage is how many there are where nobody says.
const (
	MaxPage     = 500
	DefaultPage = 50
)

// PageSize is the number of items of a page of which limit were asked for.
func PageSize(limit int) int {
	if limit <= 0 {
		return DefaultPage
	}
	return min(limit, MaxPage)
}

// List names a list that is read in pages, newest first. A cursor of one list is none of another.
type List byte

// The lists.
const (
	ListTransfers List = 't'
	ListRequests  List = 'r'
	ListBatches   List = 'b'
	ListWindows   List = 'w'
	ListPostings  List = 'p' // oldest first: it goes on above the item of a number
)

// ErrCursor says that a text is no cursor of the list that it was given to. A retry fails again.
var ErrCursor = errors.New("ledger: no cursor of this list")

// cursorBytes are the list, the number, and a checksum against damage. It keeps no secret: whoever makes one of their
// own sees what the filter lets them see.
const cursorBytes = 1 + 8 + 4

// Cursor is where a list goes on: below the item of a number. The text says nothing to whoever keeps it.
func (l List) Cursor(below int64) string {
	raw := binary.BigEndian.AppendUint64([]byte{byte(l)}, uint64(below)) //nolint:gosec // there and back
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw)))
}

// Below reads a cursor, of which "" is the one of a list's begin. Errors wrap ErrCursor.
func (l List) Below(cursor string) (int64, error) {
	if cursor == "" {
		return math.MaxInt64, nil
	}
	if len(cursor) != base64.RawURLEncoding.EncodedLen(cursorBytes) {
		return 0, ErrCursor
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || List(raw[0]) != l || crc32.ChecksumIEEE(raw[:9]) != binary.BigEndian.Uint32(raw[9:]) {
		return 0, ErrCursor
	}
	return int64(binary.BigEndian.Uint64(raw[1:9])), nil //nolint:gosec // there and back
}
