// Package browsertest tries pages in a real browser: Chromium, where one is installed. It knows nothing of the pages.
package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// patience bounds everything that a page is waited for.
const patience = 30 * time.Second

// Browser is a running browser.
type Browser struct {
	ctx  context.Context
	shot string // the folder of pictures, "" for none
}

// Start starts a browser for a test, and skips the test where none is installed. Pictures go into the folder that
// AYNI_SCREENSHOTS names; without it none are taken.
func Start(t *testing.T) *Browser {
	t.Helper()
	path := find()
	if path == "" {
		t.Skip("NOT TESTED: pages in a browser need chromium, which is not installed")
	}
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath(path), chromedp.Flag("disable-gpu", true))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // root has none
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	require.NoError(t, chromedp.Do(ctx), "start of %s", path)
	shot := os.Getenv("AYNI_SCREENSHOTS")
	if shot != "" {
		require.NoError(t, os.MkdirAll(shot, 0o750)) //nolint:gosec // the tester's own folder
	}
	return &Browser{ctx: ctx, shot: shot}
}

func find() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// Look is how somebody looks at a page.
type Look struct {
	Width, Height int64
	Dark          bool
	NoScript      bool
}

// Name names the look, for pictures.
func (l Look) Name() string {
	name := fmt.Sprintf("%d-light", l.Width)
	if l.Dark {
		name = fmt.Sprintf("%d-dark", l.Width)
	}
	if l.NoScript {
		name += "-noscript"
	}
	return name
}

// Page is a tab of somebody who shares nothing with the others.
type Page struct {
	t    *testing.T
	ctx  context.Context
	shot string
	look Look

	mu         sync.Mutex
	complaints []string
}

// Page opens an empty tab.
func (b *Browser) Page(t *testing.T, look Look) *Page {
	t.Helper()
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	p := &Page{t: t, ctx: ctx, shot: b.shot, look: look}
	require.NoError(t, chromedp.Listen(ctx, p.hear))
	p.Look(look)
	return p
}

// Look looks at what follows, and at the page that is open, in another way.
func (p *Page) Look(look Look) {
	p.t.Helper()
	scheme := "light"
	if look.Dark {
		scheme = "dark"
	}
	p.look = look
	p.do(chromedp.EmulateViewport(look.Width, look.Height), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: look.NoScript})
		return err
	}))
}

// hear keeps what the browser complains about: errors of scripts, files that are missing, policies that are broken.
func (p *Page) hear(event any) {
	var text string
	switch event := event.(type) {
	case *log.EventEntryAdded:
		if event.Entry.Level == log.EntryLevelError {
			text = event.Entry.Text + " " + event.Entry.URL
		}
	case *runtime.EventExceptionThrown:
		text = event.ExceptionDetails.Text
		if event.ExceptionDetails.Exception != nil {
			text += " " + event.ExceptionDetails.Exception.Description
		}
	}
	if text != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.complaints = append(p.complaints, text)
	}
}

// Complaints are what the browser complained about since the last time.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.complaints
	p.complaints = nil
	return all
}

func (p *Page) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	require.NoError(p.t, chromedp.Do(ctx, steps...))
}

// Open goes to an address, and gives the answer's status.
func (p *Page) Open(address string) int64 {
	p.t.Helper()
	return p.loads(chromedp.Navigate(address))
}

// Follow clicks on what loads another page, and gives the answer's status.
func (p *Page) Follow(selector string) int64 {
	p.t.Helper()
	return p.loads(chromedp.Click(chromedp.CSS(selector)))
}

func (p *Page) loads(step chromedp.Action[chromedp.Void]) int64 {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, step)
	require.NoError(p.t, err)
	return response.Status
}

// Click clicks on what loads nothing.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// Type types into a field.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	p.do(chromedp.SendKeys(chromedp.CSS(selector), text))
}

// Wait waits until an expression of the page's is true.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Poll[chromedp.Void](expression))
	require.NoError(p.t, err, "waiting for %s", expression)
}

// Tab moves the focus on, as the key does.
func (p *Page) Tab() {
	p.t.Helper()
	p.do(chromedp.KeyEvent(kb.Tab))
}

// Press types keys where the focus is.
func (p *Page) Press(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// Enter presses the key where it loads another page, and gives the answer's status.
func (p *Page) Enter() int64 {
	p.t.Helper()
	return p.Away(kb.Enter)
}

// Away presses keys that load another page, and gives the answer's status.
func (p *Page) Away(keys string) int64 {
	p.t.Helper()
	return p.loads(chromedp.KeyEvent(keys))
}

// Text is what an expression of the page's gives: a text.
func (p *Page) Text(expression string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, expression)
	return text
}

// JSON reads what an expression of the page's gives into a value.
func (p *Page) JSON(expression string, into any) {
	p.t.Helper()
	text := p.Text("(async () => JSON.stringify(await (" + expression + ")))()")
	require.NoError(p.t, json.Unmarshal([]byte(text), into), text)
}

// Heap is what the page's scripts hold, in bytes, after the browser collected what nothing holds.
func (p *Page) Heap() int64 {
	p.t.Helper()
	var used float64
	p.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
			return err
		}
		usage, err := cdp.Call(ctx, tab, runtime.GetHeapUsage, cdp.Empty{})
		used = usage.UsedSize
		return err
	}))
	return int64(used)
}

// Picture takes a picture of the whole page.
func (p *Page) Picture(name string) {
	p.t.Helper()
	if p.shot == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	content, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	require.NoError(p.t, err)
	require.NoError(p.t, os.WriteFile(filepath.Join(p.shot, name+"-"+p.look.Name()+".png"), content, 0o600))
}
