package messaging

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// sealed puts closed lines behind an open one.
func sealed(open []byte, lines ...string) []byte {
	return slices.Concat(open, []byte("\n"+strings.Join(lines, "\n")))
}

const (
	soundNote = `{"purpose":"FAMI","reference":"fees"` + salted
	soundText = `{"rail_text":"ok"` + salted
)

// closedSeeds are payloads in which a closed line is not what it should be.
func closedSeeds() [][]byte {
	noted := intentOf(soundDebtor, soundNote)
	payloads := [][]byte{sealed(openLine(noted, soundIntent), soundNote, soundDebtor, "noise", soundCreditor)}
	for _, c := range faultyLines {
		payloads = append(payloads, sealed(openLine(intentOf(c.line)), c.line, soundCreditor))
	}
	return append(payloads, sealed(openReport(soundText), soundText), openReport(soundText))
}

func openReport(text string) []byte {
	return fmt.Appendf(nil, `{"version":2,"participant":"alpha","outcomes":[{"transfer":"t-1","kind":"payout","state":"failed",`+
		`"amount":{"amount":"1.00","currency":"KES"},"reason":"AC01","rail_text":"%s"}]}`, commitmentTo(text))
}

// faultyLines are lines that cannot close a debtor.
var faultyLines = map[string]struct {
	line  string
	fault Fault
}{
	"not UTF-8":             {"{\"name\":\"\xff\",\"account\":\"1\"" + salted, FaultEncoding},
	"empty":                 {"", FaultSchema}, // as if it were missing
	"cut off":               {soundDebtor[:20], FaultSyntax},
	"a second value":        {soundDebtor + soundDebtor, FaultSyntax},
	"a second value, apart": {soundDebtor + " {}", FaultSyntax},
	"a name twice":          {`{"name":"A","name":"A","account":"1"` + salted, FaultSyntax},
	"half a surrogate":      {`{"name":"\ud800","account":"1"` + salted, FaultSyntax},
	"deep":                  {strings.Repeat("[", 4000), FaultSyntax},
	"not an object":         {`["A","1"]`, FaultSchema},
	"null":                  {`null`, FaultSchema},
	"a null member":         {`{"name":"A","account":"1","town":null` + salted, FaultSchema},
	"an unknown member":     {`{"name":"A","account":"1","x":1` + salted, FaultSchema},
	"another's line":        {soundNote, FaultSchema},
	"no account":            {`{"name":"A"` + salted, FaultSchema},
	"no name":               {`{"name":"  ","account":"1"` + salted, FaultSchema},
	"a control character":   {`{"name":"A\u0000","account":"1"` + salted, FaultSchema},
	"a long name":           {`{"name":"` + strings.Repeat("A", MaxNameLength+1) + `","account":"1"` + salted, FaultSchema},
	"no salt":               {`{"name":"A","account":"1"}`, FaultSchema},
	"a short salt":          {`{"name":"A","account":"1","salt":"AAAAAAAAAAAAAAAAAAAAA"}`, FaultSchema},
	"a long salt":           {`{"name":"A","account":"1","salt":"AAAAAAAAAAAAAAAAAAAAAAA"}`, FaultSchema},
	"a padded salt":         {`{"name":"A","account":"1","salt":"AAAAAAAAAAAAAAAAAAAAAA=="}`, FaultSchema},
	"another salt's text":   {`{"name":"A","account":"1","salt":"AAAAAAAAAAAAAAAAAAAAAB"}`, FaultSchema},
	"huge":                  {soundDebtor + strings.Repeat(" ", MaxClosedLineBytes), FaultSchema}, // as if it were missing
}

func TestAClosedLineSpoilsNoOtherIntent(t *testing.T) {
	for name, c := range faultyLines {
		t.Run(name, func(t *testing.T) {
			bad := intentOf(c.line)
			decoded, recalls, err := DecodeRequests("alpha", sealed(openLine(soundIntent, bad, soundIntent), soundDebtor, soundCreditor, c.line))
			require.NoError(t, err)
			assert.Empty(t, recalls)
			require.Len(t, decoded, 3)
			for _, n := range []int{0, 2} {
				require.Nil(t, decoded[n].Fault)
				assert.Equal(t, Party{Name: "A", Account: "254700000001"}, decoded[n].Intent.Debtor)
				assert.Len(t, decoded[n].Debtor.Line, len(soundDebtor))
			}
			fault := decoded[1].Fault
			require.NotNil(t, fault)
			assert.Equal(t, c.fault, fault.Fault, fault.Detail)
			assert.True(t, fault.Closed)
			assert.True(t, strings.HasPrefix(fault.Detail, "debtor"), fault.Detail)
			assert.Equal(t, "a-1", decoded[1].Intent.ID)
			assert.Zero(t, decoded[1].Intent.Debtor)
			assert.Zero(t, decoded[1].Intent.Creditor)
			assert.Nil(t, decoded[1].Debtor.Line)
		})
	}
}

// What is closed is not told: faults go to the sender's operator and into the log.
func TestFaultsQuoteNothingClosed(t *testing.T) {
	const secret = "Wanjiku"
	for _, line := range []string{
		secret, `{"` + secret + `":1}`, `{"name":"A","account":"+` + secret + `"` + salted, `{"name":"A","account":"1","country":"` + secret + `"` + salted,
		`{"name":"` + secret + `\u0000","account":"1"` + salted, `{"name":"A","account":"1","salt":"` + secret + `"}`, `{"name":7,"account":"` + secret + `"` + salted,
	} {
		decoded, _, err := DecodeRequests("alpha", sealed(openLine(intentOf(line)), line, soundCreditor))
		require.NoError(t, err)
		require.NotNil(t, decoded[0].Fault, line)
		assert.NotContains(t, decoded[0].Fault.Detail, secret)
	}
}

func TestClosedLinesAreFoundByTheirHash(t *testing.T) {
	noted := intentOf(soundDebtor, soundNote)
	sound := func(payload []byte, intents int) {
		t.Helper()
		decoded, _, err := DecodeRequests("alpha", payload)
		require.NoError(t, err)
		require.Len(t, decoded, intents)
		for _, d := range decoded {
			require.Nil(t, d.Fault)
			assert.Equal(t, "b@upi", d.Intent.Creditor.Account)
			assert.Equal(t, d.Note.Named(), d.Intent.Reference == "fees")
		}
	}
	missing := func(payload []byte, where string) {
		t.Helper()
		decoded, _, err := DecodeRequests("alpha", payload)
		require.NoError(t, err)
		require.NotNil(t, decoded[0].Fault)
		assert.Equal(t, &FaultError{Fault: FaultSchema, Detail: where + ": the closed line is missing", Closed: true}, decoded[0].Fault)
	}
	sound(sealed(openLine(noted), soundDebtor, soundCreditor, soundNote), 1)
	sound(sealed(openLine(noted), soundNote, soundCreditor, soundDebtor), 1)
	sound(sealed(openLine(noted), "", "noise", soundNote, soundNote, soundCreditor, soundDebtor, "\xff", ""), 1)
	sound(sealed(openLine(noted, noted, soundIntent), soundNote, soundCreditor, soundDebtor), 3) // one line for several
	sound(sealed(openLine(intentOf(soundCreditor)), soundCreditor), 1)                           // to oneself
	spaced := "\t" + strings.ReplaceAll(soundDebtor, ":", " : ") + " \r"
	sound(sealed(openLine(intentOf(spaced)), spaced, soundCreditor), 1)

	missing(openLine(noted), "debtor")
	missing(append(openLine(noted), '\n'), "debtor")
	missing(sealed(openLine(noted), soundDebtor, soundNote), "creditor")
	missing(sealed(openLine(noted), soundDebtor, soundCreditor), "note")
	missing(sealed(openLine(noted), soundDebtor+" ", soundCreditor, soundNote), "debtor")
	missing(bytes.ReplaceAll(sealed(openLine(noted), soundDebtor, soundCreditor, soundNote), []byte("\n"), []byte("\r\n")), "debtor")
}

// A line feed in the middle of JSON ends the open line.
func TestAnOpenLineIsOneLine(t *testing.T) {
	broken := bytes.Replace(envelope(soundIntent), []byte(`"intents":`), []byte("\"intents\":\n"), 1)
	_, err := DecodeIntents("alpha", broken)
	require.ErrorContains(t, err, string(FaultSyntax))
	open := openLine(soundIntent)
	for _, around := range []string{" %s", "%s ", "%s\r", "\t%s\t"} {
		decoded, err := DecodeIntents("alpha", sealed(fmt.Appendf(nil, around, open), soundDebtor, soundCreditor))
		require.NoError(t, err)
		require.Nil(t, decoded[0].Fault)
	}
	_, err = DecodeIntents("alpha", append([]byte("\n"), open...))
	require.ErrorContains(t, err, string(FaultSyntax))
}

func TestLimitsOfClosedLines(t *testing.T) {
	lines := func(before int) []byte {
		return sealed(openLine(soundIntent), append(slices.Repeat([]string{"x"}, before), soundDebtor, soundCreditor)...)
	}
	decoded, err := DecodeIntents("alpha", lines(MaxClosedLines-2))
	require.NoError(t, err)
	assert.Nil(t, decoded[0].Fault)
	for _, n := range []int{MaxClosedLines - 1, 100_000} {
		decoded, err = DecodeIntents("alpha", lines(n))
		require.NoError(t, err)
		require.NotNil(t, decoded[0].Fault)
		assert.True(t, decoded[0].Fault.Closed)
	}

	padded := soundDebtor + strings.Repeat(" ", MaxClosedLineBytes-len(soundDebtor))
	decoded, err = DecodeIntents("alpha", sealed(openLine(intentOf(padded)), padded, soundCreditor))
	require.NoError(t, err)
	assert.Nil(t, decoded[0].Fault, "as long as it may be")

	// One intent says so much that the payload is too large: who has its open line alone cannot know.
	payload := sealed(openLine(soundIntent), strings.Repeat("x", MaxEnvelopeBytes))
	var fault *FaultError
	_, err = DecodeIntents("alpha", payload)
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, FaultOversized, fault.Fault)
	assert.True(t, fault.Closed)
	sameOpen(t, payload)
	_, err = DecodeIntents("alpha", sealed(openLine(soundIntent, strings.Repeat(" ", MaxOpenBytes)), soundDebtor))
	require.ErrorAs(t, err, &fault)
	assert.Equal(t, FaultOversized, fault.Fault)
	assert.False(t, fault.Closed)
}

// The largest that encoders write fits into an open line, whatever is in it.
func TestOpenLinesFit(t *testing.T) {
	i, o := sampleIntent(strings.Repeat("i", MaxIDLength)), sampleOutcome(strings.Repeat("t", MaxIDLength))
	long := Amount{Amount: "1." + strings.Repeat("9", 20), Currency: strings.Repeat("C", 64)}
	i.Source, i.Destination, i.Quote, i.Fixed, i.Priority = long, long, i.ID, "destination", PriorityNormal
	i.CreditorParticipant, i.Deadline = strings.Repeat("p", 32), i.Deadline.Add(123456789)
	o.Amount, o.RailRef, o.RailCode = long, strings.Repeat("R", MaxReferenceLength), strings.Repeat("C", MaxRailCodeLength)
	o.RailText, o.Reason, o.ResolvedBy = strings.Repeat("𝄞", MaxRailTextLength), "AC01", "operator"
	intents, err := EncodeIntents("alpha", slices.Repeat([]Intent{i}, MaxIntents), testSalter)
	require.NoError(t, err)
	outcomes, err := EncodeOutcomes("alpha", slices.Repeat([]Outcome{o}, MaxOutcomes), testSalter)
	require.NoError(t, err)
	for _, payload := range slices.Concat(intents, outcomes) {
		open, _ := Open(payload)
		require.LessOrEqual(t, len(open), MaxOpenBytes)
	}
	_, err = DecodeIntents("alpha", intents[0])
	require.NoError(t, err)
	_, err = DecodeOutcomes("alpha", outcomes[0])
	require.NoError(t, err)
}

// What the rail said is for people: without it an outcome is what it is.
func TestOutcomesHoldWithoutTheirTexts(t *testing.T) {
	for name, c := range map[string]struct {
		named, line, text string
	}{
		"sound":           {soundText, soundText, "ok"},
		"missing":         {soundText, "noise", ""},
		"not UTF-8":       {"{\"rail_text\":\"\xff\"" + salted, "{\"rail_text\":\"\xff\"" + salted, ""},
		"no text":         {`{"rail_text":""` + salted, `{"rail_text":""` + salted, ""},
		"no salt":         {`{"rail_text":"ok"}`, `{"rail_text":"ok"}`, ""},
		"another's line":  {soundDebtor, soundDebtor, ""},
		"a control":       {`{"rail_text":"\u0000"` + salted, `{"rail_text":"\u0000"` + salted, ""},
		"too long a text": {`{"rail_text":"` + strings.Repeat("a", 257) + `"` + salted, `{"rail_text":"` + strings.Repeat("a", 257) + `"` + salted, ""},
	} {
		payload := sealed(openReport(c.named), c.line)
		outcomes, _, err := DecodeReport("alpha", payload)
		require.NoError(t, err, name)
		require.Len(t, outcomes, 1)
		assert.Equal(t, c.text, outcomes[0].RailText, name)
		assert.Equal(t, c.text != "", outcomes[0].Text.Line != nil, name)
		assert.Equal(t, commitmentTo(c.named), strictBase64.EncodeToString(outcomes[0].Text.Commitment[:]))
		assert.Equal(t, OutcomeFailed, outcomes[0].State)
		sameOpenReport(t, payload)
	}
}

// sameOpen holds what is read of an open line alone against what is read of all.
func sameOpen(t require.TestingT, payload []byte) {
	open, _ := Open(payload)
	all, recalls, err := DecodeRequests("alpha", payload)
	shown, shownRecalls, shownErr := DecodeOpenRequests("alpha", open)
	if sameError(t, err, shownErr) {
		return
	}
	require.Equal(t, recalls, shownRecalls)
	require.Len(t, shown, len(all))
	for n := range all {
		want := all[n]
		if want.Fault != nil && want.Fault.Closed {
			want.Fault = nil
		}
		i := &want.Intent
		want.Debtor.Line, want.Creditor.Line, want.Note.Line = nil, nil, nil
		if want.Fault == nil {
			i.Debtor, i.Creditor, i.Purpose, i.Reference = Party{}, Party{}, "", ""
		}
		require.Equal(t, want, shown[n])
	}
}

func sameOpenReport(t require.TestingT, payload []byte) {
	open, _ := Open(payload)
	all, rail, err := DecodeReport("alpha", payload)
	shown, shownRail, shownErr := DecodeOpenReport("alpha", open)
	if sameError(t, err, shownErr) {
		return
	}
	require.Equal(t, rail, shownRail)
	for n := range all {
		all[n].Text.Line, all[n].RailText = nil, ""
	}
	require.Equal(t, all, shown)
}

// sameError tells whether the whole was refused.
func sameError(t require.TestingT, err, shown error) bool {
	if err == nil {
		require.NoError(t, shown)
		return false
	}
	var fault *FaultError
	require.ErrorAs(t, err, &fault)
	if fault.Closed {
		require.NoError(t, shown)
	} else {
		require.Equal(t, err, shown)
	}
	return true
}

// An auditor who has only open lines sees every fault but those of what is closed, and loses nothing else.
func TestOpenLinesSayTheSame(t *testing.T) {
	var sound, faulty int
	rapid.Check(t, func(t *rapid.T) {
		for _, payload := range encodeHostile(t, PayloadIntent) {
			for range 5 {
				spoiled := mutated(t, payload)
				sameOpen(t, spoiled)
				if decoded, err := DecodeIntents("alpha", spoiled); err == nil && !slices.ContainsFunc(decoded, func(d DecodedIntent) bool { return d.Fault != nil }) {
					sound++
				} else {
					faulty++
				}
			}
		}
		for _, payload := range encodeHostile(t, PayloadOutcome) {
			sameOpenReport(t, mutated(t, payload))
		}
	})
	require.NotZero(t, sound)
	require.NotZero(t, faulty)
	for _, payload := range closedSeeds() {
		sameOpen(t, payload)
		sameOpenReport(t, payload)
	}
}

// Nothing personal is in an open line, and whoever has only that cannot tell whether a guess is right.
func TestOpenLinesHoldNothingPersonal(t *testing.T) {
	i, o := sampleIntent("a-1"), sampleOutcome("t-1")
	o.RailText = "Anita Sharma has no wallet"
	intents, err := EncodeIntents("alpha", []Intent{i}, testSalter)
	require.NoError(t, err)
	outcomes, err := EncodeOutcomes("alpha", []Outcome{o}, testSalter)
	require.NoError(t, err)
	open, closed := Open(intents[0])
	for _, text := range []string{
		i.Debtor.Name, i.Debtor.Account, i.Debtor.Address, i.Creditor.Name, i.Creditor.Account, i.Creditor.Town, i.Purpose, i.Reference,
	} {
		assert.NotContains(t, string(open), text)
		assert.Contains(t, string(closed), text)
	}
	open, closed = Open(outcomes[0])
	assert.NotContains(t, string(open), o.RailText)
	assert.Contains(t, string(closed), o.RailText)

	other, err := EncodeIntents("alpha", []Intent{i}, NewSalter([SaltSecretSize]byte{1}))
	require.NoError(t, err)
	hers, his := openOf(t, intents[0]), openOf(t, other[0])
	assert.NotEqual(t, hers.Debtor.Commitment, his.Debtor.Commitment)
	i.ID = "a-2"
	next, err := EncodeIntents("alpha", []Intent{i}, testSalter)
	require.NoError(t, err)
	assert.NotEqual(t, hers.Debtor.Commitment, openOf(t, next[0]).Debtor.Commitment, "nor that it is she again")
	assert.NotEqual(t, hers.Debtor.Commitment, hers.Creditor.Commitment)
}

func openOf(t *testing.T, payload []byte) DecodedIntent {
	t.Helper()
	decoded, _, err := DecodeOpenRequests("alpha", payload)
	require.NoError(t, err)
	return decoded[0]
}

// A position holds when what is closed is gone, and the signature too.
func TestErasingClosedLinesChangesNothingElse(t *testing.T) {
	signer := newSigner(t)
	payloads, err := EncodeIntents("alpha", []Intent{sampleIntent("a-1")}, testSalter)
	require.NoError(t, err)
	open, _ := Open(payloads[0])
	signature, err := signer.Sign(PayloadIntent, open)
	require.NoError(t, err)
	assert.Equal(t, MessageHash(payloads[0], signature), MessageHash(open, signature))
	require.NoError(t, Verify(signer.PublicKey(), PayloadIntent, open, signature))
	all, err := DecodeIntents("alpha", payloads[0])
	require.NoError(t, err)
	assert.Equal(t, all[0].Raw, openOf(t, open).Raw)
}

// What was sent as version 1 is read where it is asked for, with the faults of then, and nowhere else.
func TestTheFirstVersion(t *testing.T) {
	i, o := sampleIntent("a-1"), sampleOutcome("t-1")
	o.RailRef, o.RailCode = "a ref", "a code"
	intents := firstIntents(t, i, Intent{ID: "a-2"})
	decoded, recalls, err := DecodeRequestsFirst("alpha", intents)
	require.NoError(t, err)
	require.Empty(t, recalls)
	assert.Nil(t, decoded[0].Fault)
	assert.Equal(t, i, decoded[0].Intent)
	require.NotNil(t, decoded[1].Fault)
	assert.False(t, decoded[1].Fault.Closed)
	assert.Equal(t, "a-2", decoded[1].Intent.ID)
	health := &RailHealth{State: RailUp, Since: i.Deadline, At: i.Deadline}
	report := firstReport(t, health, o)
	outcomes, rail, err := DecodeReportFirst("alpha", report)
	require.NoError(t, err)
	assert.Equal(t, []DecodedOutcome{{Outcome: o}}, outcomes)
	assert.Equal(t, health, rail)

	assert.True(t, IsFirst(intents))
	assert.False(t, IsFirst(envelope(soundIntent)))
	assert.False(t, IsFirst(intents[1:]))
	_, err = DecodeIntents("alpha", intents)
	require.ErrorContains(t, err, "version 1, want 2")
	_, err = DecodeOutcomes("alpha", report)
	require.ErrorContains(t, err, "version 1, want 2")
	_, _, err = DecodeRequestsFirst("alpha", envelope(soundIntent))
	require.Error(t, err)
	_, _, err = DecodeReportFirst("alpha", openReport(soundText))
	require.ErrorContains(t, err, "version 2, want 1")
	_, _, err = DecodeReportFirst("alpha", firstReport(t, nil))
	require.ErrorContains(t, err, "outcomes")
}
