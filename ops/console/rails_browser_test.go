package console_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
)

// repairARail: a rail hangs, two people find out what became of a payout that nobody knows the end of, and it is paid;
// and two people suspend a participant, whose next intent the switch refuses.
func repairARail(m *market) {
	t := m.t
	t.Helper()
	axe := browsertest.Axe(t)
	asker, decider := m.enters("Asha"), m.enters("Baraka")
	see := func(p *browsertest.Page, name string) {
		t.Helper()
		for _, look := range looks() {
			p.Look(look)
			assert.Empty(t, p.Overflow(), "%s at %s", name, look.Name())
			assert.Empty(t, p.Violations(axe), "%s at %s", name, look.Name())
			p.Picture(name)
		}
		p.Look(looks()[0])
	}
	decide := func(at, reason string) {
		t.Helper()
		decider.Open(m.origin + at)
		decider.Type("#f-reason", reason)
		require.EqualValues(t, http.StatusOK, decider.Follow("button[value=approve]"))
		require.Eventually(t, func() bool {
			decider.Open(m.origin + at)
			return strings.Contains(decider.Text("document.querySelector('.story').innerText"), "Done")
		}, marketPatience, 200*time.Millisecond)
	}
	asks := func(reason string) (at string) {
		t.Helper()
		asker.Type("#f-reason", reason)
		require.EqualValues(t, http.StatusOK, asker.Follow("form.form .button"))
		require.EqualValues(t, http.StatusOK, asker.Follow("form.form button.button"))
		return asker.Text("location.pathname")
	}
	shows := func(path, text string) {
		t.Helper()
		require.Eventually(t, func() bool {
			asker.Open(m.origin + path)
			return strings.Contains(asker.Text("document.querySelector('main').innerText"), text)
		}, marketPatience, 200*time.Millisecond, "%s shows %s", path, text)
	}
	const rails, rail = "/console/rails", "/console/rails/gcash-ph"

	breaks(t, asker, "gcash-ph", `{"late_visible_pct":100,"late_visible_ms":600000,"lost_callback_pct":100}`)
	m.pays("R0")
	missing := m.awaits("R0", "cleared").Transfer + "P"
	shows(rail+"/operations/"+missing, "It was not paid")
	see(asker, "operation-missing")
	require.EqualValues(t, http.StatusOK, asker.Follow(`a[href*="ended=failed"]`))
	asker.Type("#f-evidence", "the desk looked: no such payout")
	decide(asks("the desk confirmed by letter"), "read the letter")
	require.Equal(t, "returned", m.awaits("R0", "paid", "returned").State)

	breaks(t, asker, "gcash-ph", `{"outage":"hang"}`)
	m.pays("R1")
	unknown := m.awaits("R1", "cleared").Transfer + "P"
	shows(rail, "breaker open")
	shows(rail, unknown)
	see(asker, "rail-hangs")
	asker.Open(m.origin + rails)
	see(asker, "rails-one-hangs")
	require.EqualValues(t, http.StatusOK, asker.Follow(`a.row-link[href="`+rail+`"]`))
	require.EqualValues(t, http.StatusOK, asker.Follow(`a[href="`+rail+`/operations/`+unknown+`"]`))
	require.Contains(t, asker.Text("document.body.innerText"), "Nobody can say yet that it was not paid")
	see(asker, "operation-unknown")
	require.EqualValues(t, http.StatusOK, asker.Follow(`a[href*="ended=paid"]`))
	asker.Type("#f-rail_ref", "GC-77")
	asker.Type("#f-evidence", "statement of today, line 7")
	at := asks("the customer has it")
	asker.Open(m.origin + rail + "/operations/" + unknown)
	see(asker, "operation-asked")
	decide(at, "saw the line")
	require.Equal(t, "paid", m.awaits("R1", "paid", "return_pending", "returned").State)
	shows(rail+"/operations/"+unknown, "It has ended: settled")
	see(asker, "operation-ended")

	breaks(t, asker, "gcash-ph", `{}`)

	asker.Open(m.origin + rail)
	require.EqualValues(t, http.StatusOK, asker.Follow(`a[href^="/console/ask/suspend"]`))
	decide(asks("the licence ended"), "agreed by phone")
	shows(rail, "suspended")
	see(asker, "rail-suspended")
	m.pays("R2")
	refused := m.awaits("R2", "rejected", "queued", "cleared", "paid")
	require.Equal(t, "rejected", refused.State)
	asker.Open(m.origin + "/console/transfers?text=" + refused.Intent)
	require.Contains(t, asker.Text("document.querySelector('main').innerText"), "suspended")
	asker.Open(m.origin + "/console/participants/gcash-ph")
	require.EqualValues(t, http.StatusOK, asker.Follow(`a[href^="/console/ask/resume"]`))
	decide(asks("it was renewed"), "saw the paper")
	m.pays("R3")
	m.awaits("R3", "paid")
}
