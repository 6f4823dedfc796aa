package bulk

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
)

// textFile writes a file of these lines and returns its path.
func textFile(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.csv")
	require.NoError(t, os.WriteFile(path, []byte(Header+"\n"+strings.Join(lines, "\n")), 0o600))
	return path
}

func lineOf(n int, fate string) string {
	var text strings.Builder
	writeLine(&text, n, fate)
	return strings.TrimSuffix(text.String(), "\n")
}

// pay has a file paid to its end.
func (a *adapter) pay(t *testing.T, path string) (File, [][]string) {
	t.Helper()
	f, fresh, err := a.takeFile(t, path)
	require.NoError(t, err)
	require.True(t, fresh)
	_, err = a.Approve(f.SHA256)
	require.NoError(t, err)
	f = a.until(t, f.SHA256, finished)
	return f, a.resultRows(t, f.SHA256)
}

func column(rows [][]string, n int) (values []string) {
	for _, row := range rows {
		values = append(values, row[n])
	}
	return values
}

// A file whose bad lines were mended is another file, and pays only what was not paid.
func TestMendedFilePaysTheRest(t *testing.T) {
	s := newSwitch(t)
	a := s.adapter(t.TempDir(), nil)
	s.announce(time.Hour)
	_, rows := a.pay(t, textFile(t, lineOf(1, "pay"), lineOf(2, "bad"), lineOf(3, "reject"), lineOf(4, "return"), lineOf(5, "pay"), lineOf(1, "pay")))
	assert.Equal(t, []string{"paid", "invalid", "rejected", "returned", "paid", "invalid"}, column(rows, 3))
	assert.Equal(t, []string{"2", "3", "4", "5", "6", "7"}, column(rows, 0))
	assert.Equal(t, string(FaultDuplicateID), rows[5][4])
	assert.Equal(t, "DUPL", rows[5][5])
	assert.Equal(t, "line 2 has this id", rows[5][6])

	f, rows := a.pay(t, textFile(t, lineOf(5, "pay"), lineOf(1, "pay"), lineOf(2, "pay"), lineOf(3, "pay"), lineOf(4, "pay")))
	assert.Equal(t, []string{"invalid", "invalid", "paid", "paid", "paid"}, column(rows, 3))
	assert.Contains(t, rows[0][6], "line 6 of file ")
	assert.Equal(t, map[State]int{Invalid: 2, "paid": 3}, f.Counts)
	for n := 1; n <= 5; n++ {
		assert.Equal(t, 1, s.paidTimes(lineID(n)), n)
	}
	list, err := a.Files(10)
	require.NoError(t, err)
	assert.Len(t, list, 2)
	assert.Equal(t, f, list[0])
}

// Lines wait for a first quote, and are refused where none comes; those that need none go on after them.
func TestLinesWaitForAQuote(t *testing.T) {
	s := newSwitch(t)
	a := s.adapter(t.TempDir(), nil, func(cfg *Config) { cfg.patience = time.Second })
	f, _, err := a.takeFile(t, textFile(t, lineOf(2, "pay"), lineOf(3, "pay"), lineOf(5, "pay")))
	require.NoError(t, err)
	_, err = a.Approve(f.SHA256)
	require.NoError(t, err)
	f = a.until(t, f.SHA256, func(f File) bool { return f.Holds != "" })
	assert.Contains(t, f.Holds, "whom one can pay")
	assert.Equal(t, map[State]int{Waiting: 3}, f.Counts)
	s.announce(time.Second) // expires too soon to be used
	f = a.until(t, f.SHA256, finished)
	assert.Empty(t, f.Holds)
	rows := a.resultRows(t, f.SHA256)
	assert.Equal(t, []string{"paid", "invalid", "paid"}, column(rows, 3))
	assert.Equal(t, string(messaging.FaultQuoteExpired), rows[1][4])
	s.announce(time.Hour)
	require.Eventually(t, func() bool { // the runner reads it
		_, fault := a.runner.Prices().Offer(them, messaging.Amount{Amount: "1", Currency: "INR"}, time.Now().Add(time.Minute))
		return fault == nil
	}, patience, time.Millisecond)
	_, rows = a.pay(t, textFile(t, lineOf(3, "pay"), lineOf(4, "pay")))
	assert.Equal(t, []string{"paid", "paid"}, column(rows, 3))
	assert.Equal(t, []string{"KES", "INR"}, []string{rows[1][8], rows[1][10]}, "fixed at the destination")
	assert.Equal(t, "104.05", rows[1][9])
}

// At most so many lines are open at the switch, whatever it leaves unanswered, and what ends makes room.
func TestWindowHolds(t *testing.T) {
	const window = 2 * packLines
	s := newSwitch(t)
	a := s.adapter(t.TempDir(), nil, func(cfg *Config) { cfg.maxOpen, cfg.Republish = window, time.Hour })
	s.announce(time.Hour)
	path := writeFile(t, 3*packLines, func(int) string { return "silent" })
	f, _, err := a.takeFile(t, path)
	require.NoError(t, err)
	_, err = a.Approve(f.SHA256)
	require.NoError(t, err)
	f = a.until(t, f.SHA256, func(f File) bool { return f.Counts[Sent] == window && f.Holds != "" })
	assert.Contains(t, f.Holds, "open at the switch")
	require.Eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.open == window
	}, patience, time.Millisecond)
	changes := messaging.StatusMessage{}
	s.mu.Lock()
	for id := range s.known {
		changes.Changes = append(changes.Changes, messaging.Change{Intent: id, State: messaging.StatePaid})
		s.open--
	}
	s.mu.Unlock()
	s.tell(t.Context(), changes, nil)
	a.until(t, f.SHA256, func(f File) bool { return f.Counts["paid"] == window && f.Counts[Sent] == packLines })
	assert.Equal(t, window, s.mostOpen)
	for path, want := range map[string]int{f.SHA256: http.StatusOK, strings.Repeat("0", 64): http.StatusNotFound} {
		response := httptest.NewRecorder()
		a.Handler().ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/bulk/"+path+"/results", nil))
		assert.Equal(t, want, response.Code)
	}
}

// What the switch says of lines that nobody sent, or against what it said before, changes nothing; refunds
// of what was never sent are left to a person.
func TestNonsenseChangesNothing(t *testing.T) {
	s := newSwitch(t)
	dir := t.TempDir()
	a := s.adapter(dir, nil, func(cfg *Config) { cfg.Republish, cfg.Logger = time.Hour, nil })
	s.announce(time.Hour)
	f, _, err := a.takeFile(t, textFile(t, lineOf(1, "silent"), lineOf(2, "bad")))
	require.NoError(t, err)
	_, err = a.Approve(f.SHA256)
	require.NoError(t, err)
	a.until(t, f.SHA256, func(f File) bool { return f.Counts[Sent] == 1 })
	k, ok := keyOf(f.SHA256)
	require.True(t, ok)
	id := func(line, sweep int) string { return place{file: k, line: line, sweep: sweep}.intentID() }
	paid := func(id string) messaging.Change { return messaging.Change{Intent: id, State: messaging.StatePaid} }
	s.tell(t.Context(), messaging.StatusMessage{Changes: []messaging.Change{
		paid(id(3, 0)), paid(id(4, 0)), paid(id(2, 1)), paid(place{file: key{1}, line: 2}.intentID()), paid("b-2"), paid("oA1"),
		{Intent: id(2, 0), Transfer: "T1", State: messaging.StateCleared},
		{Intent: id(2, 0), State: messaging.StateQueued}, {Intent: id(2, 0), State: messaging.StateRejected, Fault: messaging.FaultSchema},
		{Intent: id(2, 0), State: messaging.StateExpired}, {Intent: id(2, 0), State: messaging.StateRejected, Fault: messaging.FaultDuplicate},
	}}, []messaging.Instruction{
		refundOf(id(2, 0), "T1", "1.00"), refundOf(id(2, 0), "T2", "102.05"), refundOf(id(3, 0), "T3", "102.05"), refundOf("oA1", "T4", "102.05"),
	})
	require.Eventually(t, func() bool {
		list, err := a.runner.Exceptions(10)
		return err == nil && len(list) == 4
	}, patience, time.Millisecond)
	assert.Equal(t, []string{"cleared", "invalid"}, column(a.resultRows(t, f.SHA256), 3))
	require.NoError(t, a.stop())

	a = s.adapter(dir, nil) // and the same after a restart: it is still open
	s.tell(t.Context(), messaging.StatusMessage{Changes: []messaging.Change{paid(id(2, 0))}}, nil)
	f = a.until(t, f.SHA256, finished)
	assert.Equal(t, map[State]int{"paid": 1, Invalid: 1}, f.Counts)
	require.NoError(t, a.stop())

	other := Config{Participant: them, Dir: a.cfg.Dir, Switch: a.cfg.Switch}
	_, err = Open(other)
	require.ErrorContains(t, err, `belongs to participant "alpha"`)
	_, err = Open(Config{Participant: us})
	require.Error(t, err)
}

func refundOf(intent, transfer, amount string) messaging.Instruction {
	return messaging.Instruction{
		Transfer: transfer, Kind: messaging.KindRefund, Intent: intent, Amount: messaging.Amount{Amount: amount, Currency: "KES"},
		Debtor: messaging.Party{Name: "A", Account: "1"}, Creditor: messaging.Party{Name: "B", Account: "2"}, Counterparty: them,
	}
}

// A file whose bytes on the disk are gone or changed holds, and no other does.
func TestChangedSpoolHolds(t *testing.T) {
	s := newSwitch(t)
	dir := t.TempDir()
	a := s.adapter(dir, nil, func(cfg *Config) { cfg.Logger = nil })
	f, _, err := a.takeFile(t, textFile(t, lineOf(1, "pay")))
	require.NoError(t, err)
	_, err = a.Approve(f.SHA256)
	require.NoError(t, err)
	a.until(t, f.SHA256, func(f File) bool { return f.Holds != "" })
	require.NoError(t, a.stop())
	whole, err := os.ReadFile(a.path(f.SHA256))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(a.path(f.SHA256), []byte(Header+"\n"+lineOf(2, "pay")), 0o600))
	s.announce(time.Hour)
	a = s.adapter(dir, nil, func(cfg *Config) { cfg.Logger = nil })
	a.until(t, f.SHA256, func(f File) bool { return strings.Contains(f.Holds, "not what they were") })
	_, rows := a.pay(t, textFile(t, lineOf(3, "pay")))
	assert.Equal(t, []string{"paid"}, column(rows, 3))
	require.NoError(t, os.WriteFile(a.path(f.SHA256), whole, 0o600))
	a.until(t, f.SHA256, finished)
	assert.Equal(t, 1, s.paidTimes(lineID(1)))
}

func TestAPI(t *testing.T) {
	s := newSwitch(t)
	a := s.adapter(t.TempDir(), nil)
	s.announce(time.Hour)
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	client, ctx := Client{URL: server.URL + "/"}, t.Context()
	path := textFile(t, lineOf(1, "pay"), lineOf(5, "bad"), lineOf(4, "pay"))
	f, err := client.Send(ctx, path)
	require.NoError(t, err)
	assert.Equal(t, Received, f.State)
	assert.Equal(t, map[State]int{Waiting: 2, Invalid: 1}, f.Counts)
	assert.Equal(t, messaging.Amount{Amount: "205.10", Currency: "INR"}, f.Totals["INR"])
	var list strings.Builder
	checked, err := Check(&list, path)
	require.NoError(t, err)
	assert.Equal(t, f.Counts, checked.Counts)
	assert.Equal(t, "line,fault,detail\n", list.String()[:18])
	assert.Equal(t, 2, strings.Count(list.String(), "\n"))

	require.Equal(t, []string{"waiting", "invalid", "waiting"}, column(a.resultRows(t, f.SHA256), 3))
	_, err = client.Approve(ctx, f.SHA256)
	require.NoError(t, err)
	a.until(t, f.SHA256, finished)
	again, err := client.Approve(ctx, f.SHA256)
	require.NoError(t, err)
	assert.Equal(t, Finished, again.State)
	same, err := client.Send(ctx, path)
	require.NoError(t, err)
	assert.Equal(t, again, same)
	var text strings.Builder
	require.NoError(t, client.Results(ctx, f.SHA256, &text))
	assert.Equal(t, 4, strings.Count(text.String(), "\n"))
	known, err := client.File(ctx, f.SHA256)
	require.NoError(t, err)
	assert.Equal(t, again, known)

	unwanted, err := client.Send(ctx, textFile(t, lineOf(9, "pay")))
	require.NoError(t, err)
	for _, c := range []struct {
		method, path, kind, body string
		want                     int
	}{
		{http.MethodDelete, "/bulk/" + unwanted.SHA256, "", "", http.StatusNoContent},
		{http.MethodDelete, "/bulk/" + unwanted.SHA256, "", "", http.StatusNotFound},
		{http.MethodDelete, "/bulk/" + f.SHA256, "", "", http.StatusConflict},
		{http.MethodGet, "/bulk", "", "", http.StatusOK},
		{http.MethodGet, "/bulk/nonsense", "", "", http.StatusNotFound},
		{http.MethodGet, "/bulk/..%2f..%2fetc/results", "", "", http.StatusNotFound},
		{http.MethodPut, "/bulk/" + strings.ToUpper(f.SHA256) + "/approval", "", "", http.StatusNotFound},
		{http.MethodPost, "/bulk", "text/plain", Header + "\n" + soundLine, http.StatusUnsupportedMediaType},
		{http.MethodPost, "/bulk", "text/csv", "", http.StatusBadRequest},
		{http.MethodPost, "/bulk", "text/csv", Header + "\n", http.StatusBadRequest},
		{http.MethodPost, "/bulk", "text/csv", strings.Replace(Header, "id", "ID", 1) + "\n" + soundLine, http.StatusBadRequest},
		{http.MethodPost, "/bulk", "text/csv", "\xef\xbb\xbf" + Header + "\r\n" + soundLine + "\r\n", http.StatusCreated},
		{http.MethodPost, "/bulk", "text/csv", "\xef\xbb\xbf" + Header + "\r\n" + soundLine + "\r\n", http.StatusOK},
	} {
		request, err := http.NewRequestWithContext(ctx, c.method, server.URL+c.path, strings.NewReader(c.body))
		require.NoError(t, err)
		if c.kind != "" {
			request.Header.Set("Content-Type", c.kind)
		}
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, c.want, response.StatusCode, "%s %s %.20q", c.method, c.path, c.body)
	}
	var problem *ProblemError
	_, err = client.Send(ctx, textFile(t))
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, "urn:ayni:problem:schema", problem.Type)
	require.NoError(t, a.stop())
	_, err = client.File(ctx, f.SHA256)
	require.ErrorAs(t, err, &problem)
	assert.Equal(t, http.StatusServiceUnavailable, problem.Status)
	left, err := filepath.Glob(filepath.Join(a.cfg.Dir, incoming+"*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// No file is so hostile that it holds more than its bounds in memory: too many lines, currencies or files.
func TestBoundsOfAFile(t *testing.T) {
	var many strings.Builder
	fmt.Fprintln(&many, Header)
	for n := range maxCurrencies + 10 {
		fmt.Fprintln(&many, strings.Replace(strings.Replace(soundLine, "KES", fmt.Sprintf("u%d.commons.2", n), 1), "a1", fmt.Sprint("a", n), 1))
	}
	r, err := newReader(strings.NewReader(many.String()))
	require.NoError(t, err)
	faults := map[messaging.Fault]int{}
	all := &scanned{}
	err = all.read(r, func(_ int, f *messaging.FaultError) error { faults[f.Fault]++; return nil })
	require.NoError(t, err)
	assert.Len(t, all.holders, maxCurrencies)
	assert.Equal(t, map[messaging.Fault]int{messaging.FaultUnknownCurrency: 10}, faults)

	r, err = newReader(io.MultiReader(strings.NewReader(Header), strings.NewReader(strings.Repeat("\n", MaxLines+2))))
	require.NoError(t, err)
	err = new(scanned).read(r, func(int, *messaging.FaultError) error { return nil })
	var fault *messaging.FaultError
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, messaging.FaultOversized, fault.Fault)

	_, err = io.Copy(io.Discard, &bounded{ctx: t.Context(), in: strings.NewReader(many.String()), left: int64(many.Len()) - 1})
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, messaging.FaultOversized, fault.Fault)
	_, err = io.Copy(io.Discard, &bounded{ctx: t.Context(), in: strings.NewReader(many.String()), left: int64(many.Len())})
	require.NoError(t, err)

	s := newSwitch(t)
	a := s.adapter(t.TempDir(), nil)
	for n := range MaxFiles {
		_, _, err := a.takeFile(t, textFile(t, lineOf(n, "pay")))
		require.NoError(t, err)
	}
	_, _, err = a.takeFile(t, textFile(t, lineOf(MaxFiles, "pay")))
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, messaging.FaultOversized, fault.Fault)
}
