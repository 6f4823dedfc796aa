package netfiles

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// idList holds ids one after the other: twelve bytes each instead of a string's forty.
type idList struct {
	text []byte // below 2^32: maxName for each of netting.MaxObligations
	ends []uint32
}

func (l *idList) add(id []byte) {
	l.text = append(l.text, id...)
	l.ends = append(l.ends, uint32(len(l.text))) //nolint:gosec // G115: see text
}

func (l *idList) at(i int32) []byte {
	begin := uint32(0)
	if i > 0 {
		begin = l.ends[i-1]
	}
	return l.text[begin:l.ends[i]]
}

// byAge orders ids by age: as numbers if all are, else by their bytes. Equal numbers ("7", "007") go by
// their bytes too.
func (l *idList) byAge() []int32 {
	numeric := !slices.ContainsFunc(l.text, func(c byte) bool { return c < '0' || c > '9' })
	type entry struct {
		key uint64 // orders as the id does, as far as it goes
		at  int32
	}
	entries := make([]entry, len(l.ends))
	for i := range entries {
		at := int32(i)
		if numeric {
			entries[i] = entry{numberKey(l.at(at)), at}
		} else {
			entries[i] = entry{bytesKey(l.at(at)), at}
		}
	}
	compare := func(a, b entry) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		x, y := l.at(a.at), l.at(b.at)
		if numeric {
			if c := compareNumbers(x, y); c != 0 {
				return c
			}
		}
		return cmp.Or(bytes.Compare(x, y), cmp.Compare(a.at, b.at))
	}
	if !slices.IsSortedFunc(entries, compare) {
		slices.SortFunc(entries, compare)
	}
	order := make([]int32, len(entries))
	for i, e := range entries {
		order[i] = e.at
	}
	return order
}

// numberKey is the number, or the largest key if it does not fit.
func numberKey(id []byte) uint64 {
	if n, ok := parseDigits(id); ok {
		return n
	}
	return math.MaxUint64
}

// bytesKey is the first eight bytes.
func bytesKey(id []byte) uint64 {
	var first [8]byte
	copy(first[:], id)
	return binary.BigEndian.Uint64(first[:])
}

// compareNumbers compares digits as numbers of any length.
func compareNumbers(a, b []byte) int {
	a, b = bytes.TrimLeft(a, "0"), bytes.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), bytes.Compare(a, b))
}
