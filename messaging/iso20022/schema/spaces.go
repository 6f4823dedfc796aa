package schema

import "bytes"

// spaces are the namespace declarations in force.
type spaces []binding

type binding struct {
	prefix string // "" for the default
	uri    string
	depth  int // of the element that declares it
}

const (
	xmlNamespace    = "http://www.w3.org/XML/1998/namespace"
	xmlnsNamespace  = "http://www.w3.org/2000/xmlns/"
	schemaNamespace = "http://www.w3.org/2001/XMLSchema-instance"
)

// declaration tells whether an attribute declares a namespace, and for which prefix.
func declaration(a *attr) (prefix []byte, ok bool) {
	if string(a.prefix) == "xmlns" {
		return a.name, true
	}
	return nil, len(a.prefix) == 0 && string(a.name) == "xmlns"
}

// declare takes up the declarations of a tag.
func (s *spaces) declare(attrs []attr, depth int) *problem {
	for i := range attrs {
		a := &attrs[i]
		prefix, ok := declaration(a)
		if !ok {
			continue
		}
		switch {
		case len(*s) == maxBindings:
			return faulty(FaultOversized, "more than %d namespaces", maxBindings)
		case len(prefix) > 0 && len(a.value) == 0, string(prefix) == "xml", string(prefix) == "xmlns",
			string(a.value) == xmlNamespace, string(a.value) == xmlnsNamespace:
			return faulty(FaultNamespace, "%s cannot mean %.100q", prefix, a.value)
		}
		*s = append(*s, binding{prefix: string(prefix), uri: intern(a.value), depth: depth})
	}
	return nil
}

// leave forgets what an element declared.
func (s *spaces) leave(depth int) {
	for n := len(*s); n > 0 && (*s)[n-1].depth >= depth; n-- {
		*s = (*s)[:n-1]
	}
}

// find returns what a prefix means, nil where nothing was said of it.
func (s spaces) find(prefix []byte) *binding {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i].prefix == string(prefix) {
			return &s[i]
		}
	}
	return nil
}

// of is the namespace of an element with a prefix; ok is false for a prefix that nobody declared.
func (s spaces) of(prefix []byte) (uri string, ok bool) {
	if b := s.find(prefix); b != nil {
		return b.uri, true
	}
	return "", len(prefix) == 0
}

// attributes checks the prefixes of a tag's attributes, and that no two are the same behind different prefixes.
func (s spaces) attributes(attrs []attr) *problem {
	for i := range attrs {
		a := &attrs[i]
		if _, declares := declaration(a); declares || len(a.prefix) == 0 || string(a.prefix) == "xml" {
			continue
		}
		uri, ok := s.of(a.prefix)
		if !ok {
			return faulty(FaultNamespace, "prefix %s is not declared", a.prefix)
		}
		for j := range attrs[:i] {
			other := &attrs[j]
			if len(other.prefix) == 0 || !bytes.Equal(other.name, a.name) {
				continue
			}
			if same, _ := s.of(other.prefix); same == uri {
				return faulty(FaultSyntax, "attribute %s twice", a.name)
			}
		}
	}
	return nil
}

// intern keeps one string for each namespace that is known.
func intern(uri []byte) string {
	if message, ok := loaded().spaces[string(uri)]; ok {
		return loaded().uris[message]
	}
	return string(uri)
}
