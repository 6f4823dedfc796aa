package bulk

import (
	"bytes"
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
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/messaging/iso20022"
)

// order is a pain.001 of two batches, whose payments end as their accounts say.
func order(id string, accounts ...string) iso20022.PaymentOrder {
	today := fx.Date(time.Now().UTC().Format(time.DateOnly))
	employer := iso20022.Party{Name: "Employer Ltd", Town: "Nairobi", Country: "KE"}
	o := iso20022.PaymentOrder{MsgID: id, Created: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), Initiator: employer}
	for b := range 2 {
		batch := iso20022.OrderBatch{
			ID: fmt.Sprintf("B%d", b), Execution: today, Debtor: employer, DebtorAccount: iso20022.Account{ID: "254700000001"},
			DebtorAgent: iso20022.Agent{Other: us},
		}
		for n := b; n < len(accounts); n += 2 {
			batch.Payments = append(batch.Payments, iso20022.OrderedPayment{
				InstrID: fmt.Sprintf("I%d", n), EndToEndID: fmt.Sprintf("%s-E%d", accounts[n], n), Amount: fx.Money{Minor: int64(10_000 + n), Currency: kes},
				CreditorAgent: iso20022.Agent{BIC: "DELTKENAXXX"}, Creditor: iso20022.Party{Name: "Wanjiku\tMwangi", Street: "Moi Avenue", Building: "1", Town: "Nakuru", Country: "KE"},
				CreditorAccount: iso20022.Account{ID: fmt.Sprintf("%s-%d", accounts[n], n)}, Purpose: "SALA", Remittance: fmt.Sprintf("%s-E%d", accounts[n], n),
			})
		}
		o.Batches = append(o.Batches, batch)
	}
	return o
}

func agents(cfg *Config) { cfg.Agents = map[string]string{"DELTKENAXXX": near} }

// TestPaymentOrderIsPaid: in every version, an order is answered, approved, paid and reported, payment by payment.
func TestPaymentOrderIsPaid(t *testing.T) {
	s := newSwitch(t)
	a := s.adapter(t.TempDir(), nil, agents)
	s.announce(time.Hour)
	desk := httptest.NewServer(a.Handler())
	t.Cleanup(desk.Close)
	call := func(method, path string, body []byte) (int, http.Header, []byte) {
		request, err := http.NewRequestWithContext(t.Context(), method, desk.URL+path, bytes.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Content-Type", "application/xml; charset=UTF-8")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode, response.Header, text
	}
	for asked, answered := range reports {
		version := asked[len(asked)-2:]
		o := order("M"+version, "pay", "reject", "pay", "return", "pay")
		for _, batch := range o.Batches {
			for n := range batch.Payments {
				batch.Payments[n].EndToEndID += version
			}
		}
		o.Batches[0].Payments[2].CreditorAgent = iso20022.Agent{BIC: "NOBOXXBKXXX"}
		text, err := o.MarshalIn(iso20022.Dialect{"pain.001": asked})
		require.NoError(t, err)
		status, header, body := call(http.MethodPost, "/bulk", text)
		require.Equal(t, http.StatusCreated, status, string(body))
		assert.Contains(t, string(body), answered)
		first, err := iso20022.ParseOrderReport(body)
		require.NoError(t, err)
		assert.Equal(t, iso20022.Pending, first.Status)
		assert.Equal(t, "M"+version, first.OriginalMsgID)
		place := header.Get("Location")
		status, _, _ = call(http.MethodPost, "/bulk", text)
		assert.Equal(t, http.StatusOK, status, "the same order")

		_, err = a.Approve(strings.TrimPrefix(place, "/bulk/"))
		require.NoError(t, err)
		a.until(t, strings.TrimPrefix(place, "/bulk/"), finished)
		_, _, body = call(http.MethodGet, place+"/report", nil)
		last, err := iso20022.ParseOrderReport(body)
		require.NoError(t, err)
		assert.Equal(t, iso20022.Partly, last.Status)
		got := map[string]string{}
		for b, batch := range last.Batches {
			assert.Equal(t, o.Batches[b].ID, batch.OriginalID)
			for n, p := range batch.Payments {
				assert.Equal(t, o.Batches[b].Payments[n].EndToEndID, p.ID.EndToEndID)
				got[p.ID.InstrID] = string(p.Status) + p.Reason
			}
		}
		paid := "ACCC"
		if version == "03" {
			paid = "ACSC"
		}
		assert.Equal(t, paid, got["I0"])
		assert.Equal(t, paid, got["I2"])
		for _, bad := range []string{"I1", "I3", "I4"} {
			assert.Regexp(t, "^RJCT[A-Z0-9]{4}$", got[bad], bad)
		}
	}
}

// TestOrdersAreTakenOnce: another order under the same id is refused, and so is the same under another; one that was
// forgotten may come again.
func TestOrdersAreTakenOnce(t *testing.T) {
	s := newSwitch(t)
	a := s.adapter(t.TempDir(), nil, agents)
	take := func(o iso20022.PaymentOrder) (File, error) {
		text, err := o.Marshal()
		require.NoError(t, err)
		f, _, err := a.TakeOrder(t.Context(), bytes.NewReader(text))
		return f, err
	}
	f, err := take(order("M1", "pay", "pay"))
	require.NoError(t, err)
	again, err := take(order("M1", "pay", "pay"))
	require.NoError(t, err)
	assert.Equal(t, f.SHA256, again.SHA256)
	var fault *messaging.FaultError
	_, err = take(order("M1", "pay", "pay", "pay"))
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, messaging.FaultDuplicate, fault.Fault)
	_, err = take(order("M2", "pay", "pay"))
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, messaging.FaultDuplicate, fault.Fault)
	require.NoError(t, a.Discard(f.SHA256))
	_, err = take(order("M2", "pay", "pay"))
	require.NoError(t, err)

	late := order("M3", "pay", "pay")
	late.Batches[0].Execution = "2999-01-01"
	_, err = take(late)
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, messaging.FaultDeadline, fault.Fault)
	_, _, err = a.TakeOrder(t.Context(), strings.NewReader("<Document/>"))
	var format *iso20022.FormatError
	require.ErrorAs(t, err, &format)
	_, err = a.Report(t.Context(), strings.Repeat("0", 64))
	var unknown *UnknownFileError
	require.ErrorAs(t, err, &unknown)
}

// TestOrdersBecomeLines: with town and country, on one line each, under the name that the debtor gave.
func TestOrdersBecomeLines(t *testing.T) {
	o := order("M1", "pay", "pay")
	o.Batches[0].Payments[0].EndToEndID = notProvided
	o.Batches[1].Payments[0].EndToEndID = "a/b c"
	text, err := (&Desk{cfg: Config{Agents: map[string]string{"DELTKENAXXX": near}}}).linesOf(o)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	require.Len(t, lines, 3)
	assert.Equal(t, LongHeader, lines[0])
	l, amount, fault := ParseLine([]byte(lines[1]))
	require.Nil(t, fault)
	assert.Equal(t, "I0", l.ID)
	assert.Equal(t, near, l.CreditorParticipant)
	assert.Equal(t, messaging.Party{Name: "Wanjiku Mwangi", Account: "pay-0", Address: "Moi Avenue 1", Town: "Nakuru", Country: "KE"}, l.Creditor)
	assert.Equal(t, "Nairobi", l.Debtor.Town)
	assert.Equal(t, fx.Money{Minor: 10_000, Currency: kes}, amount)
	l, _, fault = ParseLine([]byte(lines[2]))
	require.Nil(t, fault)
	assert.Regexp(t, "^x[0-9a-f]{32}$", l.ID)
}

// TestEveryPaymentIsOneLine: whatever names and references hold.
func TestEveryPaymentIsOneLine(t *testing.T) {
	said := rapid.StringMatching(`[ -~\r\n\tñж"]{1,60}`)
	rapid.Check(t, func(t *rapid.T) {
		o := order("M1", "pay", "pay", "pay")
		for b := range o.Batches {
			for n := range o.Batches[b].Payments {
				p := &o.Batches[b].Payments[n]
				p.EndToEndID, p.Creditor.Name, p.Remittance, p.Creditor.Street = said.Draw(t, "id"), said.Draw(t, "name"), said.Draw(t, "reference"), said.Draw(t, "street")
				p.CreditorAgent.BIC, p.CreditorAgent.Other = "", said.Draw(t, "agent")
			}
		}
		text, err := new(Desk).linesOf(o)
		require.NoError(t, err)
		r, err := newReader(bytes.NewReader(text))
		require.NoError(t, err)
		for _, batch := range o.Batches {
			for _, p := range batch.Payments {
				raw, err := r.next()
				require.NoError(t, err)
				fields, fault := split(raw)
				require.Nil(t, fault)
				require.Len(t, fields, longColumns)
				assert.Equal(t, strings.Join(strings.Fields(p.Creditor.Name), " "), fields[5])
				assert.Equal(t, strings.Join(strings.Fields(p.Remittance), " "), fields[10])
			}
		}
		_, err = r.next()
		require.ErrorIs(t, err, io.EOF)
	})
}

// TestClientSendsOrders: a payment order is told by its name.
func TestClientSendsOrders(t *testing.T) {
	s := newSwitch(t)
	a := s.adapter(t.TempDir(), nil, agents)
	desk := httptest.NewServer(a.Handler())
	t.Cleanup(desk.Close)
	text, err := order("M1", "pay", "pay").Marshal()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "salaries.XML")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	f, err := Client{URL: desk.URL}.Send(t.Context(), path)
	require.NoError(t, err)
	assert.Equal(t, 2, f.Lines)
	assert.Equal(t, map[State]int{Waiting: 2}, f.Counts)
}
