package view_test

import (
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/pooltest"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/adapters/pool/view"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// phone is somebody's browser on the pages of a pool's node.
type phone struct {
	*browsertest.Page
	address string
}

const ready = "document.documentElement.dataset.ready === 'yes'"

// open goes to a page and waits for its script.
func (p phone) open(path string) {
	p.Open(p.address + path)
}

// submit sends the form that is open, as filled in.
func (p phone) submit(t *testing.T) {
	t.Helper()
	require.EqualValues(t, http.StatusOK, p.Follow("form.stack button"), p.Text("document.querySelector('main').innerText"))
}

// sign signs what is shown with the device's own key, and gives the answer's text.
func (p phone) sign(t *testing.T) string {
	t.Helper()
	p.Wait(ready)
	require.Equal(t, "device", p.Text("document.getElementById('sign').dataset.read"), p.Text("document.getElementById('device').innerText"))
	status := p.Follow("#device button")
	text := p.Text("document.querySelector('main').innerText")
	require.EqualValues(t, http.StatusOK, status, text)
	return text
}

// paste signs elsewhere, and pastes the signature.
func (p phone) paste(t *testing.T, member string) string {
	t.Helper()
	signed := act.Sign(pooltest.Key(member), []byte(p.Text("document.getElementById('f-text').value")))
	p.Type("#f-signature", base64.RawURLEncoding.EncodeToString(signed.Signature))
	status := p.Follow("#byhand button")
	text := p.Text("document.querySelector('main').innerText")
	require.EqualValues(t, http.StatusOK, status, text)
	return text
}

// A newcomer joins by an invitation on a phone and asks for a payout, which is voted on, paid, and in the book: over a
// node with its database, and with nothing but pages.
func TestANewcomersPayoutFromThePhone(t *testing.T) {
	browser := browsertest.Start(t)
	rules := rules()
	rules.Visibility = nil
	for _, section := range charter.Sections() {
		rules.Visibility = append(rules.Visibility, charter.Visible{Section: section, To: []charter.Audience{charter.Members}})
	}
	c := pooltest.Found(t, pgtest.New(t), rules, 2, []string{"treasurer"})
	require.Equal(t, adapters.Settled, c.Contribute("op1", "m1 main", 5_000_00).State)
	shows := view.New(c.Node, c.Config.Store)
	var site *web.Site
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { site.ServeHTTP(w, r) }))
	address := "http://" + server.Listener.Addr().String()
	var err error
	site, err = web.New(web.Config{
		Node: shows, Pool: c.Config.Name, Title: "Chama", Origin: address, Zone: time.UTC, Now: c.Clock, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	server.Start()
	t.Cleanup(server.Close)

	// The first member invites, and signs on a command line.
	look := browsertest.Look{Width: 390, Height: 800}
	first := phone{browser.Page(t, browsertest.Look{Width: 390, Height: 800, NoScript: true}), address}
	first.Open(site.Link("m1"))
	require.EqualValues(t, http.StatusOK, first.Follow("main button"))
	first.open("/ask/invite")
	first.submit(t)
	require.Contains(t, first.paste(t, "m1"), "It is not shown again")
	code := first.Text("document.querySelector('strong.bytes').innerText")
	first.Picture("node-invited")

	// The newcomer joins with a key that the phone makes.
	p := phone{browser.Page(t, look), address}
	p.open("/join?code=" + code)
	p.Wait(ready)
	p.Click(".buttons button")
	p.Wait("document.querySelectorAll('.paper li').length === 14")
	p.Type("#f-paper", strings.ToLower(p.Text("document.querySelectorAll('.paper li')[13].innerText"))+"\r")
	p.Wait("document.querySelector('.paper') === null && document.getElementById('f-key').value !== ''")
	p.Type("#f-name", "Njeri wa Mwangi")
	p.Type("#f-contact", "+254700000001")
	require.EqualValues(t, http.StatusOK, p.Follow("#join button"))
	require.Contains(t, p.sign(t), "m3")
	admission := c.Done("m1", "propose", c.Proposing(charter.Admission, decide.Admission{Member: "m3"}))
	c.Approve(admission, "m1", "m2")

	// She asks for a payout, and votes for it.
	p.open("/signin?next=/proposals")
	p.Wait(ready)
	require.EqualValues(t, http.StatusOK, p.Follow("#enter button"))
	require.EqualValues(t, http.StatusOK, p.Follow("a[href='/ask/payout']"))
	for name, value := range map[string]string{
		"receiver": "Hospitali ya Pumwani", "to": "mpesa-ke", "account": "+254711000222", "amount": "much", "unit": "KES", "reference": "bill 4471",
		"days": "20", "reason": "She was admitted on Friday.",
	} {
		p.Type("#f-"+name, value)
	}
	require.EqualValues(t, http.StatusUnprocessableEntity, p.Follow("form.stack button"))
	assert.Equal(t, "true", p.Text("document.getElementById('f-amount').getAttribute('aria-invalid')"))
	assert.Equal(t, "She was admitted on Friday.", p.Text("document.getElementById('f-reason').value"), "nothing is typed twice")
	p.Text("document.getElementById('f-amount').value = ''")
	p.Type("#f-amount", "1250.00")
	p.Picture("node-payout")
	p.submit(t)
	p.Wait(ready)
	p.Picture("node-payout-sign")
	says := p.Text("document.getElementById('says').innerText")
	for _, said := range []string{"1,250.00\u00a0KES", "Hospitali ya Pumwani", "+254711000222", "She was admitted on Friday.", "m3"} {
		assert.Contains(t, says, said)
	}
	p.sign(t)
	var payout string
	c.View(func(s *decide.State) { all := s.Proposals(); payout = all[len(all)-1].ID })
	p.open("/proposals/" + payout)
	require.EqualValues(t, http.StatusOK, p.Follow("button[value=for]"))
	p.sign(t)
	first.open("/proposals/" + payout)
	require.EqualValues(t, http.StatusOK, first.Follow("button[value=for]"))
	first.paste(t, "m1")

	// It is carried out, and the book has moved.
	c.AwaitPayout(payout, decide.PayoutPaid)
	assert.EqualValues(t, 3_750_00, c.Balance("fund/main"))
	p.open("/proposals/" + payout)
	assert.Contains(t, p.Text("document.querySelector('main').innerText"), "paid")
	p.open("/book")
	p.Picture("node-book")
	book := p.Text("document.querySelector('main').innerText")
	assert.Contains(t, book, "3,750.00\u00a0KES")
	assert.Contains(t, book, "1,250.00\u00a0KES")
	for _, complaint := range append(p.Complaints(), first.Complaints()...) {
		assert.Contains(t, complaint, "status of 422")
	}
	logged(t, c)
}

// logged holds that the log verifies, and that it has what the phone signed, under the phone's key.
func logged(t *testing.T, c *pooltest.Commune) {
	t.Helper()
	verifier, err := audit.ParseKey(c.Config.Public)
	require.NoError(t, err)
	findings, err := c.Config.Store.Check(t.Context(), verifier)
	require.NoError(t, err)
	for _, f := range findings {
		assert.True(t, f.OK, "%s: %s", f.Name, f.Detail)
	}
	sections := []string{string(decide.SectionWithin), string(decide.SectionPrivate)}
	for _, section := range charter.Sections() {
		sections = append(sections, string(section))
	}
	lines, _, err := c.Config.Store.Lines(t.Context(), store.LineQuery{Sections: sections, Kind: "said"})
	require.NoError(t, err)
	kinds := map[string]int{}
	for _, line := range lines {
		var said struct {
			Key       string `json:"key"`
			Open      string `json:"open"`
			Signature []byte `json:"signature"`
		}
		require.NoError(t, json.Unmarshal(line.Body, &said))
		if said.Open == "" {
			continue
		}
		a, err := act.Read([]byte(said.Open))
		require.NoError(t, err)
		key, err := act.ParseKey(said.Key)
		require.NoError(t, err)
		require.True(t, act.Signed{Open: []byte(said.Open), Key: key, Signature: said.Signature}.Verify(), a.Kind)
		if a.By == "m3" {
			kinds[a.Kind]++
		}
		assert.NotContains(t, said.Open, "Pumwani", "who it is stays closed")
	}
	assert.Equal(t, map[string]int{"propose": 1, "vote": 1}, kinds)
}
