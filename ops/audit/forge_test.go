package audit_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// clone is a copy to be forged.
func (h *history) clone() *history {
	return &history{of: h.of, entries: slices.Clone(h.entries), blobs: maps.Clone(h.blobs)}
}

// object is a JSON object. The log writes its numbers as strings.
type object = map[string]any

func (h *history) entry(i int) object {
	var o object
	if err := json.Unmarshal(h.entries[i], &o); err != nil {
		panic(err)
	}
	return o
}

func (h *history) set(i int, o object) {
	text, err := audit.Canonical(o)
	if err != nil {
		panic(err)
	}
	h.entries[i] = text
}

// blob keeps bytes and returns their name.
func (h *history) blob(body []byte) string {
	hash := sha256.Sum256(body)
	name := hex.EncodeToString(hash[:])
	h.blobs[name] = body
	return name
}

// batches are the indexes of the entries of batches that fit.
func (h *history) batches(fits func(entry object) bool) (found []int) {
	for i := range h.entries {
		if e := h.entry(i); e["kind"] == "batch" && fits(e) {
			found = append(found, i)
		}
	}
	return found
}

// batchOf is the index of the batch that an entry belongs to.
func (h *history) batchOf(i int64) int64 {
	for i = min(i, int64(len(h.entries)-1)); h.entry(int(i))["kind"] != "batch"; {
		i--
	}
	return i
}

// editRecord changes the record of the batch at i, and has its entry name what came out.
func (h *history) editRecord(i int, edit func(record object)) {
	e := h.entry(i)
	var record object
	if err := json.Unmarshal(h.blobs[e["record"].(string)], &record); err != nil {
		panic(err)
	}
	edit(record)
	text, err := audit.Canonical(record)
	if err != nil {
		panic(err)
	}
	e["record"] = h.blob(text)
	h.set(i, e)
}

// messages are those of the batch at i.
func (h *history) messages(i int) []audit.Message {
	messages, err := audit.ReadMessages(h.blobs[h.entry(i)["inputs"].(string)])
	if err != nil {
		panic(err)
	}
	return messages
}

// decides tells whether the batch at i decided on the first intent of a message of intents: that it was new.
func (h *history) decides(i int, m *audit.Message) (found bool) {
	sender := h.numberOf(m.Participant)
	h.clone().editRecord(i, func(record object) {
		for _, r := range record["messages"].([]any) {
			r := r.(object)
			if r["participant"] != sender || r["sequence"] != strconv.FormatUint(m.Sequence, 10) {
				continue
			}
			for _, places := range r["accepted"].([]any) {
				found = found || places.([]any)[0] == "0"
			}
			for _, refused := range r["refused"].([]any) {
				found = found || refused.(object)["place"] == "0"
			}
		}
	})
	return found
}

// numberOf is a participant's number: they count from 1 as they are added.
func (h *history) numberOf(name string) string {
	number := 0
	for i := range h.entries {
		e := h.entry(i)
		if e["kind"] != "add_participant" || e["fault"] != nil {
			continue
		}
		number++
		var body object
		if err := json.Unmarshal(h.blobs[e["body"].(string)], &body); err != nil {
			panic(err)
		}
		if body["name"] == name {
			break
		}
	}
	return strconv.Itoa(number)
}

// setMessages replaces them, and has the batch's entry name them.
func (h *history) setMessages(i int, messages []audit.Message) {
	var text []byte
	for k := range messages {
		var err error
		if text, err = audit.AppendMessage(text, &messages[k]); err != nil {
			panic(err)
		}
	}
	e := h.entry(i)
	e["inputs"] = h.blob(text)
	h.set(i, e)
}

// editBody changes the body of the command at i; the record of its batch, and all hashes, go along.
func (h *history) editBody(i int, edit func(body object)) {
	e := h.entry(i)
	var body object
	if err := json.Unmarshal(h.blobs[e["body"].(string)], &body); err != nil {
		panic(err)
	}
	edit(body)
	text, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		panic(err)
	}
	was := e["body"]
	e["body"] = h.blob(text)
	h.set(i, e)
	h.editRecord(int(h.batchOf(int64(i))), func(record object) {
		for _, c := range record["commands"].([]any) {
			if c := c.(object); c["hash"] == was && c["id"] == e["command"] {
				c["hash"] = e["body"]
			}
		}
	})
}

// leaf is a text or a number somewhere in a document.
type leaf struct {
	path string
	text string
	set  func(to any)
}

func leaves(path string, v any, set func(any)) (found []leaf) {
	switch v := v.(type) {
	case object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			found = append(found, leaves(path+"."+name, v[name], func(to any) { v[name] = to })...)
		}
	case []any:
		for i := range v {
			found = append(found, leaves(fmt.Sprintf("%s[%d]", path, i), v[i], func(to any) { v[i] = to })...)
		}
	case string:
		found = append(found, leaf{path, v, set})
	case float64:
		found = append(found, leaf{path, strconv.FormatFloat(v, 'f', -1, 64), set})
	}
	return found
}

// forge changes a leaf: numbers a little, hashes and words in a letter.
func forge(dice *rand.Rand, all []leaf) (path string) {
	l := all[dice.IntN(len(all))]
	if n, err := strconv.ParseInt(l.text, 10, 64); err == nil {
		l.set(strconv.FormatInt(n+int64(1+dice.IntN(100)), 10))
		return l.path
	}
	if l.text == "" {
		l.set("x")
		return l.path
	}
	letters := []byte(l.text)
	at := dice.IntN(len(letters))
	for _, c := range []byte("a0b") {
		if letters[at] != c {
			letters[at] = c
			break
		}
	}
	l.set(string(letters))
	return l.path
}
