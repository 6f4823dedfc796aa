package console_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// On one switch that runs, with adapters, sandboxes and pools around it, people come in by their links, and what each does in
// a browser happens.
func TestPeopleAtARunningSwitch(t *testing.T) {
	m := opened(t)
	for _, happens := range []func(*market){auditADay, changeACap, repairARail, closeAWindow} {
		happens(m)
	}
}

// auditADay: an auditor watches money move, finds a transfer, follows it to its proof, and verifies the log.
func auditADay(m *market) {
	m.t.Helper()
	chao := m.enters("Chao")
	chao.Open(m.origin + "/console/flow")
	const paid = `Number([...document.querySelectorAll('#flow-now dt')].find((d) => d.innerText === 'Paid out').parentElement.innerText.match(/([0-9,]+) today/)[1].replaceAll(',', ''))`
	chao.Wait("document.querySelector('[data-live]').dataset.state === 'live'")
	var before int
	chao.JSON(paid, &before)
	m.pays("WATCHED")
	watched := m.awaits("WATCHED", "paid")
	chao.Wait(fmt.Sprintf("%s > %d", paid, before)) // by itself, and not because somebody looked again
	chao.Picture("flow-watched")

	chao.Press("g")
	require.EqualValues(m.t, http.StatusOK, chao.Away("t"))
	chao.Type("#f-text", watched.Intent)
	chao.Press("\r")
	chao.Wait("document.querySelectorAll('#results tbody tr').length === 1")
	require.EqualValues(m.t, http.StatusOK, chao.Follow("a.row-link"))
	require.True(m.t, strings.HasSuffix(chao.Text("location.pathname"), watched.Transfer))
	require.EqualValues(m.t, http.StatusOK, chao.Follow(`a[href$="/proof"]`))
	require.EqualValues(m.t, http.StatusOK, chao.Follow(`a[href^="/console/audit?transfer="]`))
	chao.Wait("document.querySelector('[data-log]').dataset.state === 'ready'")
	state, said := verifies(chao, "#verify-receipt", "#receipt-found")
	require.Equal(m.t, "good", state, said)
	require.Contains(m.t, said, "Transfer "+watched.Transfer)
	state, said = verifies(chao, "#verify-log", "#log-found")
	require.Equal(m.t, "good", state, said)
	require.Contains(m.t, said, "root matches, signature by ")
	require.Empty(m.t, chao.Complaints())
}
