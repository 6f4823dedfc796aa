package adapters

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxSettingsBytes bounds a settings file.
const maxSettingsBytes = 256 << 10

// Settings are one adapter's configuration, as YAML says it.
type Settings struct{ text []byte }

// SettingsError says what is wrong with settings. The same settings fail again.
type SettingsError struct {
	Field string // "" where it is the text itself
	Fault string
}

func (e *SettingsError) Error() string {
	return strings.TrimSpace("settings: " + e.Field + " " + e.Fault)
}

// ParseSettings checks that text is one YAML document, a mapping, of at most 256 KiB. Errors are *SettingsError.
func ParseSettings(text []byte) (Settings, error) {
	if len(text) > maxSettingsBytes {
		return Settings{}, &SettingsError{Fault: fmt.Sprintf("are %d bytes, more than %d", len(text), maxSettingsBytes)}
	}
	var node yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(&node); {
	case errors.Is(err, io.EOF):
		return Settings{}, &SettingsError{Fault: "are empty"}
	case err != nil:
		return Settings{}, &SettingsError{Fault: err.Error()}
	case len(node.Content) != 1 || node.Content[0].Kind != yaml.MappingNode:
		return Settings{}, &SettingsError{Fault: "are not names with values"}
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return Settings{}, &SettingsError{Fault: "are more than one document"}
	}
	return Settings{text: text}, nil
}

// Into reads the settings into a struct with yaml tags. A name that the struct does not know, or that is there twice,
// is refused. Errors are *SettingsError.
func (s Settings) Into(v any) error {
	decoder := yaml.NewDecoder(bytes.NewReader(s.text))
	decoder.KnownFields(true)
	if err := decoder.Decode(v); err != nil {
		if fault, ok := errors.AsType[*SettingsError](err); ok {
			return fault
		}
		return &SettingsError{Fault: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	return nil
}

// Part reads what v has fields for, and passes over the rest: for whoever needs no secrets, which are then not looked up.
// Errors are *SettingsError.
func (s Settings) Part(v any) error {
	if err := yaml.Unmarshal(s.text, v); err != nil {
		return &SettingsError{Fault: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	return nil
}

// Or takes each zero field from the standard.
func (t Timers) Or(standard Timers) Timers {
	t.SubmitTimeout = orDefault(t.SubmitTimeout, standard.SubmitTimeout)
	t.FirstQuery = orDefault(t.FirstQuery, standard.FirstQuery)
	t.QueryEvery = orDefault(t.QueryEvery, standard.QueryEvery)
	t.QueryEveryMax = orDefault(t.QueryEveryMax, standard.QueryEveryMax)
	t.CollectionEvery = orDefault(t.CollectionEvery, standard.CollectionEvery)
	t.QueryNotBefore = orDefault(t.QueryNotBefore, standard.QueryNotBefore)
	t.QueriesMost = orDefault(t.QueriesMost, standard.QueriesMost)
	t.QueriesWithin = orDefault(t.QueriesWithin, standard.QueriesWithin)
	t.OpenFor = orDefault(t.OpenFor, standard.OpenFor)
	return t
}
