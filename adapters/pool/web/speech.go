package web

import (
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"

	"github.com/ayni-switch/ayni/fx"
)

// messages is the table of everything that pages say: by key, in every language.
//
//go:embed messages.yaml
var messages []byte

// languages are those of the table, the one for everybody else first.
func languages() []string { return []string{"en", "sw", "hi", "fil", "fr"} }

// speech says things in one language.
type speech struct {
	language string
	says     map[string]string
	zone     *time.Location
}

func readTable(text []byte) (map[string]map[string]string, error) {
	var table map[string]map[string]string
	if err := yaml.Unmarshal(text, &table); err != nil { // it refuses repeated keys
		return nil, fmt.Errorf("pool: messages: %w", err)
	}
	return table, nil
}

func readSpeeches(zone *time.Location) (map[string]*speech, error) {
	table, err := readTable(messages)
	if err != nil {
		return nil, err
	}
	all := map[string]*speech{}
	for _, name := range languages() {
		s := &speech{language: name, says: map[string]string{}, zone: zone}
		for key, said := range table {
			s.says[key] = said[name]
		}
		all[name] = s
	}
	return all, nil
}

// say is a message with its placeholders filled: pairs of name and value.
func (s *speech) say(key string, pairs ...any) (string, error) {
	text, ok := s.says[key]
	if !ok {
		return "", fmt.Errorf("pool: messages: no %q", key)
	}
	for pair := range slices.Chunk(pairs, 2) {
		if len(pair) < 2 {
			return "", fmt.Errorf("pool: messages: %q lacks a value", key)
		}
		text = strings.ReplaceAll(text, fmt.Sprintf("{%v}", pair[0]), fmt.Sprint(pair[1]))
	}
	return text, nil
}

// word says a token of a group ("state", "open") in this language, or as it is where the table has none: then the
// word is marked as one of no known language.
func (s *speech) word(group string, token any) template.HTML {
	name := fmt.Sprint(token)
	if text, ok := s.says[group+"."+name]; ok {
		return template.HTML(template.HTMLEscapeString(text)) //nolint:gosec // escaped
	}
	return own(strings.ReplaceAll(name, "_", " "))
}

// plain is word where no mark can be: in a choice's text.
func (s *speech) plain(group, token string) string {
	if text, ok := s.says[group+"."+token]; ok {
		return text
	}
	return strings.ReplaceAll(token, "_", " ")
}

// own marks members' own words, whose language nobody knows.
func own(text string) template.HTML {
	return template.HTML(`<span lang="" dir="auto">` + template.HTMLEscapeString(text) + `</span>`) //nolint:gosec // escaped
}

// account marks an account's path as own does; it may break behind each of its steps.
func account(name string) template.HTML {
	steps := strings.ReplaceAll(template.HTMLEscapeString(name), "/", "/<wbr>")
	return template.HTML(`<span lang="" dir="auto">` + steps + `</span>`) //nolint:gosec // escaped
}

// languageOf is the language that a browser chose here, or else asks for.
func (s *Site) languageOf(r *http.Request) string {
	if cookie, err := r.Cookie(languageCookie); err == nil && slices.Contains(languages(), cookie.Value) {
		return cookie.Value
	}
	var tags []language.Tag
	for _, name := range languages() {
		tags = append(tags, language.MustParse(name))
	}
	_, i := language.MatchStrings(language.NewMatcher(tags), clip(r.Header.Get("Accept-Language"), 200))
	return languages()[i]
}

// languageCookie keeps the choice of a language for a year.
const languageCookie = "language"

// language keeps a choice, and goes back to the page that it was made on.
func (s *Site) language(v *visit) (page, error) {
	to := v.r.URL.Query().Get("to")
	if !slices.Contains(languages(), to) {
		return page{}, ErrUnknown
	}
	http.SetCookie(v.w, &http.Cookie{ //nolint:gosec // as the other cookie
		Name: languageCookie, Value: to, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, Secure: s.cookies.secure, SameSite: http.SameSiteLaxMode,
	})
	back := v.r.URL.Query().Get("back")
	if back == "" {
		back = "/"
	}
	return page{to: local(back)}, nil
}

// number writes a whole number, grouped.
func (s *speech) number(n any) string { return s.decimal(fmt.Sprint(n)) }

// money writes an amount with all its decimals, and its unit: a community unit by its first name.
func (s *speech) money(m fx.Money) string {
	code := m.Currency.String()
	if unit, _, community := strings.Cut(code, "."); community {
		code = unit
	}
	return s.decimal(m.Text()) + "\u00a0" + code
}

// decimal writes plain decimal text as this language groups and points it.
func (s *speech) decimal(text string) string {
	comma, point, minus := ",", ".", "-"
	if s.language == "fr" {
		comma, point = "\u202f", ","
	}
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, has := strings.Cut(digits, ".")
	size := 3
	var groups []string
	for len(whole) > size {
		groups = append(groups, whole[len(whole)-size:])
		whole = whole[:len(whole)-size]
		if s.language == "hi" {
			size = 2 // thousands, then lakhs and crores
		}
	}
	groups = append(groups, whole)
	slices.Reverse(groups)
	out := strings.Join(groups, comma)
	if has {
		out += point + fraction
	}
	if negative {
		out = minus + out
	}
	return out
}

// date writes a day as people here write it.
func (s *speech) date(t time.Time) string {
	t = t.In(s.zone)
	text, _ := s.say("date", "day", t.Day(), "month", s.says["month."+strconv.Itoa(int(t.Month()))], "year", t.Year())
	return text
}

// moment writes a day and the time of day, with the clock's name.
func (s *speech) moment(t time.Time) string {
	return s.date(t) + ", " + t.In(s.zone).Format("15:04 MST")
}
