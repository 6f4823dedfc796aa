package people_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/people"
)

// A real browser obeys the policy, keeps the cookies and sends the forms; and the pages are easy to use.
func TestSigningInInABrowser(t *testing.T) {
	r, browser := newRig(t), browsertest.Start(t)
	link, err := people.MakeLink(t.Context(), r.keeper, r.origin, auth.Principal{Subject: "local w", Name: "Wanjiku", Roles: []auth.Role{auth.Operator}})
	require.NoError(t, err)
	p := browser.Page(t, browsertest.Look{Width: 390, Height: 800})
	p.Open(r.origin + "/console/flow")
	require.Contains(t, p.Text("location.pathname + location.search"), "/auth/sign-in?return_to=")
	p.Open(link)
	require.EqualValues(t, http.StatusNotFound, p.Follow("button"), "the rig has no start page")
	require.EqualValues(t, http.StatusOK, p.Open(r.origin+"/console/flow"))
	require.Contains(t, p.Text("document.body.innerText"), "flow for Wanjiku")

	axe := browsertest.Axe(t)
	for _, look := range []browsertest.Look{
		{Width: 390, Height: 800}, {Width: 390, Height: 800, Dark: true}, {Width: 1440, Height: 900}, {Width: 1440, Height: 900, Dark: true},
	} {
		for name, at := range map[string]string{"choose": auth.SignInPath, "link": "/auth/link?code=x", "refused": "/auth/callback?code=x"} {
			p := browser.Page(t, look)
			p.Open(r.origin + at)
			p.Picture("auth-" + name)
			assert.Empty(t, p.Violations(axe), "%s at %s", name, look.Name())
			assert.Empty(t, p.Overflow(), "%s at %s", name, look.Name())
			if name != "refused" { // the browser complains of every 403
				assert.Empty(t, p.Complaints(), "%s at %s", name, look.Name())
			}
		}
	}
}
