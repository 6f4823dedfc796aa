package upi

import (
	"bytes"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/beevik/etree"

	"github.com/ayni-switch/ayni/messaging"
)

// Namespace is the one of the network's messages. Their root carries it; what is below may carry it or
// no namespace at all.
const Namespace = "http://npci.org/upi/schema/"

const (
	maxXMLDepth    = 16
	maxXMLTags     = 1024 // start and end tags
	maxAttributes  = 48   // of one element
	maxXMLValueLen = 512  // characters of an attribute that is read
)

var declarationForm = regexp.MustCompile(
	`^<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"(?i:utf-8)"|'(?i:utf-8)'))?(?: standalone=(?:"(?:yes|no)"|'(?:yes|no)'))? ?\?>`)

// parseXML reads one document through the guard that the package's doc describes and returns its root.
// Errors are *DecodeError.
func parseXML(body []byte) (*etree.Element, error) {
	switch {
	case len(body) > MaxXMLBytes:
		return nil, faulty("XML of %d bytes", len(body))
	case !utf8.Valid(body):
		return nil, faulty("XML that is not UTF-8")
	}
	if declaration := declarationForm.Find(body); declaration != nil {
		body = body[len(declaration):]
	}
	switch { // outside of the forms refused here, "<" starts a tag and nothing else
	case bytes.Contains(body, []byte("<!")):
		return nil, faulty("XML with a markup declaration, a comment or CDATA")
	case bytes.Contains(body, []byte("<?")):
		return nil, faulty("XML with a processing instruction, or with another declaration than UTF-8's")
	case bytes.Count(body, []byte("<")) > maxXMLTags:
		return nil, faulty("XML with too many tags")
	}
	document := etree.NewDocument()
	document.ReadSettings = etree.ReadSettings{PreserveDuplicateAttrs: true, MaxDepth: maxXMLDepth}
	if err := document.ReadFromBytes(body); err != nil {
		return nil, faulty("XML: %s", clip(err.Error(), messaging.MaxRailTextLength))
	}
	var root *etree.Element
	for _, token := range document.Child {
		switch t := token.(type) {
		case *etree.Element:
			if root != nil {
				return nil, faulty("XML with two roots")
			}
			root = t
		case *etree.CharData:
			if !t.IsWhitespace() {
				return nil, faulty("XML with text outside of its root")
			}
		default:
			return nil, faulty("XML with something beside its root")
		}
	}
	if root == nil {
		return nil, faulty("XML without a root")
	}
	return root, checkNames(root)
}

// checkNames refuses what two readers could read in two ways: an attribute twice, a prefix that nobody
// declared, a name with a stray colon.
func checkNames(e *etree.Element) error {
	if !plainName(e.Tag) || (e.Space != "" && e.NamespaceURI() == "") || e.Space == "xmlns" {
		return faulty("XML element %q", clip(e.FullTag(), 64))
	}
	if len(e.Attr) > maxAttributes {
		return faulty("XML element %q has too many attributes", clip(e.FullTag(), 64))
	}
	for i, a := range e.Attr {
		if !plainName(a.Key) || (a.Space != "" && a.Space != "xmlns" && a.Space != "xml" && a.NamespaceURI() == "") {
			return faulty("XML attribute %q", clip(a.FullKey(), 64))
		}
		for _, other := range e.Attr[:i] {
			sameName := a.Space == other.Space && a.Key == other.Key
			// Two prefixes of one namespace make one name, too.
			if sameName || (a.Key == other.Key && prefixed(a) && prefixed(other) && a.NamespaceURI() == other.NamespaceURI()) {
				return faulty("XML attribute %q twice", clip(a.FullKey(), 64))
			}
		}
	}
	for _, child := range e.ChildElements() {
		if err := checkNames(child); err != nil {
			return err
		}
	}
	return nil
}

func prefixed(a etree.Attr) bool { return a.Space != "" && a.Space != "xmlns" }

func plainName(name string) bool {
	if name == "" {
		return false
	}
	for i := range len(name) {
		if name[i] == ':' {
			return false
		}
	}
	return true
}

// scan reads fields and keeps the first fault; after it everything reads as empty.
type scan struct{ fault error }

func (s *scan) fail(format string, args ...any) {
	if s.fault == nil {
		s.fault = faulty(format, args...)
	}
}

// root checks the document's name.
func (s *scan) root(e *etree.Element, tag string) {
	if e.Tag != tag || e.NamespaceURI() != Namespace {
		s.fail("XML root is %q, not %s", clip(e.FullTag(), 64), tag)
	}
}

// optional returns the only child of that name, nil where there is none.
func (s *scan) optional(parent *etree.Element, tag string) *etree.Element {
	if parent == nil || s.fault != nil {
		return nil
	}
	var found *etree.Element
	for _, child := range s.all(parent, tag) {
		if found != nil {
			s.fail("XML element %s twice", tag)
			return nil
		}
		found = child
	}
	return found
}

// one returns the only child of that name.
func (s *scan) one(parent *etree.Element, tag string) *etree.Element {
	found := s.optional(parent, tag)
	if found == nil {
		s.fail("XML element %s is missing", tag)
	}
	return found
}

// all returns the children of that name, in the network's namespace or in none.
func (s *scan) all(parent *etree.Element, tag string) []*etree.Element {
	if parent == nil {
		return nil
	}
	var found []*etree.Element
	for _, child := range parent.ChildElements() {
		if uri := child.NamespaceURI(); child.Tag == tag && (uri == "" || uri == Namespace) {
			found = append(found, child)
		}
	}
	return found
}

// text returns an attribute of bounded length, "" where there is none.
func (s *scan) text(e *etree.Element, key string) string {
	if e == nil || s.fault != nil {
		return ""
	}
	for _, a := range e.Attr {
		if a.Space != "" || a.Key != key {
			continue
		}
		if utf8.RuneCountInString(a.Value) > maxXMLValueLen {
			s.fail("XML attribute %s is too long", key)
			return ""
		}
		return a.Value
	}
	return ""
}

// form returns an attribute that must be there and match.
func (s *scan) form(e *etree.Element, key string, form *regexp.Regexp) string {
	value := s.text(e, key)
	if !form.MatchString(value) {
		s.fail("XML attribute %s is missing or malformed: %q", key, clip(value, 64))
	}
	return value
}

// moment returns an attribute that must be a time with its zone.
func (s *scan) moment(e *etree.Element, key string) time.Time {
	value := s.text(e, key)
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		s.fail("XML attribute %s is no time: %q", key, clip(value, 64))
	}
	return t
}

// newDocument starts a message of the network.
func newDocument(tag string) *etree.Element {
	root := etree.NewElement("upi:" + tag)
	root.CreateAttr("xmlns:upi", Namespace)
	return root
}

// put adds a child with attributes, given as key and value in turn; empty values are left out.
func put(parent *etree.Element, tag string, attributes ...string) *etree.Element {
	child := parent.CreateElement(tag)
	for i := 0; i+1 < len(attributes); i += 2 {
		if attributes[i+1] != "" {
			child.CreateAttr(attributes[i], attributes[i+1])
		}
	}
	return child
}

// write serialises root, signed where there is a signer.
func write(root *etree.Element, signer *Signer) ([]byte, error) {
	if signer != nil {
		signed, err := signer.sign(root)
		if err != nil {
			return nil, err
		}
		root = signed
	}
	document := etree.NewDocumentWithRoot(root)
	document.WriteSettings = etree.WriteSettings{CanonicalText: true, CanonicalAttrVal: true}
	return document.WriteToBytes()
}
