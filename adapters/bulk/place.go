package bulk

import (
	"encoding/base32"
	"strconv"
	"strings"
)

// key names a file by the beginning of its hash: 120 bits, as much as fits into an intent's id.
type key [15]byte

// place is a line of a file and the how many-th time it is sent.
type place struct {
	file  key
	line  int
	sweep int
}

var keyText = base32.HexEncoding.WithPadding(base32.NoPadding)

// intentID is "b", the file, "-", the line's number and, where it is sent again, "." and the sweep: at most
// 35 characters. Ids of orders begin with another letter.
func (p place) intentID() string {
	id := "b" + strings.ToLower(keyText.EncodeToString(p.file[:])) + "-" + strconv.Itoa(p.line)
	if p.sweep > 0 {
		id += "." + strconv.Itoa(p.sweep)
	}
	return id
}

// placeOf is the inverse of intentID. ok is false for ids that are none of ours.
func placeOf(id string) (p place, ok bool) {
	text, number, found := strings.Cut(id, "-")
	if !found || len(text) != 1+24 || text[0] != 'b' {
		return place{}, false
	}
	if _, err := keyText.Decode(p.file[:], []byte(strings.ToUpper(text[1:]))); err != nil {
		return place{}, false
	}
	line, sweep, again := strings.Cut(number, ".")
	var err error
	if p.line, err = strconv.Atoi(line); err != nil {
		return place{}, false
	}
	if again {
		if p.sweep, err = strconv.Atoi(sweep); err != nil {
			return place{}, false
		}
	}
	return p, p.line >= firstLine && p.line <= MaxLines+1 && p.sweep >= 0 && p.sweep <= maxSweep && p.intentID() == id
}
