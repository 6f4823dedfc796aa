package generate

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// TypeScript makes the types of the client in typescript/, and the JavaScript that they are about.
func TypeScript(text []byte) (types, code []byte, err error) {
	d, calls, err := read(text)
	if err != nil {
		return nil, nil, err
	}
	const head = "// Generated from ops/api/testdata/openapi.json. Do not edit.\n"
	var t, js bytes.Buffer
	t.WriteString(head + "import { Base, Writing } from './base.js';\nexport * from './base.js';\n")
	js.WriteString(head + "import { Base, segment } from './base.js';\nexport * from './base.js';\n\nexport class Client extends Base {\n")
	for _, name := range slices.Sorted(maps.Keys(d.Components.Schemas)) {
		fmt.Fprintf(&t, "\nexport interface %s {\n", name)
		d.Components.Schemas[name].properties(func(property string, of *schema, required bool) {
			tsAbout(&t, of.About)
			fmt.Fprintf(&t, "  %s%s: %s;\n", property, optional(required), tsKind(of))
		})
		t.WriteString("}\n")
	}
	for _, c := range calls {
		if len(c.inQuery) == 0 {
			continue
		}
		fmt.Fprintf(&t, "\nexport interface %sQuery {\n", c.name)
		for _, p := range c.inQuery {
			tsAbout(&t, p.About)
			fmt.Fprintf(&t, "  %s?: %s;\n", p.Name, tsKind(p.Schema))
		}
		t.WriteString("}\n")
	}
	t.WriteString("\nexport class Client extends Base {\n")
	for _, c := range calls {
		tsCall(&t, &js, c)
	}
	t.WriteString("}\n")
	js.WriteString("}\n")
	return t.Bytes(), js.Bytes(), nil
}

func tsCall(t, js *bytes.Buffer, c call) {
	name := strings.ToLower(c.name[:1]) + c.name[1:]
	var typed, plain []string
	path := c.path
	for _, p := range c.inPath {
		typed, plain = append(typed, p.Name+": string"), append(plain, p.Name)
		path = strings.ReplaceAll(path, "{"+p.Name+"}", "${segment("+p.Name+")}")
	}
	tsAbout(t, c.method+" "+c.path+": "+c.Summary+".")
	switch {
	case c.writes():
		body := "undefined"
		if c.body != "" {
			typed, plain, body = append(typed, "body: "+c.body), append(plain, "body"), "body"
		}
		typed, plain = append(typed, "how: Writing"), append(plain, "how")
		fmt.Fprintf(t, "  %s(%s): Promise<%s>;\n", name, strings.Join(typed, ", "), c.answer)
		fmt.Fprintf(js, "  %s(%s) { return this.write('%s', `%s`, %s, how); }\n", name, strings.Join(plain, ", "), c.method, path, body)
	case c.stream:
		fmt.Fprintf(t, "  %s(%s): AsyncGenerator<%s>;\n", name, strings.Join(append(typed, "signal?: AbortSignal"), ", "), c.answer)
		fmt.Fprintf(js, "  %s(%s) { return this.events(`%s`, signal); }\n", name, strings.Join(append(plain, "signal"), ", "), path)
	default:
		query := "{}"
		if len(c.inQuery) > 0 {
			typed, plain, query = append(typed, "query?: "+c.name+"Query"), append(plain, "query"), "query"
		}
		answer, read := c.answer, "read"
		if c.tagged {
			answer, read = "{ value: "+c.answer+"; etag: string }", "readTagged"
		}
		fmt.Fprintf(t, "  %s(%s): Promise<%s>;\n", name, strings.Join(typed, ", "), answer)
		fmt.Fprintf(js, "  %s(%s) { return this.%s(`%s`, %s); }\n", name, strings.Join(plain, ", "), read, path, query)
	}
}

func tsAbout(t *bytes.Buffer, about string) {
	if about != "" {
		fmt.Fprintf(t, "  /** %s */\n", strings.ReplaceAll(about, "*/", "* /"))
	}
}

func optional(required bool) string {
	if required {
		return ""
	}
	return "?"
}

func tsKind(s *schema) string {
	switch {
	case s.Ref != "":
		return named(s)
	case s.Type == "array":
		return tsKind(s.Items) + "[]"
	case len(s.Enum) > 0:
		return "'" + strings.Join(s.Enum, "' | '") + "'"
	case s.Type == "integer":
		return "number"
	case s.Type == "boolean":
		return "boolean"
	case s.Type == "object":
		return "Record<string, unknown>"
	default:
		return "string"
	}
}
