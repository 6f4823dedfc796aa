package web_test

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/adapters/pool/web/browsertest"
	"github.com/ayni-switch/ayni/adapters/pool/web/webtest"
)

const ready = "document.documentElement.dataset.ready === 'yes'"

var phone = browsertest.Look{Width: 390, Height: 800}

// makeKey makes a key on the page that is open, and gives its paper code.
func makeKey(p *browsertest.Page, picture string) (paper []string) {
	p.Wait(ready)
	p.Click(".buttons button")
	p.Wait("document.querySelectorAll('.paper li').length === 14")
	p.JSON("Array.from(document.querySelectorAll('.paper li'), (e) => e.innerText)", &paper)
	p.Picture(picture)
	p.Type("#f-paper", "0000\r")
	p.Wait("document.getElementById('e-paper') !== null")
	p.Text("document.getElementById('f-paper').value = ''")
	p.Type("#f-paper", strings.ToLower(paper[13])+"\r")
	p.Wait("document.querySelector('.paper') === null")
	return paper
}

// Somebody joins with a key that the browser makes and keeps, signs in with it, and votes.
func TestSigningUpAndVotingInTheBrowser(t *testing.T) {
	r := newRig(t)
	browser := browsertest.Start(t)
	p := browser.Page(t, phone)
	p.Open(r.address + "/join?code=" + webtest.Code)
	paper := makeKey(p, "join-paper")
	p.Wait("document.getElementById('f-key').value !== ''")
	public := p.Text("document.getElementById('f-key').value")
	p.Type("#f-name", "Njeri wa Mwangi")
	p.Type("#f-contact", "+254 700 000 001")
	require.EqualValues(t, http.StatusOK, p.Follow("#join button"))
	p.Wait(ready)
	p.Picture("join-sign")
	assert.Contains(t, p.Text("document.getElementById('says').innerText"), "Njeri wa Mwangi")
	assert.Equal(t, "device", p.Text("document.getElementById('sign').dataset.read"))
	require.EqualValues(t, http.StatusOK, p.Follow("#device button"))
	p.Picture("join-answer")
	assert.Contains(t, p.Text("document.body.innerText"), "m4")
	require.Len(t, r.Acts(), 1)
	assert.Equal(t, public, coded.EncodeToString(r.Acts()[0].Key))
	assert.NotContains(t, string(r.Acts()[0].Act), "Njeri", "who it is stays closed")

	p.Open(r.address + "/signin?next=/proposals/p1")
	p.Wait(ready)
	p.Picture("signin-key")
	require.EqualValues(t, http.StatusOK, p.Follow("#enter button"))
	require.EqualValues(t, http.StatusOK, p.Follow("button[value=against]"))
	p.Wait(ready)
	p.Picture("vote-device")
	says := p.Text("document.getElementById('says').innerText")
	for _, said := range []string{"Against (against)", "12,500.00\u00a0KES", "Hospitali ya Pumwani", "document 1 below", "m4"} {
		assert.Contains(t, says, said)
	}
	require.EqualValues(t, http.StatusOK, p.Follow("#device button"))
	assert.Contains(t, p.Text("document.body.innerText"), "It is entry 41")
	require.Len(t, r.Acts(), 2)
	assert.Contains(t, string(r.Acts()[1].Act), `"choice":"against"`)

	// The device knows its member from now on, and the key does not leave it.
	p.Open(r.address + "/device")
	p.Wait(ready)
	p.Picture("device-key")
	assert.Contains(t, p.Text("document.getElementById('own').innerText"), "m4")
	assert.Equal(t, "refused", p.Text(`(async () => {
		const record = await (await import('/assets/key.js')).load();
		try { await crypto.subtle.exportKey('pkcs8', record.private); return 'taken out'; } catch { return 'refused'; }
	})()`))
	assert.Empty(t, p.Complaints())

	// Another device has the same key, from the paper.
	other := browser.Page(t, phone)
	other.Open(r.address + "/device")
	other.Wait(ready)
	other.Click(".buttons .second")
	other.Type("#f-paper", strings.ToLower(strings.Join(paper, "-"))+"\r")
	other.Wait("document.querySelector('.said') !== null")
	assert.Contains(t, other.Text("document.getElementById('own').innerText"), public)
	other.Open(r.address + "/signin")
	other.Wait(ready)
	require.EqualValues(t, http.StatusOK, other.Follow("#enter button"))
	assert.Equal(t, "/home", other.Text("location.pathname"))
}

// Somebody who lost device and paper makes a new key, and proves it to the members, who may give it to them.
func TestANewKeyIsProvenToTheMembers(t *testing.T) {
	r := newRig(t)
	p := browsertest.Start(t).Page(t, phone)
	p.Open(r.address + "/device")
	makeKey(p, "device-paper")
	p.Wait("document.querySelector('.said') !== null")
	p.Click("summary")
	p.Type("#f-paper", "Wanjiku\r")
	p.Wait("document.getElementById('e-paper') !== null")
	p.Text("document.getElementById('f-paper').value = ''")
	p.Type("#f-paper", "M3\r")
	p.Wait("document.getElementById('subject') !== null")
	p.Picture("device-proof")
	var subject decide.Recovery
	require.NoError(t, json.Unmarshal([]byte(p.Text("document.getElementById('subject').innerText")), &subject))
	assert.Equal(t, "m3", subject.Member)
	assert.True(t, ed25519.Verify(subject.Key[:], act.Text([]byte(subject.Member)), subject.Proof))
	assert.Empty(t, p.Violations(browsertest.Axe(t)))
}

// A device signs nothing that it does not show: whatever the node hands out instead, it refuses.
func TestADeviceRefusesWhatItsMemberDidNotAskFor(t *testing.T) {
	r := newRig(t)
	p := browsertest.Start(t).Page(t, phone)
	p.Open(r.address + "/device")
	makeKey(p, "device-paper")
	p.Wait("document.querySelector('.said') !== null")
	key, err := coded.DecodeString(p.Text("document.querySelector('.said dd').innerText"))
	require.NoError(t, err)
	r.Give("m1", ed25519.PublicKey(key))
	p.Open(r.address + "/signin")
	p.Wait(ready)
	require.EqualValues(t, http.StatusOK, p.Follow("#enter button"))

	answer := func(change func(draft *web.Draft)) {
		r.Tamper(change)
		p.Open(r.address + "/board")
		require.EqualValues(t, http.StatusOK, p.Follow("button[value=accept]"))
		p.Wait(ready)
	}
	replaced := func(old, other string) func(draft *web.Draft) {
		return func(draft *web.Draft) {
			require.Contains(t, string(draft.Act), old)
			draft.Act = []byte(strings.Replace(string(draft.Act), old, other, 1))
		}
	}
	refused := func(word string, change func(draft *web.Draft)) {
		answer(change)
		assert.Contains(t, p.Text("document.getElementById('device').innerText"), word)
		assert.Equal(t, "none", p.Text("document.querySelector('#device button')?.innerText ?? 'none'"))
	}
	refused("Its time is over.", replaced(`"expires":"20`, `"expires":"19`))
	answer(nil)
	require.EqualValues(t, http.StatusOK, p.Follow("#device button"))
	require.Len(t, r.Acts(), 1, "what it shows, it signs")
	refused("It is in another member’s name.", replaced(`"by":"m1"`, `"by":"m3"`)) // it knows its own by now
	p.Picture("device-refuses")
	assert.Len(t, r.Acts(), 1)
}

// Without a script everything is read, and a vote is signed elsewhere and pasted.
func TestVotingWithoutScript(t *testing.T) {
	r := newRig(t)
	p := browsertest.Start(t).Page(t, browsertest.Look{Width: 320, Height: 640, NoScript: true})
	p.Open(r.address + "/signin?next=/proposals/p1")
	p.Type("#f-key", coded.EncodeToString(r.public()))
	p.Type("#f-signature", r.sign("ayni.pool.signin.v1\n", p.Text("document.getElementById('f-text').value")))
	require.EqualValues(t, http.StatusOK, p.Follow("#byhand button"))
	require.EqualValues(t, http.StatusOK, p.Follow("button[value=for]"))
	p.Picture("sign")
	require.Equal(t, "no", p.Text("document.documentElement.dataset.ready ?? 'no'"), "no script ran")
	assert.Contains(t, p.Text("document.getElementById('says').innerText"), "Hospitali ya Pumwani")
	p.Type("#f-signature", r.sign(web.SignedPrefix, p.Text("document.getElementById('f-text').value")))
	require.EqualValues(t, http.StatusOK, p.Follow("#byhand button"))
	assert.Contains(t, p.Text("document.body.innerText"), "It is entry 40")
	require.Len(t, r.Acts(), 1)
	for _, path := range pages() {
		require.EqualValues(t, http.StatusOK, p.Open(r.address+path), path)
	}
}

// Somebody without a mouse gets everywhere, and sees where.
func TestVotingByKeyboard(t *testing.T) {
	r := newRig(t)
	p := browsertest.Start(t).Page(t, browsertest.Look{Width: 1440, Height: 900})
	p.Open(r.site.Link("m1"))
	p.TabTo("button Sign in")
	require.EqualValues(t, http.StatusOK, p.Enter())
	p.Tab()
	assert.Equal(t, "a Skip to content", p.Focused(), "the first thing on a page")
	p.TabTo("a Decide")
	require.EqualValues(t, http.StatusOK, p.Enter())
	p.TabTo("a Hospital bill of Otieno’s mother")
	require.EqualValues(t, http.StatusOK, p.Enter())
	p.TabTo("button Against")
	require.EqualValues(t, http.StatusOK, p.Enter())
	text := p.Text("document.getElementById('f-text').value")
	p.TabTo("input Signature")
	p.Press(r.sign(web.SignedPrefix, text))
	p.TabTo("button Send signature")
	require.EqualValues(t, http.StatusOK, p.Enter())
	require.Len(t, r.Acts(), 1)
	p.TabTo("a Go on")
	p.TabTo("a Kiswahili")
	require.EqualValues(t, http.StatusOK, p.Enter())
	assert.Equal(t, "sw", p.Text("document.documentElement.lang"))
}
