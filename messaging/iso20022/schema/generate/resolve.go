package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// resolver finds the types of one schema.
type resolver struct {
	tables  *tables
	complex map[string]*complexType
	simple  map[string]*simpleType
	names   map[string]string // by the schema's name: the tables' name, "" while it is being made
}

// define writes a type and what it is made of, and returns its name in the tables.
func (r *resolver) define(name string) (string, error) {
	if known, ok := r.names[name]; ok {
		if known == "" {
			return "", fmt.Errorf("%s holds itself", name)
		}
		return known, nil
	}
	r.names[name] = ""
	kind, content, err := r.content(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	r.names[name] = r.tables.define(kind, name, content)
	return r.names[name], nil
}

func (r *resolver) content(name string) (kind, content string, err error) {
	if s := r.simple[name]; s != nil {
		content, err = facets(s)
		return "text", content, err
	}
	c := r.complex[name]
	switch {
	case c == nil:
		return "", "", errors.New("no such type")
	case c.Content != nil:
		content, err = r.money(c.Content)
		return "money", content, err
	case c.Choice != nil:
		content, err = r.parts(c.Choice)
		return "choice", content, err
	case c.Sequence == nil:
		return "", "", errors.New("neither a sequence nor a choice")
	}
	s := c.Sequence
	switch {
	case len(s.Choices) == 1 && len(s.Elements)+len(s.Any) == 0: // older schemas put a choice into a sequence of its own
		content, err = r.parts(&s.Choices[0])
		return "choice", content, err
	case len(s.Any) == 1 && len(s.Elements)+len(s.Choices) == 0:
		if w := s.Any[0]; w.Process != "lax" || w.Min+w.Max != "" {
			return "", "", errors.New("a wildcard that is not one element, lax")
		}
		return "open", s.Any[0].Namespace, nil
	}
	content, err = r.parts(s)
	return "sequence", content, err
}

// parts writes the elements of a sequence or choice.
func (r *resolver) parts(g *group) (string, error) {
	if len(g.Choices)+len(g.Any) > 0 || g.Min+g.Max != "" {
		return "", errors.New("groups inside groups, or groups that repeat")
	}
	var parts []string
	for _, e := range g.Elements {
		part, err := r.part(e)
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " "), nil
}

func (r *resolver) part(e xsdElement) (string, error) {
	name, err := r.define(e.Type)
	if err != nil {
		return "", err
	}
	return e.Name + ":" + name + occurs(e.Min, e.Max), nil
}

// occurs writes how often an element stands, one being the default of both bounds.
func occurs(least, most string) string {
	if least == "" {
		least = "1"
	}
	if most == "" {
		most = "1"
	}
	if most == "unbounded" {
		most = ""
	}
	switch least + "," + most {
	case "1,1":
		return ""
	case "0,1":
		return "?"
	case "0,":
		return "*"
	case "1,":
		return "+"
	}
	return "{" + least + "," + most + "}"
}

// money writes a simple value with attributes: in ISO 20022, an amount and its currency.
func (r *resolver) money(c *xsdContent) (string, error) {
	content, err := r.define(c.Extension.Base)
	if err != nil {
		return "", err
	}
	for _, a := range c.Extension.Attributes {
		form, err := r.define(a.Type)
		if err != nil {
			return "", err
		}
		if a.Use != "required" {
			return "", fmt.Errorf("attribute %s is optional", a.Name)
		}
		content += " " + a.Name + "=" + form
	}
	return content, nil
}

var facetWords = map[string]string{
	"minLength": "min", "maxLength": "max", "totalDigits": "total", "fractionDigits": "fraction",
	"minInclusive": "least", "pattern": "pattern",
}

// facets writes a simple type: its base and what narrows it.
func facets(s *simpleType) (string, error) {
	base, ok := strings.CutPrefix(s.Restriction.Base, "xs:")
	if !ok {
		return "", fmt.Errorf("base %s", s.Restriction.Base)
	}
	var words, codes []string
	for _, f := range s.Restriction.Facets {
		if strings.ContainsAny(f.Value, " |\t\n") || f.Value == "" {
			return "", fmt.Errorf("facet value %q", f.Value)
		}
		if f.XMLName.Local == "enumeration" {
			codes = append(codes, f.Value)
			continue
		}
		word := facetWords[f.XMLName.Local]
		if word == "" {
			return "", fmt.Errorf("facet %s", f.XMLName.Local)
		}
		words = append(words, word+"="+f.Value)
	}
	slices.Sort(words)
	if len(codes) > 0 {
		slices.Sort(codes)
		words = append(words, "codes="+strings.Join(codes, "|"))
	}
	return strings.Join(append([]string{base}, words...), " "), nil
}
