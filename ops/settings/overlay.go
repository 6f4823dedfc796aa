package settings

import (
	"bytes"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
)

// Overlay lays what environment and flags say over a text of settings that are nested and that their program parses
// itself. of points to its struct, with what holds where nothing is said: a setting in a struct of it is switch.url, in
// the environment PREFIX_SWITCH_URL and as a flag --switch-url. It tells where each value came from; of a secret it has
// the place where it is kept, of what only the program knows (a yaml.Node) nothing. Errors are *Error.
func Overlay(text []byte, of any, from Sources) ([]byte, []Value, error) {
	var document yaml.Node
	parsed, err := adapters.ParseSettings(text)
	if err == nil {
		err = parsed.Part(&document)
	}
	if err != nil {
		return nil, nil, &Error{Place: from.File, Fault: strings.TrimPrefix(err.Error(), "settings: ")}
	}
	root, changed := document.Content[0], false
	var all []Value
	for _, f := range leavesOf(reflect.ValueOf(of).Elem(), "") {
		value := Value{Name: f.name, Text: f.text(), From: "default"}
		if found := find(root, f.name); found != nil {
			value.Text, value.From = textOf(found), from.File
		}
		for _, said := range from.over(f.name) {
			node, err := f.node(said.From, said.Text)
			if err != nil {
				return nil, nil, err
			}
			put(root, f.name, node)
			value.Text, value.From, changed = said.Text, said.From, true
		}
		all = append(all, value)
	}
	if !changed {
		return text, all, nil
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	if err := encoder.Encode(&document); err != nil {
		return nil, nil, &Error{Place: from.File, Fault: err.Error()}
	}
	return out.Bytes(), all, nil
}

// over is what environment and flags say of a setting, the later before the earlier.
func (s Sources) over(name string) (all []Value) {
	name = strings.ReplaceAll(name, ".", "_")
	if variable := s.Prefix + strings.ToUpper(name); s.Lookup != nil {
		if text, set := s.Lookup(variable); set {
			all = append(all, Value{Name: name, Text: text, From: variable})
		}
	}
	if text, given := s.Flags[name]; given {
		all = append(all, Value{Name: name, Text: text, From: "flag --" + strings.ReplaceAll(name, "_", "-")})
	}
	return all
}

// leavesOf are the settings of a struct and of those in it.
func leavesOf(v reflect.Value, prefix string) (all []field) {
	for i := range v.NumField() {
		f, tag := v.Type().Field(i), v.Type().Field(i).Tag
		name, options, _ := strings.Cut(tag.Get("yaml"), ",")
		switch {
		case !f.IsExported() || f.Type == reflect.TypeFor[yaml.Node]():
		case options == "inline":
			all = append(all, leavesOf(v.Field(i), prefix)...)
		case f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[adapters.Secret]():
			all = append(all, leavesOf(v.Field(i), prefix+name+".")...)
		default:
			all = append(all, field{name: prefix + name, help: tag.Get("help"), value: v.Field(i)})
		}
	}
	return all
}

// find is what a mapping has under a dotted name, nil for nothing.
func find(in *yaml.Node, name string) *yaml.Node {
	first, rest, nested := strings.Cut(name, ".")
	for i := 0; in.Kind == yaml.MappingNode && i+1 < len(in.Content); i += 2 {
		if in.Content[i].Value != first {
			continue
		}
		if nested {
			return find(in.Content[i+1], rest)
		}
		return in.Content[i+1]
	}
	return nil
}

// put puts a node into a mapping under a dotted name.
func put(in *yaml.Node, name string, node *yaml.Node) {
	if there := find(in, name); there != nil {
		*there = *node
		return
	}
	first, rest, nested := strings.Cut(name, ".")
	if !nested {
		in.Content = append(in.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, node)
		return
	}
	below := find(in, first)
	if below == nil || below.Kind != yaml.MappingNode {
		below = &yaml.Node{Kind: yaml.MappingNode}
		put(in, first, below)
		below = find(in, first)
	}
	put(below, rest, node)
}

// textOf is a node as a flag or the environment would say it.
func textOf(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return n.Value
	}
	var parts []string
	for i, each := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 {
			parts[len(parts)-1] += "=" + textOf(each)
			continue
		}
		parts = append(parts, textOf(each))
	}
	return strings.Join(parts, ",")
}

// secretName is how settings of rails are called that nobody else may read.
var secretName = regexp.MustCompile(`(?i)secret|passw|passphrase|key|token|pin$|seed|credential|prefix`)

// Rest are the settings under a name that only their program knows. What may be secret shows where it is kept, or nothing.
func Rest(name string, node *yaml.Node, from string) (all []Value) {
	if node.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(node.Content); i += 2 {
			all = append(all, Rest(name+"."+node.Content[i].Value, node.Content[i+1], from)...)
		}
		return all
	}
	text := textOf(node)
	if _, isPlace := named(text); !isPlace && text != "" && secretName.MatchString(name[strings.LastIndex(name, ".")+1:]) {
		text = "[withheld]"
	}
	return append(all, Value{Name: name, Text: text, From: from})
}
