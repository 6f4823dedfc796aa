package console_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/auth/machines"
)

// looks are the screens that pages are looked at on: each width and each theme once; for pictures, all of them.
func looks() []browsertest.Look {
	all := []browsertest.Look{{Width: 1440, Height: 900}, {Width: 390, Height: 900, Dark: true}}
	if os.Getenv("AYNI_SCREENSHOTS") != "" {
		all = append(all, browsertest.Look{Width: 1440, Height: 900, Dark: true}, browsertest.Look{Width: 390, Height: 900})
	}
	return all
}

// Every page fits every screen, has no barrier that a program can find, and gives the browser no reason to complain;
// and an operator and an approver change a cap with it.
func TestConsoleInABrowser(t *testing.T) {
	browser := browsertest.Start(t)
	axe := browsertest.Axe(t)
	r := played(t)
	require.NoError(t, machines.Make(t.Context(), r.keeper, "kiosk", []auth.Role{auth.Participant}, "mpesa-ke", "test"))
	_, err := machines.NewSecret(t.Context(), r.keeper, "kiosk", "test")
	require.NoError(t, err)
	operator, approver := r.as(t, auth.Operator, ""), r.as(t, auth.Approver, "")
	asker, decider := browser.Page(t, looks()[0]), browser.Page(t, looks()[0])

	asker.Open(operator + "/console/participants/mpesa-ke")
	require.EqualValues(t, http.StatusOK, asker.Follow(`a[href^="/console/ask/credit_line"]`))
	asker.Type("#f-amount", "7500.00")
	asker.Type("#f-reason", "the season")
	require.EqualValues(t, http.StatusOK, asker.Follow("form.form .button"))
	asker.Picture("sure")
	require.Contains(t, asker.Text("document.querySelector('.changes').innerText"), "credit line")
	require.Empty(t, asker.Violations(axe))
	require.Contains(t, asker.Text("document.querySelector('.will').innerText"), "7500.00 KES")
	require.EqualValues(t, http.StatusOK, asker.Follow("form.form button.button"))
	at := asker.Text("location.pathname")
	require.Contains(t, asker.Text("document.body.innerText"), "other than you decides")
	decider.Open(approver + at)
	require.Contains(t, decider.Text("document.querySelector('.changes').innerText"), "credit line")
	decider.Picture("request-open")
	decider.Type("#f-reason", "agreed by phone")
	require.EqualValues(t, http.StatusOK, decider.Follow("button[value=approve]"))
	require.Contains(t, decider.Text("document.body.innerText"), "agreed by phone")

	well, away := r.told(t)
	findAndFollow(t, decider, approver, transferOf(t, r, true))
	all := pages(transferOf(t, r, true), at)
	all["webhook"], all["webhook-failing"] = "/console/webhooks/"+inPath(well.ID), "/console/webhooks/"+inPath(away.ID)
	for name, path := range all {
		asker.Look(looks()[0])
		asker.Open(operator + path)
		if name == "flow" {
			asker.Wait("document.querySelector('[data-live]').dataset.state === 'live' && document.querySelectorAll('.uplot').length === 2")
		}
		for _, look := range looks() {
			asker.Look(look)
			assert.Empty(t, asker.Overflow(), "%s at %s", name, look.Name())
			if (look.Width == 390) == look.Dark {
				assert.Empty(t, asker.Violations(axe), "%s at %s", name, look.Name())
			}
			asker.Picture(name)
		}
		for _, complaint := range asker.Complaints() {
			assert.True(t, name == "missing" && strings.Contains(complaint, "404"), "%s: %s", name, complaint)
		}
	}
}

// pages are all of them, by name.
func pages(transfer, request string) map[string]string {
	return map[string]string{
		"flow": "/console/flow", "transfers": "/console/transfers", "transfer": "/console/transfers/" + transfer, "proof": "/console/transfers/" + transfer + "/proof", "participants": "/console/participants",
		"participant": "/console/participants/mpesa-ke", "batches": "/console/batches", "batch": "/console/batches/20", "windows": "/console/windows",
		"window": "/console/windows/1", "fx": "/console/fx", "requests": "/console/requests", "request": request, "rails": "/console/rails",
		"reconciliation": "/console/reconciliation", "audit": "/console/audit", "webhooks": "/console/webhooks", "ask": "/console/ask/fund?participant=mpesa-ke&currency=KES", "askable": "/console/ask",
		"ask-add": "/console/ask/add", "ask-rates": "/console/ask/rates", "statement": "/console/participants/mpesa-ke/statement?from=2020-01-01",
		"revoke": "/console/machines/kiosk/revoke", "sorted": "/console/participants?sort=-used", "missing": "/console/nothing",
	}
}

// findAndFollow finds a transfer by its id with the keyboard, and follows it to its proof.
func findAndFollow(t *testing.T, p *browsertest.Page, address, id string) {
	t.Helper()
	p.Open(address + "/console/participants")
	p.Press("g")
	require.EqualValues(t, http.StatusOK, p.Away("t"))
	require.Equal(t, "/console/transfers", p.Text("location.pathname"))
	p.Press("/")
	p.Wait("document.activeElement.id === 'f-text'")
	p.Text("document.activeElement.value = ''") // the driver types the slash, which a keyboard does not
	p.Press(id)
	p.Press("\r")
	p.Wait("document.querySelectorAll('#results tbody tr').length === 1")
	require.Contains(t, p.Text("location.search"), id, "the filter is in the address")
	require.EqualValues(t, http.StatusOK, p.Follow("a.row-link"))
	require.EqualValues(t, http.StatusOK, p.Follow(`a[href$="/proof"]`))
	require.Contains(t, p.Text("document.body.innerText"), "ayni audit check-receipt receipt-"+id)
	p.Open(address + "/console/batches")
	require.Contains(t, p.Text("document.querySelector('.side a[data-key=t]').href"), id, "filters stick")
}
