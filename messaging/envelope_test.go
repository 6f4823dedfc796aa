package messaging

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// envelope writes a payload of intents, and behind each the closed lines of the sound one.
func envelope(intents ...string) []byte {
	return fmt.Appendf(openLine(intents...), "%s", strings.Repeat("\n"+soundDebtor+"\n"+soundCreditor, len(intents)))
}

func openLine(intents ...string) []byte {
	return fmt.Appendf(nil, `{"version":2,"participant":"alpha","intents":[%s]}`, strings.Join(intents, ","))
}

// commitmentTo is what an open line says of a closed one.
func commitmentTo(line string) string {
	hash := sha256.Sum256([]byte(line))
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

const (
	salted        = `,"salt":"AAAAAAAAAAAAAAAAAAAAAA"}`
	soundDebtor   = `{"name":"A","account":"254700000001"` + salted
	soundCreditor = `{"name":"B","account":"b@upi"` + salted
)

var soundIntent = intentOf(soundDebtor)

// intentOf is an element that names closed lines: of a debtor, the sound creditor and maybe a note.
func intentOf(debtor string, note ...string) string {
	element := `{"id":"a-1","creditor_participant":"beta","debtor":"` + commitmentTo(debtor) + `","creditor":"` + commitmentTo(soundCreditor) +
		`","source":{"amount":"1.00","currency":"KES"},"destination":{"amount":"1.00","currency":"KES"},"deadline":"2026-03-01T12:00:00Z"`
	for _, line := range note {
		element += `,"note":"` + commitmentTo(line) + `"`
	}
	return element + "}"
}

func TestEnvelopeFaults(t *testing.T) {
	for name, c := range map[string]struct {
		payload []byte
		fault   Fault
	}{
		"empty":             {nil, FaultSyntax},
		"oversized":         {bytes.Repeat([]byte(" "), MaxEnvelopeBytes+1), FaultOversized},
		"oversized noise":   {bytes.Repeat([]byte{0xff}, MaxEnvelopeBytes+1), FaultOversized},
		"invalid UTF-8":     {[]byte("{\"version\":2,\"participant\":\"\xff\"}"), FaultEncoding},
		"half a surrogate":  {envelope(`"\ud800"`), FaultSyntax},
		"cut off":           {envelope(soundIntent)[:40], FaultSyntax},
		"trailing comma":    {envelope(soundIntent + ","), FaultSyntax},
		"two values":        {append(openLine(soundIntent), "{}"...), FaultSyntax},
		"name twice":        {[]byte(`{"version":2,"version":2,"participant":"alpha","intents":[1]}`), FaultSyntax},
		"deep":              {[]byte(strings.Repeat("[", 100_000)), FaultSyntax},
		"not an object":     {[]byte(`[]`), FaultSchema},
		"null":              {[]byte(`null`), FaultSchema},
		"unknown member":    {[]byte(`{"version":2,"participant":"alpha","intents":[],"x":1}`), FaultSchema},
		"other case":        {[]byte(`{"Version":1,"participant":"alpha","intents":[1]}`), FaultSchema},
		"version as text":   {[]byte(`{"version":"1","participant":"alpha","intents":[1]}`), FaultSchema},
		"the first version": {[]byte(`{"version":1,"participant":"alpha","intents":[1]}`), FaultSchema},
		"a later version":   {[]byte(`{"version":3,"participant":"alpha","intents":[1]}`), FaultSchema},
		"no intents":        {envelope(), FaultSchema},
		"too many intents":  {envelope(strings.Split(strings.Repeat("1,", MaxIntents)+"1", ",")...), FaultSchema},
		"someone else's":    {bytes.Replace(envelope(soundIntent), []byte("alpha"), []byte("beta"), 1), FaultImpersonation},
		"someone else's, Ⅱ": {bytes.Replace(envelope(soundIntent), []byte("alpha"), []byte("Alpha"), 1), FaultImpersonation},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeIntents("alpha", c.payload)
			var fault *FaultError
			require.ErrorAs(t, err, &fault)
			assert.Equal(t, c.fault, fault.Fault, "%v", err)
			assert.LessOrEqual(t, len([]rune(fault.Detail)), MaxDetailLength)
		})
	}
}

func TestOneBadIntentSpoilsNoOther(t *testing.T) {
	spaced := strings.Replace(soundIntent, ":", " : ", 3)
	bad := map[string]string{ // element → the id under which it is refused
		strings.Replace(soundIntent, `"1.00"`, `1.00`, 1):                    "a-1",
		strings.Replace(soundIntent, `"1.00"`, `"1e5"`, 1):                   "a-1",
		strings.Replace(soundIntent, `"1.00"`, `"1,000"`, 1):                 "a-1",
		strings.Replace(soundIntent, `"debtor":"`, `"debtor":"_`, 1):         "a-1",
		strings.Replace(soundIntent, `"debtor":"`, `"debtor":null,"x":"`, 1): "a-1",
		strings.Replace(soundIntent, `"debtor"`, `"note":"","debtr"`, 1):     "a-1",
		strings.Replace(soundIntent, `"id"`, `"note":"A","id"`, 1):           "a-1",
		intentOf(`{"name":"A\u0000","account":"1"` + salted):                 "a-1",
		intentOf(`{"name":" ","account":"1"` + salted):                       "a-1",
		strings.Replace(soundIntent, `"id"`, `"extra":1,"id"`, 1):            "a-1",
		strings.Replace(soundIntent, `"id"`, `"purpose":null,"id"`, 1):       "a-1",
		strings.Replace(soundIntent, `"a-1"`, `"../etc"`, 1):                 "",
		strings.Replace(soundIntent, `"a-1"`, `7`, 1):                        "",
		strings.Replace(soundIntent, `2026-03-01T12:00:00Z`, `soon`, 1):      "a-1",
		`null`: "", `7`: "", `[]`: "", `{}`: "",
	}
	for element, id := range bad {
		decoded, err := DecodeIntents("alpha", envelope(soundIntent, element, spaced))
		require.NoError(t, err)
		require.Len(t, decoded, 3)
		assert.Nil(t, decoded[0].Fault)
		assert.Nil(t, decoded[2].Fault)
		assert.Equal(t, spaced, string(decoded[2].Raw), "the exact bytes")
		require.NotNil(t, decoded[1].Fault, element)
		assert.Equal(t, FaultSchema, decoded[1].Fault.Fault)
		assert.Equal(t, id, decoded[1].Intent.ID, element)
		assert.Equal(t, element, string(decoded[1].Raw))
	}
}

func TestNullIsNoValue(t *testing.T) {
	payloads, err := EncodeOutcomes("alpha", []Outcome{sampleOutcome("t-1")}, testSalter)
	require.NoError(t, err)
	_, err = DecodeOutcomes("alpha", bytes.Replace(payloads[0], []byte(`"R1"`), []byte(`null`), 1))
	require.ErrorContains(t, err, string(FaultSchema))
	_, err = DecodeOutcomes("alpha", bytes.Replace(payloads[0], []byte(`"version":2`), []byte(`"version":1`), 1))
	require.ErrorContains(t, err, string(FaultSchema))
}

func TestCheckOfAmounts(t *testing.T) {
	kes := func(text string) Amount { return Amount{Amount: text, Currency: "KES"} }
	inr := func(text string) Amount { return Amount{Amount: text, Currency: "INR"} }
	for name, c := range map[string]struct {
		intent Intent
		fault  Fault
	}{
		"sound":              {Intent{Source: kes("1.5"), Destination: kes("1.50")}, ""},
		"sound across":       {Intent{Source: kes("1.5"), Destination: inr("1"), Quote: "q", Fixed: "source"}, ""},
		"zero":               {Intent{Source: kes("0"), Destination: kes("0")}, FaultAmount},
		"negative":           {Intent{Source: kes("-1"), Destination: kes("-1")}, FaultAmount},
		"no number":          {Intent{Source: kes("1"), Destination: kes("one")}, FaultAmount},
		"too many decimals":  {Intent{Source: kes("1.001"), Destination: kes("1")}, FaultAmountDecimals},
		"overflow":           {Intent{Source: kes("1"), Destination: kes("99999999999999999999")}, FaultAmountOverflow},
		"no such currency":   {Intent{Source: kes("1"), Destination: Amount{"1", "XQX"}}, FaultUnknownCurrency},
		"unequal":            {Intent{Source: kes("1"), Destination: kes("2")}, FaultQuoteMismatch},
		"needless quote":     {Intent{Source: kes("1"), Destination: kes("1"), Quote: "q"}, FaultQuoteMismatch},
		"needless side":      {Intent{Source: kes("1"), Destination: kes("1"), Fixed: "source"}, FaultQuoteMismatch},
		"quote missing":      {Intent{Source: kes("1"), Destination: inr("1"), Fixed: "source"}, FaultQuoteUnknown},
		"fixed side missing": {Intent{Source: kes("1"), Destination: inr("1"), Quote: "q"}, FaultQuoteMismatch},
		"no such side":       {Intent{Source: kes("1"), Destination: inr("1"), Quote: "q", Fixed: "both"}, FaultQuoteMismatch},
	} {
		fault := c.intent.Check()
		if c.fault == "" {
			assert.Nil(t, fault, name)
			continue
		}
		if assert.NotNil(t, fault, name) {
			assert.Equal(t, c.fault, fault.Fault, name)
		}
	}
	assert.Nil(t, sampleOutcome("t").Check())
	assert.NotNil(t, Outcome{Amount: kes("0")}.Check())
}

func TestPackingKeepsOrderAndLimits(t *testing.T) {
	var intents []Intent
	for n := range 1000 {
		i := sampleIntent(fmt.Sprint("a-", n))
		i.Debtor.Name = strings.Repeat("ü", MaxNameLength)
		i.Creditor.Address = strings.Repeat("𝄞", MaxAddressLength) // 4 bytes each
		i.Debtor.Address = i.Creditor.Address
		i.Reference = strings.Repeat("𝄞", MaxReferenceLength)
		intents = append(intents, i)
	}
	payloads, err := EncodeIntents("alpha", intents, testSalter)
	require.NoError(t, err)
	again, err := EncodeIntents("alpha", intents, testSalter)
	require.NoError(t, err)
	assert.Equal(t, payloads, again)
	var got []Intent
	for _, payload := range payloads {
		assert.LessOrEqual(t, len(payload), MaxEnvelopeBytes)
		decoded, err := DecodeIntents("alpha", payload)
		require.NoError(t, err)
		for _, d := range decoded {
			require.Nil(t, d.Fault)
			got = append(got, d.Intent)
		}
	}
	assert.Equal(t, intents, got)
	none, err := EncodeIntents("alpha", nil, testSalter)
	require.NoError(t, err)
	assert.Empty(t, none)
	_, err = EncodeIntents("alpha", []Intent{{ID: "a-1"}}, testSalter)
	var fault *FaultError
	require.ErrorAs(t, err, &fault)
}

func TestStatusIsPackedListsFirst(t *testing.T) {
	m := StatusMessage{Participant: "alpha", Batch: 3, Peers: []Peer{{Participant: "beta", Country: "KE", Currency: "KES"}}}
	for n := range MaxChanges + 1 {
		m.Changes = append(m.Changes, Change{Intent: fmt.Sprint("a-", n), State: StateRejected, Detail: "line\nbreak"})
	}
	payloads, err := EncodeStatuses(m)
	require.NoError(t, err)
	require.Len(t, payloads, 3)
	first, err := DecodeStatus("alpha", payloads[0])
	require.NoError(t, err)
	assert.Equal(t, m.Peers, first.Peers)
	last, err := DecodeStatus("alpha", payloads[2])
	require.NoError(t, err)
	require.Len(t, last.Changes, 1)
	assert.Equal(t, "line break", last.Changes[0].Detail)
	assert.Equal(t, int64(3), last.Batch)
}
