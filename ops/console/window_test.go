package console_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// closeAWindow: two people close the window that is open, and see it settled.
func closeAWindow(m *market) {
	t, origin := m.t, m.origin
	t.Helper()
	asha, baraka := m.enters("Asha"), m.enters("Baraka")
	asha.Complaints() // of what came before, which others have looked at
	baraka.Complaints()

	asha.Open(origin + "/console/windows")
	require.EqualValues(t, http.StatusOK, asha.Follow("tbody a.row-link"))
	window := asha.Text("location.pathname")
	require.Contains(t, asha.Text("document.body.innerText"), "Positions so far")
	asha.Picture("window-open")
	require.EqualValues(t, http.StatusOK, asha.Follow(`a[href^="/console/ask/close_window"]`))
	asha.Type("#f-reason", "the day is over")
	require.EqualValues(t, http.StatusOK, asha.Follow("form.form .button"))
	asha.Picture("window-sure")
	require.EqualValues(t, http.StatusOK, asha.Follow("form.form button.button"))
	request := asha.Text("location.pathname")

	baraka.Open(origin + request)
	baraka.Type("#f-reason", "all have reported")
	require.EqualValues(t, http.StatusOK, baraka.Follow("button[value=approve]"))
	require.Eventually(t, func() bool {
		asha.Open(origin + window)
		return asha.Text("document.querySelector('.head .badge').innerText") == "settled"
	}, time.Minute, 200*time.Millisecond, "the window settles")
	require.Contains(t, asha.Text("document.querySelector('#h-life').closest('section').innerText"), "closed")
	require.NotContains(t, asha.Text("document.body.innerText"), "Close the window", "it is closed")
	asha.Picture("window-settled")
	require.Eventually(t, func() bool {
		asha.Open(origin + request)
		return asha.Text("document.querySelector('.head .badge').innerText") == "done"
	}, time.Minute, 200*time.Millisecond, "the request is done")
	asha.Open(origin + "/console/windows")
	require.Equal(t, "open", asha.Text("document.querySelector('tbody .badge').innerText"), "the next one is open")
	require.Empty(t, asha.Complaints())
	require.Empty(t, baraka.Complaints())
}

// What a window's page hands out is what its participants are told: papers that read, of its own nets.
func papersOfAWindow(t *testing.T, r *rig) {
	t.Helper()
	story, err := r.books.WindowStory(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, settlement.WindowSettled, story.State)
	page := r.get(auth.Auditor, "", "/console/windows/1").Body.String()
	obligations := 0
	for _, net := range story.Nets {
		if net.Kind != ledger.Position {
			continue
		}
		at := "/console/windows/1/paper?participant=" + net.Owner + "&currency=" + net.Currency.String() + "&format="
		for _, format := range []string{"pacs.009", "camt.052"} {
			w := r.get(auth.Auditor, "", at+format)
			if format == "pacs.009" && net.NetMinor == 0 {
				require.Equal(t, http.StatusConflict, w.Code)
				continue
			}
			require.Equal(t, http.StatusOK, w.Code, "%s%s: %s", at, format, w.Body)
			require.Contains(t, w.Header().Get("Content-Disposition"), format+".xml")
			require.Contains(t, w.Body.String(), net.Owner)
			require.NoError(t, wellFormed(w.Body))
			if format == "pacs.009" {
				obligations++
				require.Contains(t, page, strings.ReplaceAll(at+format, "&", "&amp;"))
			}
		}
		csv := r.get(auth.Auditor, "", at+"csv")
		require.Equal(t, "text/csv; charset=utf-8", csv.Header().Get("Content-Type"))
		require.Equal(t, http.StatusConflict, r.get(auth.Auditor, "", at+"camt.053").Code, "the day is not over")
	}
	require.Greater(t, obligations, 5)
	for _, query := range []string{"", "?participant=mpesa-ke&currency=KES&format=doc", "?participant=nobody&currency=KES&format=csv", "?participant=mpesa-ke&currency=XXXX9&format=csv"} {
		require.Equal(t, http.StatusNotFound, r.get(auth.Auditor, "", "/console/windows/1/paper"+query).Code, query)
	}
}

// settlingIsAsked says what will be booked of what the agent did, and of what a defaulter brought later.
func settlingIsAsked(t *testing.T, r *rig) {
	t.Helper()
	moved := []string{"instruction", settlement.InstructionID(3).String(), "currency", "KES", "amount", "120.00", "did", "moved", "evidence", "AGENT-7", "reason", "its statement"}
	for kind, form := range map[string]struct {
		says   string
		fields []string
	}{
		"instruction_result": {"moved 120.00 KES for instruction " + settlement.InstructionID(3).String() + ", under AGENT-7", moved},
		"recover":            {"55.50 KES that mpesa-ke brought later", []string{"participant", "mpesa-ke", "currency", "KES", "brought", "55.50", "evidence", "AGENT-8", "reason", "it came"}},
	} {
		require.Equal(t, http.StatusOK, r.get(auth.Operator, "", "/console/ask/"+kind).Code)
		w := r.post(auth.Operator, "/console/ask/"+kind, form.fields...)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		require.Contains(t, w.Body.String(), form.says)
	}
	refused := r.post(auth.Operator, "/console/ask/instruction_result", append(moved[:6:6], "did", "refused", "reason", "its letter")...)
	require.Contains(t, refused.Body.String(), "the settlement agent refused instruction")
	unproved := r.post(auth.Operator, "/console/ask/instruction_result", append(moved[:8:8], "reason", "it says so")...)
	require.Equal(t, http.StatusUnprocessableEntity, unproved.Code, "what moved has a reference")
}

func wellFormed(from io.Reader) error {
	text := xml.NewDecoder(from)
	for {
		if _, err := text.Token(); err == io.EOF { //nolint:errorlint // the end, as xml says it
			return nil
		} else if err != nil {
			return err
		}
	}
}
