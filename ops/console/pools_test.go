package console_test

import (
	"encoding/csv"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/authtest"
	"github.com/ayni-switch/ayni/ops/console"
	"github.com/ayni-switch/ayni/ops/live"
	"github.com/ayni-switch/ayni/ops/pool"
	"github.com/ayni-switch/ayni/ops/pools"
	"github.com/ayni-switch/ayni/ops/pools/poolstest"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
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

// seeStates looks at the pages of pools that show everything, of one that is not heard, of one that does not answer, and
// of one that signed two histories.
func seeStates(t *testing.T, r *rig) {
	t.Helper()
	rules := decidetest.Rules()
	rules.Visibility = nil
	for _, section := range charter.Sections() {
		rules.Visibility = append(rules.Visibility, charter.Visible{Section: section, To: []charter.Audience{charter.Members, charter.Public}})
	}
	village := pooltest.Found(t, pgtest.New(t), rules, 2)
	village.Done("m2", "post", decide.Posting{
		Kind: board.Need, Category: "childcare", Urgency: 2, Quantity: 3, Unit: board.Hour, Until: time.Now().Add(72 * time.Hour).UTC().Truncate(time.Second),
	})
	open := poolstest.Node(t, &pool.Home{Node: village.Node, Name: rules.Pool, Account: village.Config.Account, Store: village.Config.Store, Public: village.Config.Public})
	gone := func(name string) pools.Known {
		_, key, err := diary.GenerateKey(name)
		require.NoError(t, err)
		return pools.Known{Participant: name, Address: "http://127.0.0.1:1", LogKey: key}
	}
	unheard, silent, split := gone("pool-unheard"), gone("pool-silent"), gone("pool-split")
	memory := poolstest.Memory(t, pgtest.New(t))
	_, err := memory.See(t.Context(), split.Participant, split.LogKey, pools.Seen{Size: 4, Root: "a", Note: "one", Public: true})
	require.NoError(t, err)
	require.NoError(t, memory.Split(t.Context(), split.Participant, split.LogKey, "another"))
	d := poolstest.Directory(t, memory, open, unheard, silent, split)
	for _, k := range []pools.Known{open, silent, split} {
		require.NoError(t, d.Look(t.Context(), k.Participant))
	}
	again := &rig{books: r.books, guard: authtest.NewGuard(t), mux: http.NewServeMux()}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	site, err := console.New(console.Config{
		Guard: again.guard, Books: r.books, Pulses: live.Pulses(r.books, time.Now, log), Desk: console.LedgerDesk{Books: r.books}, Pools: d, Now: time.Now, Log: log,
		Evidence: r.evidence, Papers: console.LedgerPapers{Books: r.books}, Machines: r.keeper, Webhooks: r.hooks,
	})
	require.NoError(t, err)
	site.Mount(again.mux)
	for name, says := range map[string][]string{
		open.Participant: {"childcare", "<dt>Members</dt>", "Needs and offers"}, unheard.Participant: {"Not heard yet"},
		silent.Participant: {"does not answer", "127.0.0.1:1"}, split.Participant: {"two histories"},
	} {
		page := again.get(auth.Operator, "", "/console/pools/"+name)
		require.Equal(t, http.StatusOK, page.Code, name)
		for _, part := range says {
			assert.Contains(t, page.Body.String(), part, name)
		}
	}
	whole := again.get(auth.Operator, "", "/console/pools").Body.String()
	assert.Equal(t, 4, strings.Count(whole, `<a class="row-link"`))
	theirs := again.get(auth.Participant, "mpesa-ke", "/console/pools").Body.String()
	assert.Equal(t, 2, strings.Count(theirs, `<a class="row-link"`), "what shows something, and the warning")
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
