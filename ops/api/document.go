package api

import (
	"embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

//go:embed pages
var pages embed.FS

// document makes the OpenAPI document and the page that people read it on, once: nothing in them changes.
func (a *API) document() error {
	described := a.huma.OpenAPI()
	raw, err := described.MarshalJSON()
	if err != nil {
		return fmt.Errorf("api: document: %w", err)
	}
	text := jsontext.Value(raw)
	if err := text.Canonicalize(); err != nil {
		return fmt.Errorf("api: document: %w", err)
	}
	page, err := a.page(described)
	if err != nil {
		return fmt.Errorf("api: page of the document: %w", err)
	}
	style, err := pages.ReadFile("pages/docs.css")
	if err != nil {
		return fmt.Errorf("api: page of the document: %w", err)
	}
	for _, file := range []struct{ path, kind, text string }{
		{"/openapi.json", "application/openapi+json", string(text)},
		{"/docs", "text/html; charset=utf-8", page},
		{"/docs/docs.css", "text/css; charset=utf-8", string(style)},
	} {
		a.guard.Mount(a.mux, "GET "+file.path, public(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", file.kind)
			_, _ = w.Write([]byte(file.text)) // a client that left
		}))
	}
	return nil
}

// Described is an operation as the page shows it.
type described struct {
	*huma.Operation

	Params   []*huma.Param
	Roles    []string
	Own      bool
	Body     string // an example of the body, "" of none
	Answer   string // an example of the answer
	Curl     string
	Columns  string // of its table, "" of none
	Statuses []string
}

type docGroup struct {
	Name string
	Ops  []described
}

// page writes the document for people.
func (a *API) page(doc *huma.OpenAPI) (string, error) {
	parsed, err := template.ParseFS(pages, "pages/docs.html")
	if err != nil {
		return "", err
	}
	var groups []docGroup
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op == nil {
				continue
			}
			n := slices.IndexFunc(groups, func(g docGroup) bool { return g.Name == op.Tags[0] })
			if n < 0 {
				n = len(groups)
				groups = append(groups, docGroup{Name: op.Tags[0]})
			}
			groups[n].Ops = append(groups[n].Ops, describe(doc, op))
		}
	}
	slices.SortFunc(groups, func(x, y docGroup) int { return strings.Compare(x.Name, y.Name) })
	var b strings.Builder
	err = parsed.Execute(&b, map[string]any{"Info": doc.Info, "Groups": groups, "Problems": problemKinds()})
	return b.String(), err
}

func describe(doc *huma.OpenAPI, op *huma.Operation) described {
	d := described{Operation: op, Statuses: slices.Sorted(maps.Keys(op.Responses))}
	d.Roles, _ = op.Extensions["x-roles"].([]string)
	d.Own, _ = op.Extensions["x-own"].(bool)
	d.Params = op.Parameters
	if op.RequestBody != nil {
		for _, media := range op.RequestBody.Content {
			d.Body = sample(doc, media.Schema)
		}
	}
	for _, status := range []string{"200", "201", "202"} {
		if r := op.Responses[status]; r != nil && r.Content["application/json"] != nil {
			d.Answer = sample(doc, r.Content["application/json"].Schema)
		}
		if r := op.Responses[status]; r != nil && r.Content["text/csv"] != nil {
			d.Columns = r.Content["text/csv"].Schema.Description
		}
	}
	d.Curl = curl(d)
	return d
}

// curl is how a shell asks.
func curl(d described) string {
	var b strings.Builder
	b.WriteString(`curl -H "Authorization: Bearer $TOKEN"`)
	if writes(d.Method) {
		b.WriteString(" -X " + d.Method + ` -H "Idempotency-Key: $(uuidgen)"`)
	}
	if d.Body != "" {
		b.WriteString(" \\\n  -H 'Content-Type: application/json' -d '" + d.Body + "'")
	}
	b.WriteString(" \\\n  \"$AYNI" + d.Path + `"`)
	return b.String()
}

// sample makes an example of what a schema describes.
func sample(doc *huma.OpenAPI, s *huma.Schema) string {
	text, err := json.Marshal(exampleOf(doc, s, 0), jsontext.WithIndent("  "), json.Deterministic(true))
	if err != nil {
		return ""
	}
	return string(text)
}

func exampleOf(doc *huma.OpenAPI, s *huma.Schema, depth int) any {
	if s == nil || depth > 8 {
		return nil
	}
	if s.Ref != "" {
		return exampleOf(doc, doc.Components.Schemas.SchemaFromRef(s.Ref), depth+1)
	}
	switch {
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		object := map[string]any{}
		for name, p := range s.Properties {
			object[name] = exampleOf(doc, p, depth+1)
		}
		return object
	case huma.TypeArray:
		return []any{exampleOf(doc, s.Items, depth+1)}
	case huma.TypeInteger, huma.TypeNumber:
		return 1
	case huma.TypeBoolean:
		return false
	default:
		if s.Format == "date-time" {
			return "2026-01-31T12:00:00Z"
		}
		return ""
	}
}
