package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/adapters/pool/web/webtest"
)

// enter opens the browser's first page as m1, who follows a link of the command line's.
func enter(t *testing.T, r *rig, p *browsertest.Page) {
	t.Helper()
	p.Open(r.site.Link("m1"))
	require.EqualValues(t, http.StatusOK, p.Follow("main button"))
}

// looks are the screens that pages are looked at on.
func looks() (all []browsertest.Look) {
	for _, width := range []int64{320, 390, 1440} {
		for _, dark := range []bool{false, true} {
			all = append(all, browsertest.Look{Width: width, Height: 800, Dark: dark})
		}
	}
	return all
}

// scenes are all pages, each by how one comes to it, with who is there.
func scenes(r *rig) []scene {
	open := func(path string) func(p *browsertest.Page) {
		return func(p *browsertest.Page) { p.Open(r.address + path) }
	}
	var all []scene
	for _, path := range []string{"/", "/report", "/join", "/signin", "/device", "/nothing"} {
		all = append(all, scene{name: "public" + strings.ReplaceAll(path, "/", "-"), come: open(path)})
	}
	all = append(all, scene{name: "link", come: func(p *browsertest.Page) { p.Open(r.site.Link("m1")) }})
	for _, path := range pages() {
		all = append(all, scene{name: "member" + strings.NewReplacer("/", "-", "?before=", "-").Replace(path), member: true, come: open(path)})
	}
	return append(all,
		scene{name: "sign", member: true, come: func(p *browsertest.Page) {
			p.Open(r.address + "/proposals/p1")
			p.Follow("button[value=for]")
		}},
		scene{name: "signature-wrong", member: true, come: func(p *browsertest.Page) {
			p.Open(r.address + "/proposals/p1")
			p.Follow("button[value=for]")
			p.Type("#f-signature", "abc")
			p.Follow("#byhand button")
		}},
		scene{name: "answer-refused", member: true, come: func(p *browsertest.Page) {
			p.Open(r.address + "/proposals/p1")
			p.Follow("button[value=for]")
			p.Type("#f-signature", strings.Repeat("A", 86))
			p.Follow("#byhand button")
		}},
		scene{name: "payout-wrong", member: true, come: func(p *browsertest.Page) {
			p.Open(r.address + "/ask/payout")
			for _, name := range []string{"receiver", "to", "account", "amount", "unit", "reference"} {
				p.Type("#f-"+name, "much")
			}
			p.Type("#f-days", "7")
			p.Follow("form.stack button")
		}},
		scene{name: "invited", member: true, come: func(p *browsertest.Page) {
			p.Open(r.address + "/ask/invite")
			p.Follow("form.stack button")
			p.Type("#f-signature", r.sign(web.SignedPrefix, p.Text("document.getElementById('f-text').value")))
			p.Follow("#byhand button")
		}},
		scene{name: "posting-wrong", member: true, come: func(p *browsertest.Page) {
			p.Open(r.address + "/board/new?kind=offer")
			p.Type("#f-text", "Cooking for a feast")
			p.Type("#f-quantity", "5 hours")
			p.Text("document.getElementById('f-until').value = '2020-01-01'")
			p.Follow("form.stack button")
		}},
	)
}

// scene is a page as somebody comes to it.
type scene struct {
	name   string
	member bool
	come   func(p *browsertest.Page)
}

// Every page fits every screen, has no barrier that a program can find, and gives the browser no reason to complain.
func TestEveryPageOnEveryScreen(t *testing.T) {
	r := newRig(t)
	browser := browsertest.Start(t)
	axe := browsertest.Axe(t)
	member, public := browser.Page(t, looks()[0]), browser.Page(t, looks()[0])
	enter(t, r, member)
	for _, scene := range scenes(r) {
		p := public
		if scene.member {
			p = member
		}
		scene.come(p)
		for _, look := range looks() {
			p.Look(look)
			assert.Empty(t, p.Overflow(), "%s at %s", scene.name, look.Name())
			if look.Width == 320 || look == (browsertest.Look{Width: 1440, Height: 800}) {
				assert.Empty(t, p.Violations(axe), "%s at %s", scene.name, look.Name())
			}
			p.Picture(scene.name)
		}
		for _, complaint := range p.Complaints() {
			assert.Regexp(t, "status of 4(04|22)", complaint, scene.name)
		}
	}
}

// Words are longer in other languages, and pages still fit the smallest screen.
func TestEveryLanguageOnTheSmallestScreen(t *testing.T) {
	r := newRig(t)
	browser := browsertest.Start(t)
	look := browsertest.Look{Width: 320, Height: 640}
	member, public := browser.Page(t, look), browser.Page(t, look)
	enter(t, r, member)
	for _, language := range []string{"sw", "hi", "fil", "fr"} {
		for _, p := range []*browsertest.Page{member, public} {
			p.Open(r.address + "/language?to=" + language)
		}
		for _, scene := range scenes(r) {
			p := public
			if scene.member {
				p = member
			}
			scene.come(p)
			assert.Equal(t, language, p.Text("document.documentElement.lang"))
			assert.Empty(t, p.Overflow(), "%s in %s", scene.name, language)
			if scene.name == "member-home" || scene.name == "sign" || scene.name == "member-turn" {
				p.Picture(fmt.Sprintf("%s-%s", language, scene.name))
			}
		}
	}
}

// A pool that shows nothing says so.
func TestAClosedPoolShowsNothing(t *testing.T) {
	r := newRig(t)
	r.Close()
	p := browsertest.Start(t).Page(t, browsertest.Look{Width: 390, Height: 800})
	p.Open(r.address + "/")
	p.Picture("public-closed")
	text := p.Text("document.body.innerText")
	assert.Contains(t, text, "Not shown to the public")
	assert.NotContains(t, text, "KES")
	assert.NotContains(t, p.Text("document.documentElement.outerHTML"), webtest.Code)
}
