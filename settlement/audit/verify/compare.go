package verify

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

// compare holds what deciding again gave against what the log says, to the byte.
func (b *batch) compare(decided *ledger.Batch) error {
	found := append([][]byte{b.entry}, b.commands...)
	for i, expected := range decided.Log {
		index := b.index + int64(i)
		if i >= len(found) {
			return b.diverged(index, "the log's entry", quote(expected.Body), "the next batch")
		}
		if bytes.Equal(expected.Body, found[i]) {
			continue
		}
		if i == 0 {
			if record := recordOf(decided); !bytes.Equal(record, b.record) {
				path, mine, theirs := firstDifference(record, b.record)
				return b.diverged(index, "record"+path, mine, theirs)
			}
		}
		path, mine, theirs := firstDifference(expected.Body, found[i])
		return b.diverged(index, "entry"+path, mine, theirs)
	}
	if len(found) > len(decided.Log) {
		return b.diverged(b.index+int64(len(decided.Log)), "the log's entry", "the next batch", quote(found[len(decided.Log)]))
	}
	return nil
}

func (b *batch) diverged(index int64, what, expected, found string) error {
	return &DivergedError{Index: index, Batch: b.head.Batch, What: what, Expected: expected, Found: found}
}

// recordOf is the record of a batch that was decided again: the blob that its entry names.
func recordOf(decided *ledger.Batch) []byte {
	var named entry
	if json.Unmarshal(decided.Log[0].Body, &named, numbersAsText) != nil {
		return nil
	}
	for _, blob := range decided.Blobs {
		if fmt.Sprintf("%x", blob.Hash) == named.Record {
			return blob.Body
		}
	}
	return nil
}

// firstDifference finds where two canonical JSON documents differ first, as a path of members and places.
func firstDifference(mine, theirs []byte) (path, expected, found string) {
	var a, b any
	if json.Unmarshal(mine, &a) != nil || json.Unmarshal(theirs, &b) != nil {
		return "", quote(mine), quote(theirs)
	}
	return difference("", a, b)
}

func difference(path string, a, b any) (where, expected, found string) {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			break
		}
		for _, name := range members(x, y) {
			if where, expected, found = difference(path+"."+name, x[name], y[name]); where != "" {
				return where, expected, found
			}
		}
		return "", "", ""
	case []any:
		y, ok := b.([]any)
		if !ok {
			break
		}
		for i := range min(len(x), len(y)) {
			if where, expected, found = difference(fmt.Sprintf("%s[%d]", path, i), x[i], y[i]); where != "" {
				return where, expected, found
			}
		}
		if len(x) == len(y) {
			return "", "", ""
		}
		return path, fmt.Sprintf("%d elements", len(x)), fmt.Sprintf("%d elements", len(y))
	}
	mine, theirs := text(a), text(b)
	if mine == theirs {
		return "", "", ""
	}
	return path, mine, theirs
}

// members are the names that either object has, in order.
func members(x, y map[string]any) []string {
	var names []string
	for name := range x {
		names = append(names, name)
	}
	for name := range y {
		if _, both := x[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func text(v any) string {
	if v == nil {
		return "nothing"
	}
	b, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return fmt.Sprint(v)
	}
	return fmt.Sprintf("%.200s", b)
}
