package decide_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/decide/decidetest"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// What cannot be quoted in a line of the log is not decided: an input that was decided and cannot be kept halts a node.
func TestNoTextIsTooLongForTheLog(t *testing.T) {
	v := village(t)
	for _, c := range []byte{0, '\n', 0x1f} {
		bell := act.Signed{Open: bytes.Repeat([]byte{c}, act.MaxBytes), Key: v.Key("nobody"), Signature: make([]byte, 64)}
		_, err := v.State.Decide(decide.Input{At: v.Now, Act: &bell})
		require.ErrorAs(t, err, new(*decide.InputError))
	}
	for _, c := range []string{`"`, `\`, "\x7f", "\u2028", "é", "~", "/"} {
		quoted := act.Signed{Open: []byte(strings.Repeat(c, act.MaxBytes/len(c))), Key: v.Key("nobody"), Signature: make([]byte, 64)}
		assert.Equal(t, decide.FaultSignature, v.Decide(decide.Input{Act: &quoted}).Answer.Fault)
		named := v.Say("m1", "vote", map[string]string{strings.Repeat(c, 6_000/len(c)): "x"})
		assert.Equal(t, decide.FaultForm, named.Fault)
		assert.Less(t, len(named.Detail), 1000)
	}
	for _, body := range []string{"", "{", `{"b":"1","a":"2"}`, `{"a":1}`, `{"a":"\u0061"}`} {
		_, err := v.State.Decide(decide.Input{At: v.Now, Word: &decide.Word{Kind: "clock", Body: []byte(body)}})
		require.ErrorAs(t, err, new(*decide.InputError), body)
	}
}

// However many lines follow from an input, the log takes them, and nobody is shown what is about another.
func TestAnEntryHasNoMoreLinesThanTheLogTakes(t *testing.T) {
	rules := decidetest.Rules()
	text, err := rules.Canonical()
	require.NoError(t, err)
	f := decide.Founding{Charter: text}
	v := decidetest.Found(t, rules, 1)
	for i := range 3 {
		name := fmt.Sprintf("m%d", i+1)
		f.Founders = append(f.Founders, decide.Founder{
			Key: v.Key(name), Person: decidetest.Closed(name), Roles: slices.Repeat([]string{"treasurer"}, 250),
		})
	}
	body := canonical(t, f)
	entry, err := decide.New(v.Pool).Decide(decide.Input{At: v.Now, Word: &decide.Word{Kind: "founded", Body: body}})
	require.NoError(t, err)
	require.Empty(t, entry.Answer)
	require.LessOrEqual(t, len(entry.Lines), 500)
	for _, l := range entry.Lines {
		if l.Kind == decide.LineSeveral {
			assert.Len(t, l.About, 1)
			assert.NotContains(t, string(canonical(t, l.Body)), `"member":"`+map[string]string{"m1": "m2", "m2": "m3", "m3": "m1"}[l.About[0]])
		}
	}
}

func TestAPoolThatNobodyFoundedWaitsForNothing(t *testing.T) {
	rules := decidetest.Rules()
	text, err := rules.Canonical()
	require.NoError(t, err)
	v := village(t)
	s := decide.New(v.Pool)
	f := decide.Founding{Charter: text, Founders: []decide.Founder{
		{Key: v.Key("m1"), Person: decidetest.Closed("m1"), Roles: []string{"treasurer"}},
	}}
	_, err = s.Decide(decide.Input{At: v.Now, Word: &decide.Word{Kind: "founded", Body: canonical(t, f)}})
	require.NoError(t, err)
	assert.Zero(t, s.Next(), "or a node says the clock without end when a founder's term is over")
}

func canonical(t require.TestingT, value any) []byte {
	text, err := audit.Canonical(value)
	require.NoError(t, err)
	return text
}

// A group with as many seats as an act can name, of which nobody pays: each of its entries is one that the log takes.
func TestALargeGroupThatNobodyPays(t *testing.T) {
	rules := just()
	everybody := []string{charter.Everybody}
	rules.Decisions = append(rules.Decisions, charter.Decision{Kind: charter.Rotating, Propose: everybody, Tiers: []charter.Tier{
		{Method: charter.Signatures, Vote: everybody, Signatures: 2, Hours: 48},
	}})
	v := decidetest.Found(t, rules, 30)
	v.PaysIn("m1 reserve", decide.Amount{Minor: 500_000, Unit: kes})
	begin := decide.Beginning{Terms: rotation.Terms{
		Method: rotation.Fixed, Start: v.Now.Add(day), RoundDays: 2, DueDays: 1, RemindDays: 1, Reminders: 1, GiveBack: rotation.AtEnd,
	}}
	for i := range 200 {
		begin.Seats = append(begin.Seats, rotation.Seat{Member: fmt.Sprintf("m%d", i%30+1), Unit: kes, ContributionMinor: 100})
	}
	v.Approve(v.Propose("m1", charter.Rotating, decide.Rotation{Begin: &begin}), "m1", "m2")
	v.Now = v.Now.Add(20 * day) // the node slept
	for range 8 {
		v.Word("clock", struct{}{})
	}
	v.PaysIn("m1 g1", decide.Amount{Minor: 300_000, Unit: kes})
	v.Done("m2", "leave", decide.Leaving{})
	most := 0
	for _, e := range v.Entries {
		most = max(most, len(e.Lines))
	}
	assert.Greater(t, most, 20)
}
