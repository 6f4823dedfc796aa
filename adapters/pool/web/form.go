package web

import (
	"errors"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxBody bounds a form in bytes: an act with its documents, coded.
const maxBody = 256 << 10

// readForm reads a posted form. One that is too large is a *http.MaxBytesError.
func readForm(w http.ResponseWriter, r *http.Request) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return errForeignForm
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		if large := new(http.MaxBytesError); errors.As(err, &large) {
			return large
		}
		return &FormError{Fault: "bad_form"}
	}
	return nil
}

// field is what a form may hold under a name.
type field struct {
	name     string
	runes    int // at most
	optional bool
	lines    bool   // it may have more than one
	choose   bool   // one of few, where the node names any
	kind     string // of its input, "" for text
	help     bool   // there is more to say about it: "form.<name>.help"
}

// tasks are the fields of each task's form.
func tasks(task Task) []field {
	switch task {
	case TaskVote:
		return []field{{name: "proposal", runes: 64}, {name: "choice", runes: 16}}
	case TaskPost:
		return []field{
			{name: "kind", runes: 8}, {name: "category", runes: 32}, {name: "quantity", runes: 32}, {name: "urgency", runes: 1},
			{name: "place", runes: 64, optional: true}, {name: "until", runes: 10}, {name: "text", runes: 500, lines: true},
		}
	case TaskWithdraw:
		return []field{{name: "posting", runes: 64}}
	case TaskMatch:
		return []field{{name: "match", runes: 64}, {name: "choice", runes: 16}}
	case TaskJoin:
		return []field{{name: "code", runes: 64}, {name: "name", runes: 80}, {name: "contact", runes: 80}, {name: "key", runes: tokenLength}}
	default:
		return asks(task)
	}
}

// formOf reads the fields of the form's task. Errors are *FormError, and come with what was filled in.
func formOf(r *http.Request, member string) (Form, error) {
	form := Form{Task: Task(r.PostForm.Get("task")), Member: member, Fields: map[string]string{}}
	fields := tasks(form.Task)
	if fields == nil {
		return form, &FormError{Fault: "bad_form"}
	}
	var wrong error
	for _, f := range fields {
		value, fault := f.read(r.PostForm.Get(f.name))
		if fault != "" && wrong == nil {
			wrong = &FormError{Field: f.name, Fault: fault}
		}
		if value != "" {
			form.Fields[f.name] = value
		}
	}
	return form, wrong
}

func (f field) read(text string) (value, fault string) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	switch {
	case !utf8.ValidString(text):
		return "", "bad_text"
	case text == "" && !f.optional:
		return "", "missing"
	case utf8.RuneCountInString(text) > f.runes:
		return clip(text, f.runes), "too_long"
	case strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) && (c != '\n' || !f.lines) }):
		return "", "bad_text"
	}
	return text, ""
}

func clip(text string, runes int) string {
	for i := range text {
		if runes == 0 {
			return text[:i]
		}
		runes--
	}
	return text
}

// decode reads bytes as forms carry them, also from a paste with spaces and lines.
func decode(text string) ([]byte, error) {
	return coded.DecodeString(strings.Join(strings.Fields(text), ""))
}

// maxNamed bounds the documents, and the closed values, that an act comes with.
const maxNamed = 16

func decodeAll(texts []string) ([][]byte, error) {
	if len(texts) > maxNamed {
		return nil, &FormError{Fault: "bad_form"}
	}
	var all [][]byte
	for _, text := range texts {
		one, err := decode(text)
		if err != nil {
			return nil, &FormError{Fault: "bad_form"}
		}
		all = append(all, one)
	}
	return all, nil
}

func encode(all [][]byte) []string {
	var texts []string
	for _, one := range all {
		texts = append(texts, coded.EncodeToString(one))
	}
	return texts
}
