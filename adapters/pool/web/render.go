package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed templates assets
var embedded embed.FS

// readPages makes the templates of every language.
func readPages(speeches map[string]*speech) (map[string]*template.Template, error) {
	pages := map[string]*template.Template{}
	for name, s := range speeches {
		t, err := template.New("").Funcs(functions(s)).Option("missingkey=error").ParseFS(embedded, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("pool: pages: %w", err)
		}
		pages[name] = t
	}
	return pages, nil
}

// functions are what templates say and write with.
func functions(s *speech) template.FuncMap {
	return template.FuncMap{
		"t": s.say, "word": s.word, "own": own, "plain": s.plain, "account": account, "money": s.money, "number": s.number,
		"said":  s.said,
		"label": func(name string) template.HTML { return s.word("field", name) },
		"date":  func(t time.Time) template.HTML { return timed(t, s.date(t)) },
		"moment": func(t time.Time) template.HTML {
			return timed(t, s.moment(t))
		},
		"named": func(language string) string { return s.says["language."+language] },
		"of":    func(pairs ...any) (map[string]any, error) { return of(pairs) },
		"list":  func(texts ...string) []string { return texts },
		"next":  func(n int) int { return n + 1 },
	}
}

func timed(t time.Time, text string) template.HTML {
	return template.HTML(`<time datetime="` + t.UTC().Format(time.RFC3339) + `">` + template.HTMLEscapeString(text) + `</time>`) //nolint:gosec // escaped
}

func of(pairs []any) (map[string]any, error) {
	made := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("pool: pages: %v is no name", pairs[i])
		}
		made[name] = pairs[i+1]
	}
	return made, nil
}

// spoken tells whether the values of that name are tokens that people are told in their language.
func spoken(name string) bool {
	return name == "choice" || name == "kind" || name == "category" || name == "urgency" || name == "role"
}

// said writes one value of a document: what the bytes hold, beside what it means here.
func (s *speech) said(v Said) template.HTML {
	switch {
	case v.Money != nil:
		return template.HTML(template.HTMLEscapeString(s.money(*v.Money))) //nolint:gosec // escaped
	case v.Named > 0:
		text, _ := s.say("device.document", "n", v.Named)
		return template.HTML(template.HTMLEscapeString(text)) //nolint:gosec // escaped
	case v.Minor:
		text, _ := s.say("device.minor", "n", v.Value)
		return template.HTML(template.HTMLEscapeString(text)) //nolint:gosec // escaped
	}
	group := v.Name
	if group == "decision" {
		group = "kind"
	}
	if text, ok := s.says[group+"."+v.Value]; ok && spoken(group) {
		return template.HTML(template.HTMLEscapeString(text)+" ") + "(" + own(v.Value) + ")" //nolint:gosec // escaped
	}
	if t, err := time.Parse(time.RFC3339, v.Value); err == nil {
		return timed(t, s.moment(t))
	}
	return own(v.Value)
}

// file is what the site serves beside pages.
type file struct {
	content []byte
	kind    string
	tag     string // its version
}

// readFiles takes the assets in, and makes a module of words for each language.
func readFiles(speeches map[string]*speech) (map[string]file, error) {
	files := map[string]file{}
	entries, err := embedded.ReadDir("assets")
	if err != nil {
		return nil, fmt.Errorf("pool: assets: %w", err)
	}
	for _, entry := range entries {
		content, err := embedded.ReadFile("assets/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("pool: assets: %w", err)
		}
		files[entry.Name()] = newFile(entry.Name(), content)
	}
	for language, s := range speeches {
		content, err := s.module()
		if err != nil {
			return nil, err
		}
		name := "words." + language + ".js"
		files[name] = newFile(name, content)
	}
	return files, nil
}

func newFile(name string, content []byte) file {
	hash := sha256.Sum256(content)
	return file{content: content, kind: kindOf(name), tag: `"` + hex.EncodeToString(hash[:16]) + `"`}
}

func kindOf(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return "text/javascript; charset=utf-8"
	}
}

// module is the words that a device needs to say what it signs: a file as fixed as the script itself, so that no
// page can change what a word means.
func (s *speech) module() ([]byte, error) {
	words := map[string]string{}
	for key, text := range s.says {
		if group, _, _ := strings.Cut(key, "."); spoken(group) || group == "field" || group == "device" {
			words[key] = text
		}
	}
	text, err := json.Marshal(words)
	if err != nil {
		return nil, fmt.Errorf("pool: words: %w", err)
	}
	return append(append([]byte("export default "), text...), ";\n"...), nil
}

// file serves a file of the site.
func (s *Site) file(w http.ResponseWriter, r *http.Request) {
	found, ok := s.files[r.PathValue("name")]
	if !ok {
		s.page(func(*visit) (page, error) { return page{}, ErrUnknown }).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", found.kind)
	w.Header().Set("Cache-Control", "no-cache") // it is asked for again, and answered shortly
	w.Header().Set("ETag", found.tag)
	if r.Header.Get("If-None-Match") == found.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(found.content) // a browser that left is nobody's failure
}
