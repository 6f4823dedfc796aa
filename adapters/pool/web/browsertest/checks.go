package browsertest

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// packages name the accessibility checker and its hash. The checker itself is fetched by who tests.
//
//go:embed axe/package.json axe/package-lock.json axe/.npmrc
var packages embed.FS

// Axe fetches the accessibility checker, and skips the test where that cannot be.
func Axe(t *testing.T) (script string) {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		t.Skip("NOT TESTED: accessibility needs npm to fetch axe-core, and npm is not installed")
	}
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc"} {
		content, err := packages.ReadFile("axe/" + name)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	cmd := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: accessibility, because axe-core could not be fetched: %v\n%s", err, said)
	}
	content, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	require.NoError(t, err)
	return string(content)
}

// Violation is one thing that makes a page hard to use for somebody.
type Violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Where string `json:"where"`
}

// Violations are those that the checker finds on the page that is open.
func (p *Page) Violations(axe string) (found []Violation) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if p.Text("typeof axe") == "undefined" {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](axe+"\n;undefined"))
		require.NoError(p.t, err)
	}
	p.JSON(`axe.run(document, {resultTypes: ['violations']}).then((r) => r.violations.map((v) => ({id: v.id, help: v.help,
		where: v.nodes.map((n) => n.html + ' ' + (n.any.concat(n.all, n.none).map((c) => c.message).join('; '))).join('\n')})))`, &found)
	return found
}

// Overflow names what is wider than the page, "" where nothing is.
func (p *Page) Overflow() string {
	p.t.Helper()
	return p.Text(`(() => {
		const room = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= room) return '';
		const wide = Array.from(document.body.querySelectorAll('*')).filter((e) => e.getBoundingClientRect().right > room + 1);
		return 'the page is ' + document.documentElement.scrollWidth + ' wide: ' + wide.map((e) => e.outerHTML.slice(0, 120)).slice(0, 5).join(' | ');
	})()`)
}

// Focused describes what has the focus: its tag, and its own text, label or name.
func (p *Page) Focused() string {
	p.t.Helper()
	return p.Text(`(() => {
		const e = document.activeElement;
		return e.tagName.toLowerCase() + ' ' + (e.labels?.[0]?.innerText || e.innerText || e.name || '').trim().replace(/\s+/g, ' ').slice(0, 60);
	})()`)
}

// TabTo moves the focus on until it is on what is described, and fails where the keyboard does not reach it.
func (p *Page) TabTo(described string) {
	p.t.Helper()
	const most = 80
	seen := make([]string, 0, most)
	for range most {
		p.Tab()
		focused := p.Focused()
		if focused == described {
			require.Equal(p.t, "seen", p.Text(`(() => {
				const style = getComputedStyle(document.activeElement);
				return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 1 ? 'seen' : 'unseen';
			})()`), "the focus on %s", described)
			return
		}
		seen = append(seen, focused)
	}
	require.Fail(p.t, fmt.Sprintf("the keyboard does not reach %q", described), "%q", seen)
}
