package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

const (
	namespace = "urn:iso:std:iso:20022:tech:xsd:"
	preface   = `# Facts of the ISO 20022 schemas, made by messaging/iso20022/schema/generate. A line is one type; a type stands
# before those that use it; a name that several schemas fill differently has a number behind ~.
#   text NAME BASE FACET...           a simple value
#   money NAME TEXT ATTRIBUTE=TEXT    a simple value with attributes, all required
#   sequence NAME ELEMENT:TYPE...     with ? * + or {min,max} where the count is not one
#   choice NAME ELEMENT:TYPE...       one of them
#   open NAME NAMESPACE               one element of that namespace, ##any for whatever it is
#   message NAME ELEMENT:TYPE         what stands in its Document
#   header NAME ELEMENT:TYPE          what stands before a Document
`
)

// tables writes each different type once.
type tables struct {
	out   io.Writer
	lines map[string][]string // by name: the different contents written under it
	err   error
}

// generate writes the tables of schemas, which are files or folders of them, in the order of their names.
func generate(out io.Writer, paths []string) error {
	files, err := schemas(paths)
	if err != nil {
		return err
	}
	t := &tables{out: out, lines: map[string][]string{}}
	t.print(preface)
	for _, file := range files {
		schema, err := readXSD(file)
		if err != nil {
			return err
		}
		if err := t.add(schema); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return t.err
}

func schemas(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		if strings.HasSuffix(path, ".xsd") {
			files = append(files, path)
			continue
		}
		within, err := filepath.Glob(filepath.Join(path, "*.xsd"))
		if err != nil {
			return nil, err
		}
		if len(within) == 0 {
			return nil, fmt.Errorf("no schemas in %s", path)
		}
		files = append(files, within...)
	}
	slices.SortFunc(files, func(a, b string) int { return strings.Compare(filepath.Base(a), filepath.Base(b)) })
	return files, nil
}

func (t *tables) print(text string) {
	if t.err == nil {
		_, t.err = io.WriteString(t.out, text)
	}
}

// add writes the types that the schema's one element reaches, those it is made of first.
func (t *tables) add(schema *xsd) error {
	message, ok := strings.CutPrefix(schema.Target, namespace)
	if !ok || len(schema.Elements) != 1 {
		return fmt.Errorf("not one element of ISO 20022, but %d of %s", len(schema.Elements), schema.Target)
	}
	r := &resolver{tables: t, complex: map[string]*complexType{}, simple: map[string]*simpleType{}, names: map[string]string{}}
	for i := range schema.Complex {
		r.complex[schema.Complex[i].Name] = &schema.Complex[i]
	}
	for i := range schema.Simple {
		r.simple[schema.Simple[i].Name] = &schema.Simple[i]
	}
	kind, element := "header", schema.Elements[0]
	if element.Name == "Document" {
		kind = "message"
		within := r.complex[element.Type]
		if within == nil || within.Sequence == nil || len(within.Sequence.Elements) != 1 {
			return fmt.Errorf("a Document of not one element")
		}
		element = within.Sequence.Elements[0]
	}
	part, err := r.part(element)
	if err != nil {
		return err
	}
	t.print(kind + " " + message + " " + part + "\n")
	return t.err
}

// define writes a line unless it is there, and returns the name that it stands under.
func (t *tables) define(kind, name, content string) string {
	number := slices.Index(t.lines[name], kind+content)
	known := number >= 0
	if !known {
		number = len(t.lines[name])
		t.lines[name] = append(t.lines[name], kind+content)
	}
	if number > 0 {
		name = fmt.Sprintf("%s~%d", name, number+1)
	}
	if !known {
		t.print(kind + " " + name + " " + content + "\n")
	}
	return name
}
