package settings

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
)

// Value is one setting as it holds, and where it came from.
type Value struct{ Name, Text, From string }

// Sources are where values come from, the later before the earlier.
type Sources struct {
	File   string                           // "" for none
	Prefix string                           // of names in the environment: AYNI_ and the setting's name in capitals
	Lookup func(name string) (string, bool) // os.LookupEnv
	Flags  map[string]string                // that were given, by the setting's name
}

// field is a setting of a struct: its yaml name, what the tag help says, and its value.
type field struct {
	name, help string
	value      reflect.Value
}

// fieldsOf are the settings of a pointer to a struct, and of the structs that are inline in it.
func fieldsOf(into any) (all []field) {
	v := reflect.ValueOf(into).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if options == "inline" {
			all = append(all, fieldsOf(v.Field(i).Addr().Interface())...)
			continue
		}
		all = append(all, field{name: name, help: f.Tag.Get("help"), value: v.Field(i)})
	}
	return all
}

// Load fills a struct, which holds what stands where nothing is said, and tells where each value came from. Errors are
// *Error, and those of the file system.
func Load(into any, from Sources) ([]Value, error) {
	inFile := map[string]bool{}
	if from.File != "" {
		var err error
		if inFile, err = loadFile(into, from.File); err != nil {
			return nil, err
		}
	}
	var all []Value
	for _, f := range fieldsOf(into) {
		came := "default"
		if inFile[f.name] {
			came = from.File
		}
		for _, said := range from.over(f.name) {
			if err := f.set(said.From, said.Text); err != nil {
				return nil, err
			}
			came = said.From
		}
		all = append(all, Value{Name: f.name, Text: f.text(), From: came})
	}
	return all, nil
}

// loadFile reads a file into a struct, and tells which names it has.
func loadFile(into any, file string) (map[string]bool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	parsed, err := adapters.ParseSettings(text)
	if err == nil {
		err = parsed.Into(into)
	}
	if err != nil {
		return nil, &Error{Place: file, Fault: strings.TrimPrefix(err.Error(), "settings: ")}
	}
	var names map[string]yaml.Node
	if err := parsed.Part(&names); err != nil {
		return nil, &Error{Place: file, Fault: err.Error()}
	}
	has := map[string]bool{}
	for name := range names {
		has[name] = true
	}
	return has, nil
}

// node is a value that is one text as a file would have it: a map is NAME=VALUE with commas between.
func (f field) node(place, text string) (*yaml.Node, error) {
	if f.value.Kind() == reflect.Map {
		node := &yaml.Node{Kind: yaml.MappingNode}
		for pair := range strings.SplitSeq(text, ",") {
			name, value, isPair := strings.Cut(pair, "=")
			if !isPair {
				return nil, &Error{Place: place, Fault: "is not NAME=VALUE with commas between"}
			}
			node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, &yaml.Node{Kind: yaml.ScalarNode, Value: value})
		}
		return node, nil
	}
	node := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	if kind := f.value.Kind(); kind == reflect.String || kind == reflect.Struct { // a struct that is one text is a secret's place
		node.Tag = "!!str"
	}
	return node, nil
}

// set takes a value that is one text.
func (f field) set(place, text string) error {
	node, err := f.node(place, text)
	if err != nil {
		return err
	}
	if f.value.Kind() == reflect.Map {
		f.value.SetZero()
	}
	if err := node.Decode(f.value.Addr().Interface()); err != nil {
		return &Error{Place: place, Fault: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	return nil
}

// text is a value as a flag or the environment would say it.
func (f field) text() string {
	if secret, is := reflect.TypeAssert[adapters.Secret](f.value); is && secret.IsZero() {
		return ""
	}
	if f.value.Kind() != reflect.Map {
		return fmt.Sprint(f.value.Interface())
	}
	var pairs []string
	for _, key := range f.value.MapKeys() {
		pairs = append(pairs, fmt.Sprintf("%v=%v", key, f.value.MapIndex(key)))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, ",")
}

// Names are the settings of a struct and of those in it, each with what it is.
func Names(of any) (all []Value) {
	for _, f := range leavesOf(reflect.ValueOf(of).Elem(), "") {
		all = append(all, Value{Name: f.name, Text: f.help})
	}
	return all
}

// Example is a commented file with every setting as it stands where nothing is said.
func Example(of any, title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", title)
	for _, f := range fieldsOf(of) {
		value := f.text()
		if value == "" {
			value = `""`
		}
		if f.value.Kind() == reflect.Map {
			value = "{}"
		}
		fmt.Fprintf(&b, "\n# %s\n%s: %s\n", f.help, f.name, value)
	}
	return b.String()
}
