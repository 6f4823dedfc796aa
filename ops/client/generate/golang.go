package generate

import (
	"bytes"
	"fmt"
	"go/format"
	"maps"
	"slices"
	"strings"
)

// Go makes the generated part of package client.
func Go(text []byte) ([]byte, error) {
	d, calls, err := read(text)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("// Code generated from ops/api/testdata/openapi.json. DO NOT EDIT.\n\npackage client\n\nimport (\n\"context\"\n\"net/url\"\n\"strconv\"\n\"time\"\n\n\"github.com/go-json-experiment/json/jsontext\"\n)\n\n")
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		if name == "Problem" || name == "Wanted" { // client.go
			continue
		}
		goType(&b, name, d.Components.Schemas[name])
	}
	for _, c := range calls {
		if !c.stream {
			goCall(&b, c)
		}
	}
	out, err := format.Source(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("generate: Go: %w", err)
	}
	return out, nil
}

func goType(b *bytes.Buffer, name string, s *schema) {
	fmt.Fprintf(b, "// %s is the document's schema of that name.\ntype %s struct {\n", name, name)
	s.properties(func(property string, of *schema, required bool) {
		kind, omit := goKind(of), ""
		if !required {
			omit = ",omitzero"
			if of.Ref != "" {
				kind = "*" + kind
			}
		}
		about := ""
		if of.About != "" {
			about = " // " + strings.ReplaceAll(of.About, "\n", " ")
		}
		fmt.Fprintf(b, "%s %s `json:\"%s%s\"`%s\n", camel(property), kind, property, omit, about)
	})
	b.WriteString("}\n\n")
}

func goKind(s *schema) string {
	switch {
	case s.Ref != "":
		return named(s)
	case s.Type == "array":
		return "[]" + goKind(s.Items)
	case s.Type == "integer":
		return "int64"
	case s.Type == "boolean":
		return "bool"
	case s.Type == "object":
		return "jsontext.Value"
	case s.Format == "date-time":
		return "time.Time"
	default:
		return "string"
	}
}

func goCall(b *bytes.Buffer, c call) {
	params, path := "ctx context.Context", `"`+c.path+`"`
	for _, p := range c.inPath {
		params += ", " + p.Name + " string"
		path = strings.ReplaceAll(path, "{"+p.Name+"}", `" + url.PathEscape(`+p.Name+`) + "`)
	}
	path = strings.TrimSuffix(path, ` + ""`)
	query := "nil"
	if len(c.inQuery) > 0 {
		goQuery(b, c)
		params += ", query " + c.name + "Query"
		query = "query.values()"
	}
	about := strings.ToLower(c.Summary[:1]) + c.Summary[1:]
	switch {
	case c.writes():
		match := `""`
		if c.matches {
			params += ", ifMatch string"
			match = "ifMatch"
		}
		body, passed := "", "nil"
		if c.body != "" {
			body, passed = ", body "+c.body, "body"
		}
		fmt.Fprintf(b, "// %s is %s %s: %s. key names the write: said again, it is done once.\nfunc (c *Client) %s(%s, key string%s) (*%s, error) {\nvar answer %s\nerr := c.write(ctx, %q, %s, key, %s, %s, &answer)\nreturn &answer, err\n}\n\n",
			c.name, c.method, c.path, about, c.name, params, body, c.answer, c.answer, c.method, path, match, passed)
	case c.tagged:
		fmt.Fprintf(b, "// %s is GET %s: %s. tag is its ETag, for whoever changes it.\nfunc (c *Client) %s(%s) (value *%s, tag string, err error) {\nvar answer %s\ntag, err = c.read(ctx, %s, %s, &answer)\nreturn &answer, tag, err\n}\n\n",
			c.name, c.path, about, c.name, params, c.answer, c.answer, path, query)
	default:
		fmt.Fprintf(b, "// %s is GET %s: %s.\nfunc (c *Client) %s(%s) (*%s, error) {\nvar answer %s\n_, err := c.read(ctx, %s, %s, &answer)\nreturn &answer, err\n}\n\n",
			c.name, c.path, about, c.name, params, c.answer, c.answer, path, query)
	}
}

func goQuery(b *bytes.Buffer, c call) {
	fmt.Fprintf(b, "// %sQuery is what %s asks for. What is zero is not asked for.\ntype %sQuery struct {\n", c.name, c.name, c.name)
	for _, p := range c.inQuery {
		about := ""
		if p.About != "" {
			about = " // " + p.About
		}
		fmt.Fprintf(b, "%s %s%s\n", camel(p.Name), goKind(p.Schema), about)
	}
	fmt.Fprintf(b, "}\n\nfunc (q %sQuery) values() url.Values {\nv := url.Values{}\n", c.name)
	for _, p := range c.inQuery {
		field := "q." + camel(p.Name)
		switch goKind(p.Schema) {
		case "int64":
			fmt.Fprintf(b, "if %s != 0 {\nv.Set(%q, strconv.FormatInt(%s, 10))\n}\n", field, p.Name, field)
		case "bool":
			fmt.Fprintf(b, "if %s {\nv.Set(%q, \"true\")\n}\n", field, p.Name)
		case "time.Time":
			fmt.Fprintf(b, "if !%s.IsZero() {\nv.Set(%q, %s.UTC().Format(time.RFC3339Nano))\n}\n", field, p.Name, field)
		default:
			fmt.Fprintf(b, "if %s != \"\" {\nv.Set(%q, %s)\n}\n", field, p.Name, field)
		}
	}
	b.WriteString("return v\n}\n\n")
}
