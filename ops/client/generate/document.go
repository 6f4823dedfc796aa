// Package generate makes clients from the API's OpenAPI document: Go and TypeScript. It knows what our own document says
// and no more; of what it does not know it makes no client, and says so.
package generate

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// document is as much of an OpenAPI document as clients are made from.
type document struct {
	Paths      map[string]map[string]*operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	ID         string      `json:"operationId"`
	Summary    string      `json:"summary"`
	Parameters []parameter `json:"parameters"`
	Body       struct {
		Content map[string]media `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Content map[string]media `json:"content"`
	} `json:"responses"`

	method, path string
}

type parameter struct {
	Name     string  `json:"name"`
	In       string  `json:"in"`
	About    string  `json:"description"`
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"`
}

type media struct {
	Schema *schema `json:"schema"`
}

type schema struct {
	Ref        string             `json:"$ref"`
	Type       string             `json:"type"`
	Format     string             `json:"format"`
	About      string             `json:"description"`
	Enum       []string           `json:"enum"`
	Items      *schema            `json:"items"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
}

// call is an operation as a method of a client.
type call struct {
	*operation

	name    string // ListTransfers
	inPath  []parameter
	inQuery []parameter
	matches bool   // it takes If-Match
	tagged  bool   // it answers with an ETag
	stream  bool   // it answers with events
	body    string // the schema of its body, "" of none
	answer  string // and of its answer
}

func (c call) writes() bool { return c.method != http.MethodGet }

func read(text []byte) (*document, []call, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, nil, fmt.Errorf("generate: document: %w", err)
	}
	var calls []call
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(d.Paths[path])) {
			op := d.Paths[path][method]
			op.method, op.path = strings.ToUpper(method), path
			c, err := op.call()
			if err != nil {
				return nil, nil, err
			}
			calls = append(calls, c)
		}
	}
	slices.SortFunc(calls, func(x, y call) int { return strings.Compare(x.name, y.name) })
	return &d, calls, nil
}

func (o *operation) call() (c call, err error) {
	c = call{operation: o, name: camel(o.ID), body: named(o.Body.Content["application/json"].Schema)}
	for _, p := range o.Parameters {
		switch p.In + " " + p.Name {
		case "header If-None-Match":
			c.tagged = true
		case "header If-Match":
			c.matches = true
		case "header Idempotency-Key", "header Last-Event-ID", "query format":
		default:
			switch p.In {
			case "path":
				c.inPath = append(c.inPath, p)
			case "query":
				c.inQuery = append(c.inQuery, p)
			default:
				return c, fmt.Errorf("generate: %s: a parameter in %s", o.ID, p.In)
			}
		}
	}
	for status, r := range o.Responses {
		if !strings.HasPrefix(status, "2") {
			continue
		}
		if m, ok := r.Content["text/event-stream"]; ok {
			c.stream, c.answer = true, named(m.Schema)
		}
		if m, ok := r.Content["application/json"]; ok {
			c.answer = named(m.Schema)
		}
	}
	if c.answer == "" {
		return c, fmt.Errorf("generate: %s answers with nothing that has a name", o.ID)
	}
	return c, nil
}

// named is the schema that a reference names.
func named(s *schema) string {
	if s == nil {
		return ""
	}
	return strings.TrimPrefix(s.Ref, "#/components/schemas/")
}

// camel joins words as Go does: list-transfers, payout_min, id.
func camel(words string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(words, func(r rune) bool { return r == '-' || r == '_' }) {
		switch word {
		case "id", "fifo", "url":
			b.WriteString(strings.ToUpper(word))
		default:
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// properties are a schema's, by name.
func (s *schema) properties(each func(name string, of *schema, required bool)) {
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		each(name, s.Properties[name], slices.Contains(s.Required, name))
	}
}
