package console

import (
	"context"
	"net/http"
	"strings"

	"github.com/ayni-switch/ayni/ops/auth"
)

// shell is a page with its frame.
type shell struct {
	Title string
	At    string // of the navigation
	Path  string
	Nav   []section
	Tabs  []entry // the four that a phone has at hand
	Who   auth.Principal
	Theme string
	Zone  string
	Token string // of forms
	Data  any
}

// section is a part of the navigation.
type section struct {
	Name    string
	Entries []entry
}

// entry leads to a page.
type entry struct {
	Name, Path, Icon string
	Key              string // pressed after g
	Waiting          int64  // things that wait for somebody there
	staff            bool   // for those who see everything
}

// navigation is every entry of the console.
func navigation() []section {
	return []section{
		{"Money", []entry{
			{Name: "Flow", Path: "/console/flow", Icon: "flow", Key: "f", staff: true},
			{Name: "Transfers", Path: "/console/transfers", Icon: "transfers", Key: "t"},
			{Name: "Participants", Path: "/console/participants", Icon: "participants", Key: "p"},
			{Name: "Batches", Path: "/console/batches", Icon: "batches", Key: "b", staff: true},
			{Name: "Windows", Path: "/console/windows", Icon: "windows", Key: "w", staff: true},
			{Name: "Pools", Path: "/console/pools", Icon: "pools", Key: "o"},
			{Name: "FX", Path: "/console/fx", Icon: "fx", Key: "x", staff: true},
		}},
		{"Work", []entry{
			{Name: "Requests", Path: "/console/requests", Icon: "requests", Key: "r", staff: true},
			{Name: "Rails", Path: "/console/rails", Icon: "rails", Key: "l", staff: true},
			{Name: "Webhooks", Path: "/console/webhooks", Icon: "webhooks", Key: "h"},
		}},
		{"Trust", []entry{
			{Name: "Reconciliation", Path: "/console/reconciliation", Icon: "reconcile", Key: "c", staff: true},
			{Name: "Audit", Path: "/console/audit", Icon: "audit", Key: "a"},
		}},
	}
}

// shell puts a page into its frame, with the navigation that is its reader's.
func (s *Site) shell(ctx context.Context, v *visit, shown view) shell {
	frame := shell{
		Title: shown.title, At: shown.at, Path: v.r.URL.Path, Who: v.who, Theme: v.reader.theme, Zone: v.reader.zone, Data: shown.data,
		Token: auth.FormToken(ctx),
	}
	var waiting []alarm
	if v.who.SeesAll() && v.r.Method == http.MethodGet && shown.name != "trouble" {
		waiting = s.alarms(ctx)
	}
	for _, part := range navigation() {
		seen := section{Name: part.Name}
		for _, e := range part.Entries {
			if !e.staff || v.who.SeesAll() {
				for _, a := range waiting {
					if page, _, _ := strings.Cut(a.Path, "?"); page == e.Path {
						e.Waiting += a.Count
					}
				}
				seen.Entries = append(seen.Entries, e)
			}
		}
		if len(seen.Entries) > 0 {
			frame.Nav = append(frame.Nav, seen)
		}
	}
	frame.Tabs = atHand(frame.Nav)
	return frame
}

// atHand picks what a phone shows at the foot.
func atHand(nav []section) (tabs []entry) {
	const most = 4
	first := []string{"Flow", "Transfers", "Participants", "Requests", "Audit", "Pools"}
	for _, name := range first {
		for _, part := range nav {
			for _, e := range part.Entries {
				if e.Name == name && len(tabs) < most {
					tabs = append(tabs, e)
				}
			}
		}
	}
	return tabs
}
