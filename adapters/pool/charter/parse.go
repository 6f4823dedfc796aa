package charter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/fx"
)

// Limits of a document.
const (
	MaxDocumentBytes = 64 << 10
	maxNodes         = 8_000
	maxDepth         = 10
)

// Parse reads a charter from YAML, as people write it: amounts are decimals of the unit that their own rule or fund
// names, or else of the pool's own money. Unknown and repeated names, and aliases, are refused. Whether the rules hang
// together is for Check. Errors are *DocumentError.
func Parse(text []byte) (*Charter, error) {
	root, fault := parseTree(text)
	if fault != nil {
		return nil, fault
	}
	var out bytes.Buffer
	p := &parser{purse: purseOf(root), out: jsontext.NewEncoder(&out), lines: map[string]int{}}
	if fault := p.value(root, "", p.purse.own, 0); fault != nil {
		return nil, fault
	}
	c, fault := decode(out.Bytes())
	if fault != nil {
		fault.Line = p.lineOf(fault.Path)
		return nil, fault
	}
	return c, nil
}

// parseTree reads one document that is a mapping.
func parseTree(text []byte) (*yaml.Node, *DocumentError) {
	if len(text) > MaxDocumentBytes {
		return nil, &DocumentError{Fault: fmt.Sprintf("%d bytes, more than %d", len(text), MaxDocumentBytes)}
	}
	if !utf8.Valid(text) {
		return nil, &DocumentError{Fault: "it is not UTF-8"}
	}
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, &DocumentError{Fault: "it is empty"}
	case err != nil:
		return nil, &DocumentError{Fault: strings.TrimPrefix(err.Error(), "yaml: ")}
	case len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode:
		return nil, &DocumentError{Fault: "it wants names with values"}
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &DocumentError{Fault: "it is more than one document"}
	}
	return document.Content[0], nil
}

// parser writes a tree of YAML as JSON whose integers are strings and whose amounts are minor units.
type parser struct {
	purse purse
	out   *jsontext.Encoder
	lines map[string]int // by path
	nodes int
}

// lineOf is where a path begins, or the nearest that is around it.
func (p *parser) lineOf(path string) int {
	for path != "" {
		if line, ok := p.lines[path]; ok {
			return line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 0
}

func (p *parser) value(n *yaml.Node, path string, unit fx.Currency, depth int) *DocumentError {
	fail := func(fault string) *DocumentError { return &DocumentError{Path: path, Line: n.Line, Fault: fault} }
	p.lines[path] = n.Line
	if p.nodes++; p.nodes > maxNodes || depth > maxDepth {
		return fail("the document is too large")
	}
	switch n.Kind {
	case yaml.MappingNode:
		return p.mapping(n, path, unit, depth)
	case yaml.SequenceNode:
		return p.sequence(n, path, unit, depth)
	case yaml.ScalarNode:
		token, fault := scalar(n)
		if fault != "" {
			return fail(fault)
		}
		return p.write(token, n, path)
	default:
		return fail("aliases are not read")
	}
}

// scalar is a scalar as JSON has it. Numbers stay the text that they were written in.
func scalar(n *yaml.Node) (token jsontext.Token, fault string) {
	switch n.ShortTag() {
	case "!!str", "!!int", "!!float", "!!timestamp", "!!merge":
		if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 { // the line that it ends is YAML's
			return jsontext.String(strings.TrimSuffix(n.Value, "\n")), ""
		}
		return jsontext.String(n.Value), ""
	case "!!bool":
		if n.Value != "true" && n.Value != "false" {
			return token, "it wants true or false"
		}
		return jsontext.Bool(n.Value == "true"), ""
	case "!!null":
		return token, "it says nothing: leave the name out, or give it a value"
	default:
		return token, "it is neither text nor number"
	}
}

// write passes a token on. What JSON refuses is the document's fault: above all a name that is there twice.
func (p *parser) write(token jsontext.Token, n *yaml.Node, path string) *DocumentError {
	if err := p.out.WriteToken(token); errors.Is(err, jsontext.ErrDuplicateName) {
		return &DocumentError{Path: path, Line: n.Line, Fault: "the name is there twice"}
	} else if err != nil {
		return &DocumentError{Path: path, Line: n.Line, Fault: "it is malformed"}
	}
	return nil
}

func (p *parser) sequence(n *yaml.Node, path string, unit fx.Currency, depth int) *DocumentError {
	if fault := p.write(jsontext.BeginArray, n, path); fault != nil {
		return fault
	}
	for i, item := range n.Content {
		if fault := p.value(item, at(path, i), unit, depth+1); fault != nil {
			return fault
		}
	}
	return p.write(jsontext.EndArray, n, path)
}

func (p *parser) mapping(n *yaml.Node, path string, unit fx.Currency, depth int) *DocumentError {
	if fault := p.write(jsontext.BeginObject, n, path); fault != nil {
		return fault
	}
	if named := child(n, "unit"); named != nil && currency(named).IsZero() {
		return &DocumentError{Path: under(path, "unit"), Line: named.Line, Fault: "it is neither a currency nor a community's unit"}
	}
	unit = p.purse.unitOf(n, unit)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		here := under(path, name.Value)
		if name.Kind != yaml.ScalarNode || strings.HasSuffix(name.Value, minorSuffix) {
			return &DocumentError{Path: here, Line: name.Line, Fault: "no rule has this name"}
		}
		written := name.Value
		if isAmount(written) {
			written += minorSuffix
		}
		if fault := p.write(jsontext.String(written), name, here); fault != nil {
			return fault
		}
		var fault *DocumentError
		if isAmount(name.Value) {
			fault = p.amount(value, here, unit)
		} else {
			fault = p.value(value, here, unit, depth+1)
		}
		if fault != nil {
			return fault
		}
	}
	return p.write(jsontext.EndObject, n, path)
}

// amount writes a decimal as minor units.
func (p *parser) amount(n *yaml.Node, path string, unit fx.Currency) *DocumentError {
	fail := func(fault string) *DocumentError { return &DocumentError{Path: path, Line: n.Line, Fault: fault} }
	p.lines[path] = n.Line
	if n.Kind != yaml.ScalarNode {
		return fail("it wants an amount")
	}
	if unit.IsZero() {
		return fail("the unit of this amount is not known")
	}
	amount, err := fx.ParseMoney(n.Value, unit)
	if fault, ok := errors.AsType[*fx.AmountError](err); ok {
		return fail(fmt.Sprintf("%q is no amount of %s: %s", fault.Amount, unit, fault.Fault))
	}
	return p.write(jsontext.String(strconv.FormatInt(amount.Minor, 10)), n, path)
}
