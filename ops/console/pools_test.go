package console_test

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/ops/auth"
)

// seePools reads the day's pools as they show themselves: to somebody who settles as to who runs the switch, and to a
// pool with the way to its own things.
func seePools(t *testing.T, r *rig) {
	t.Helper()
	for _, who := range []struct {
		role        auth.Role
		participant string
		own         bool
	}{{auth.Operator, "", true}, {auth.Auditor, "", true}, {auth.Participant, "mpesa-ke", false}, {auth.Pool, "chama-nairobi", true}} {
		page := r.get(who.role, who.participant, "/console/pools").Body.String()
		for _, part := range []string{"paluwagan-manila", "flood in manila", "Umoja Chama", "3,000.00", "Federation"} {
			require.Contains(t, page, part, "to a %s", who.role)
		}
		require.NotContains(t, page, "Wanjiku", "members are nobody's business")
		one := r.get(who.role, who.participant, "/console/pools/chama-nairobi").Body.String()
		require.Contains(t, one, "chama-nairobi/log")
		assert.Equal(t, who.own, strings.Contains(one, "At the switch"), "to a %s", who.role)
		assert.Equal(t, who.own, strings.Contains(one, "curl http://127.0.0.1"), "where its node is, to a %s", who.role)
	}
	filtered := r.get(auth.Auditor, "", "/console/pools?shows=balance&name=london").Body.String()
	assert.Contains(t, filtered, `href="/console/pools/diaspora-london"`)
	assert.Equal(t, 1, strings.Count(filtered, `<a class="row-link"`))
	assert.Contains(t, r.get(auth.Auditor, "", "/console/pools?name=nobody").Body.String(), "No pool matches")
	for _, hostile := range []string{"state=%3Cscript%3E", "name=" + strings.Repeat("a", 5000), "shows=%00"} {
		w := r.get(auth.Auditor, "", "/console/pools?"+hostile)
		require.Equal(t, http.StatusOK, w.Code)
		require.NotContains(t, w.Body.String(), "<script>")
	}
	require.Equal(t, http.StatusNotFound, r.get(auth.Operator, "", "/console/pools/mpesa-ke").Code)
	for path, status := range map[string]int{"chama-nairobi/look": http.StatusSeeOther, "nobody/look": http.StatusNotFound} {
		require.Equal(t, status, r.post(auth.Operator, "/console/pools/"+path).Code, path)
	}
	require.Equal(t, http.StatusNotFound, r.send(httptest.NewRequest(http.MethodPost, "/console/pools/chama-nairobi/look", http.NoBody), auth.Pool, "stokvel-joburg").Code)
	file := r.get(auth.Auditor, "", "/console/pools?format=csv")
	rows, err := csv.NewReader(file.Body).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 6)
}

// Filters stick, the picture says what it shows, and the board leads to who declared.
func TestPoolsInABrowser(t *testing.T) {
	browser := browsertest.Start(t)
	axe := browsertest.Axe(t)
	r := played(t)
	address := r.as(t, auth.Pool, "chama-nairobi")
	p := browser.Page(t, looks()[0])
	p.Open(address + "/console/pools")
	p.Type("#f-name", "london")
	p.Wait("document.querySelectorAll('#results tbody tr').length === 1")
	p.Wait("location.search.includes('london')")
	require.EqualValues(t, http.StatusOK, p.Follow("a.row-link"))
	require.Contains(t, p.Text("document.body.innerText"), "Bayanihan London")
	require.Contains(t, p.Text("document.querySelector('.side a[data-key=o]').href"), "london", "filters stick")
	p.Open(address + "/console/pools/chama-nairobi")
	require.EqualValues(t, http.StatusOK, p.Follow("form[action$='/look'] button"))
	require.Equal(t, "/console/pools/chama-nairobi", p.Text("location.pathname"))
	p.Open(address + "/console/pools")
	require.EqualValues(t, http.StatusOK, p.Follow(".board header a"))
	require.Contains(t, p.Text("document.body.innerText"), "Paluwagan ng Tondo")
	for name, path := range map[string]string{
		"pools": "/console/pools", "pool": "/console/pools/chama-nairobi", "pool-funds": "/console/pools/diaspora-london", "pool-emergency": "/console/pools/paluwagan-manila",
		"pools-none": "/console/pools?name=nobody",
	} {
		p.Look(looks()[0])
		p.Open(address + path)
		for _, look := range looks() {
			p.Look(look)
			assert.Empty(t, p.Overflow(), "%s at %s", name, look.Name())
			assert.Empty(t, p.Violations(axe), "%s at %s", name, look.Name())
			p.Picture(name)
		}
	}
	assert.Empty(t, p.Complaints())
}
