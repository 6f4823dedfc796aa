package web_test

import (
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func table(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("messages.yaml")
	require.NoError(t, err)
	var table map[string]map[string]string
	require.NoError(t, yaml.Unmarshal(text, &table))
	return table
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

func TestEveryLanguageHasEveryMessage(t *testing.T) {
	translated := 0
	for key, said := range table(t) {
		names := make([]string, 0, len(said))
		for language, text := range said {
			names = append(names, language)
			assert.Equal(t, strings.TrimSpace(text), text, "%s in %s", key, language)
			assert.NotEmpty(t, text, "%s in %s", key, language)
			want, got := placeholder.FindAllString(said["en"], -1), placeholder.FindAllString(text, -1)
			slices.Sort(want)
			slices.Sort(got)
			assert.Equal(t, want, got, "%s in %s", key, language)
			if language != "en" && text != said["en"] {
				translated++
			}
		}
		slices.Sort(names)
		assert.Equal(t, []string{"en", "fil", "fr", "hi", "sw"}, names, key)
	}
	assert.Greater(t, translated, 3*len(table(t)), "most words differ between languages")
}

// What pages and scripts say by name is in the table, and what is in the table is said.
func TestMessagesAreThoseThatPagesSay(t *testing.T) {
	said := map[string]bool{}
	groups := map[string]bool{"month": true, "language": true, "title": true, "nav": true, "form": true, "device": true, "option": true}
	find := func(text, expression string, into map[string]bool) {
		for _, found := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
			into[found[1]] = true
		}
	}
	for _, folder := range []string{"templates", "assets", "."} {
		require.NoError(t, fs.WalkDir(os.DirFS(folder), ".", func(path string, entry fs.DirEntry, err error) error {
			if entry.IsDir() || (folder == "." && (strings.Contains(path, "/") || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"))) {
				return err
			}
			content, err := os.ReadFile(folder + "/" + path)
			text := string(content)
			find(text, `\bt "([a-z.]+)"`, said)
			find(text, `"(?:help|caption)" "([a-z.]+)"`, said)
			find(text, `words\['([a-z.]+)'\]`, said)
			find(text, `'(device\.[a-z]+)'`, said)
			find(text, `\.say\("([a-z.]+)"`, said)
			find(text, `\bword "([a-z]+)"`, groups)
			return err
		}))
	}
	groups["field"] = true
	all := table(t)
	for _, draft := range drafts() {
		if draft.refused != "" {
			assert.Contains(t, all, "device."+draft.refused)
		}
	}
	for key := range said {
		assert.Contains(t, all, key, "a page says it")
	}
	for key := range all {
		group, _, _ := strings.Cut(key, ".")
		assert.True(t, said[key] || groups[group], "nothing says %s", key)
	}
}

func TestTheLanguageIsChosen(t *testing.T) {
	r := newRig(t)
	for accepted, want := range map[string]string{
		"": "en", "sw": "sw", "sw-KE,en;q=0.5": "sw", "tl": "fil", "fil-PH": "fil", "hi-IN;q=0.9,de": "hi", "fr-CA": "fr", "de": "en",
		strings.Repeat("x-", 5000): "en", "*": "en", ",;q=": "en",
	} {
		v := r.visitor(t)
		v.header.Set("Accept-Language", accepted)
		answer := v.get("/")
		assert.Contains(t, answer.text, `<html lang="`+want+`">`, "%.40s", accepted)
		assert.Equal(t, want, answer.Header.Get("Content-Language"))
	}
	v := r.visitor(t)
	v.header.Set("Accept-Language", "hi")
	answer := v.get("/language?to=sw&back=/join")
	assert.Equal(t, "/join", answer.Request.URL.Path)
	assert.Contains(t, answer.text, `<html lang="sw">`, "a choice counts more")
	assert.Equal(t, http.StatusNotFound, v.get("/language?to=xx").StatusCode)
	assert.Equal(t, r.address[len("http://"):], v.get("/language?to=sw&back=//evil.example").Request.URL.Host)
}
