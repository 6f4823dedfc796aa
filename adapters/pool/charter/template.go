package charter

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/ayni-switch/ayni/fx"
)

//go:embed templates/*.yaml
var templates embed.FS

// Founding is what a template does not know about a pool.
type Founding struct {
	Pool       string      // participant name
	Title      string      // for people
	Currency   fx.Currency // the pool's own money
	Unit       fx.Currency // the community's own unit; templates without need of it do with the zero value
	ShareMinor int64       // what a member usually pays in at a time, of which templates make their amounts; 0 for 1,000 whole units
}

// Templates lists the names of charters to begin with, in alphabetical order.
func Templates() []string {
	entries, err := templates.ReadDir("templates")
	if err != nil {
		panic(err) // it is in the program
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".yaml")
	}
	return names
}

// Template makes a pool's first charter from a template. It passes Check. Errors are *DocumentError and *CheckError.
func Template(name string, founding Founding) (*Charter, error) {
	text, err := TemplateYAML(name, founding)
	if err != nil {
		return nil, err
	}
	c, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	return c, nil
}

// maxShare keeps the largest amounts that templates make inside MaxMinor.
const maxShare = MaxMinor / 10_000

// TemplateYAML makes a pool's first charter as a document, with what a treasurer should know beside each rule, to be
// changed before it is signed. Errors are *DocumentError.
func TemplateYAML(name string, founding Founding) ([]byte, error) {
	if !slices.Contains(Templates(), name) {
		return nil, &DocumentError{Path: "template", Fault: fmt.Sprintf("%.40q is none of %s", name, strings.Join(Templates(), ", "))}
	}
	share, err := founding.share()
	if err != nil {
		return nil, err
	}
	text, err := templates.ReadFile("templates/" + name + ".yaml")
	if err != nil {
		panic(err) // it is in the program
	}
	words := template.FuncMap{
		"quote": strconv.Quote,
		"share": func(n int64) string { return fx.Money{Minor: n * share, Currency: founding.Currency}.Text() },
	}
	var out bytes.Buffer
	if err := template.Must(template.New(name).Funcs(words).Parse(string(text))).Execute(&out, founding); err != nil {
		return nil, &DocumentError{Path: name, Fault: err.Error()}
	}
	return out.Bytes(), nil
}

// share is what a member usually pays in, in minor units.
func (f Founding) share() (int64, error) {
	if f.ShareMinor < 0 || f.ShareMinor > maxShare {
		return 0, &DocumentError{Path: "share", Fault: fmt.Sprintf("it is not between 0 and %d", int64(maxShare))}
	}
	if f.ShareMinor > 0 {
		return f.ShareMinor, nil
	}
	share := int64(1000)
	for range f.Currency.MinorUnits() {
		share *= 10
	}
	return share, nil
}
