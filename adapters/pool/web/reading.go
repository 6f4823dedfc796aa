package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/fx"
)

// saltLength is that of a closed value's salt, in hex.
const saltLength = 32

// Reading is what a draft's bytes say, row by row: for people, before they sign. assets/act.js reads the same way
// on the device.
type Reading struct {
	By    string
	Kind  string
	Act   []Said
	Named [][]Said // documents and then closed values, in the draft's order
}

// Said is one value of a document.
type Said struct {
	Name  string    // of the value, without "_minor"
	Value string    // as it is in the bytes
	Money *fx.Money // where it is an amount
	Minor bool      // it is an amount of a unit that does not stand beside it
	Named int       // where it is the hash of what the draft came with, its number from 1
}

// Read reads a draft of the given pool strictly: what it shows is all that the bytes say.
func Read(draft Draft, pool string) (*Reading, error) {
	value, err := canonical(draft.Act)
	if err != nil {
		return nil, fmt.Errorf("pool: act: %w", err)
	}
	act, _ := value.(map[string]any)
	by, ok := act["by"].(string)
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(act)), func(name string) bool { return ok && name == "by" })
	if !slices.Equal(names, []string{"body", "expires", "id", "kind", "pool", "version"}) {
		return nil, fmt.Errorf("pool: act: its names are %q", names)
	}
	if act["pool"] != pool {
		return nil, errors.New("pool: act: it is another pool's")
	}
	values := []any{act["body"]}
	kind, _ := act["kind"].(string)
	r := reader{numbers: map[string]int{}, named: map[int]bool{}}
	for i, named := range slices.Concat(draft.Documents, draft.Closed) {
		hash := sha256.Sum256(named)
		r.numbers[hex.EncodeToString(hash[:])] = i + 1
		if i >= len(draft.Documents) {
			if named, err = opened(named); err != nil {
				return nil, fmt.Errorf("pool: act: closed value %d: %w", i+1, err)
			}
		}
		value, err := canonical(named)
		if kind == kindInvite && i < len(draft.Documents) {
			value, err = codeIn(named)
		}
		if err != nil {
			return nil, fmt.Errorf("pool: act: named value %d: %w", i+1, err)
		}
		values = append(values, value)
	}
	reading := &Reading{By: by, Kind: kind}
	for _, value := range values {
		rows, err := r.say(nil, "text", value)
		if err != nil {
			return nil, fmt.Errorf("pool: act: %w", err)
		}
		reading.Named = append(reading.Named, rows)
	}
	reading.Act, reading.Named = reading.Named[0], reading.Named[1:]
	delete(act, "body")
	if reading.Act, err = (reader{}).say(reading.Act, "act", act); err != nil { // only a body names
		return nil, fmt.Errorf("pool: act: %w", err)
	}
	for _, said := range reading.Act {
		if raw, err := hex.DecodeString(said.Value); err == nil && len(raw) == sha256.Size && said.Named == 0 {
			return nil, fmt.Errorf("pool: act: %s names what does not come with it", said.Name)
		}
	}
	if len(r.named) != len(reading.Named) {
		return nil, errors.New("pool: act: it comes with what it does not name")
	}
	return reading, nil
}

// opened is the JSON of a closed value, as act.Close writes it.
func opened(blob []byte) ([]byte, error) {
	salt, rest, _ := bytes.Cut(blob, []byte("\n"))
	text, ended := bytes.CutSuffix(rest, []byte("\n"))
	if len(salt) != saltLength || len(bytes.Trim(salt, "0123456789abcdef")) > 0 || !ended {
		return nil, errors.New("it is not a salt and a line")
	}
	return text, nil
}

// kindInvite is the act whose document is no JSON: the bare code that it names by hash.
const kindInvite = "invite"

// codeIn reads an invitation's code: 16 to 64 small letters, digits and hyphens.
func codeIn(text []byte) (any, error) {
	if len(text) < 16 || len(text) > 64 || bytes.ContainsFunc(text, func(c rune) bool { return !strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyz-", c) }) {
		return nil, errors.New("it is no code")
	}
	return map[string]any{"code": string(text)}, nil
}

// canonical reads a value that is written in the one form that is signed.
func canonical(text []byte) (value any, err error) {
	again := jsontext.Value(bytes.Clone(text))
	if err := again.Canonicalize(); err != nil {
		return nil, err
	}
	if !bytes.Equal(again, text) {
		return nil, errors.New("it is not canonical")
	}
	err = json.Unmarshal(text, &value)
	return value, err
}

// reader says values row by row.
type reader struct {
	numbers map[string]int // of what came with the act, by hash
	named   map[int]bool   // what was named
}

// say adds a row for each text in a value. Numbers are refused: what is signed writes them as texts.
func (r reader) say(rows []Said, name string, value any) (_ []Said, err error) {
	switch value := value.(type) {
	case map[string]any:
		if said, ok := amount(name, value); ok {
			return append(rows, said), nil
		}
		for _, member := range slices.Sorted(maps.Keys(value)) {
			if rows, err = r.say(rows, member, value[member]); err != nil {
				return nil, err
			}
		}
	case []any:
		for _, member := range value {
			if rows, err = r.say(rows, name, member); err != nil {
				return nil, err
			}
		}
	case string:
		said := Said{Name: name, Value: value, Named: r.numbers[value]}
		if said.Named > 0 {
			r.named[said.Named] = true
		}
		said.Name, said.Minor = strings.CutSuffix(name, "_minor")
		rows = append(rows, said)
	case bool:
		rows = append(rows, Said{Name: name, Value: strconv.FormatBool(value)})
	default:
		return nil, fmt.Errorf("%q holds neither a text nor a list", name)
	}
	return rows, nil
}

// amount reads an object of a unit and its minor units, and nothing else.
func amount(name string, of map[string]any) (Said, bool) {
	code, _ := of["unit"].(string)
	text, _ := of["minor"].(string)
	unit, err := fx.ParseCurrency(code)
	if err != nil || len(of) != 2 {
		return Said{}, false
	}
	minor, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strconv.FormatInt(minor, 10) != text {
		return Said{}, false
	}
	return Said{Name: name, Value: text, Money: &fx.Money{Minor: minor, Currency: unit}}, true
}
