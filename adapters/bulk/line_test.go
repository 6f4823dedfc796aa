package bulk

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

const soundLine = `a1,beta,Employer Ltd,254700000001,,"Maria ""M"" Cruz, Cebu",639170000001,,1000.50,KES,March,SALA,high`

func TestLineFaultsByType(t *testing.T) {
	l, amount, fault := ParseLine([]byte(soundLine))
	require.Nil(t, fault)
	assert.Equal(t, fx.Money{Minor: 100_050, Currency: kes}, amount)
	assert.Equal(t, Line{
		ID: "a1", CreditorParticipant: "beta", Debtor: messaging.Party{Name: "Employer Ltd", Account: "254700000001"},
		Creditor: messaging.Party{Name: `Maria "M" Cruz, Cebu`, Account: "639170000001"},
		Amount:   messaging.Amount{Amount: "1000.50", Currency: "KES"}, Reference: "March", Purpose: "SALA", Priority: "high",
	}, l)
	for name, c := range map[string]struct {
		old, fresh string
		want       messaging.Fault
	}{
		"empty":               {soundLine, "", FaultCSV},
		"a field too few":     {",high", "", FaultCSV},
		"a field too many":    {",high", ",high,", FaultCSV},
		"quote not closed":    {`Cebu"`, "Cebu", FaultCSV},
		"text behind a quote": {`Cebu"`, `Cebu"x`, FaultCSV},
		"quote inside":        {"Employer", `Em"ployer`, FaultCSV},
		"not UTF-8":           {"Employer", "Empl\xc3\x28yer", messaging.FaultEncoding},
		"control character":   {"Employer", "Empl\x00yer", messaging.FaultSchema},
		"line feed":           {"Employer", "Empl\noyer", messaging.FaultSchema},
		"right to left":       {"Employer", "Empl\u202eyer", messaging.FaultSchema},
		"too long":            {"Employer", strings.Repeat("a", MaxLineBytes), messaging.FaultOversized},
		"long name":           {"Employer", strings.Repeat("ñ", 141), messaging.FaultSchema},
		"id":                  {"a1", "a 1", messaging.FaultSchema},
		"no id":               {"a1", "", messaging.FaultSchema},
		"formula for an id":   {"a1", "=1+1", messaging.FaultSchema},
		"participant":         {"beta", "BETA", messaging.FaultSchema},
		"no debtor":           {"Employer Ltd", "", messaging.FaultTravelRule},
		"no account":          {"639170000001", "", messaging.FaultTravelRule},
		"account":             {"639170000001", "ж", messaging.FaultSchema},
		"priority":            {"high", "urgent", messaging.FaultSchema},
		"long reference":      {"March", strings.Repeat("a", 141), messaging.FaultSchema},
		"zero":                {"1000.50", "0", messaging.FaultAmount},
		"negative":            {"1000.50", "-1", messaging.FaultAmount},
		"exponent":            {"1000.50", "1e3", messaging.FaultSchema},
		"decimal comma":       {"1000.50", `"1000,50"`, messaging.FaultSchema},
		"decimals":            {"1000.50", "1000.505", messaging.FaultAmountDecimals},
		"overflow":            {"1000.50", "99999999999999999999", messaging.FaultAmountOverflow},
		"over the limit":      {"1000.50", "10000000000.01", messaging.FaultAmountLimit},
		"currency":            {"KES", "XXX", messaging.FaultUnknownCurrency},
	} {
		t.Run(name, func(t *testing.T) {
			l, _, fault := ParseLine([]byte(strings.Replace(soundLine, c.old, c.fresh, 1)))
			require.NotNil(t, fault)
			assert.Equal(t, c.want, fault.Fault, fault.Detail)
			assert.Regexp(t, `^[A-Z0-9]{4}$`, reason(fault.Fault))
			assert.True(t, l.ID == "" || messaging.ValidID(l.ID))
		})
	}
}

func TestLineSaysWherePeopleLive(t *testing.T) {
	l, _, fault := ParseLine([]byte(soundLine + ",Nairobi,KE,Cebu,PH"))
	require.Nil(t, fault)
	assert.Equal(t, messaging.Party{Name: "Employer Ltd", Account: "254700000001", Town: "Nairobi", Country: "KE"}, l.Debtor)
	assert.Equal(t, "Cebu", l.Creditor.Town)
	assert.Equal(t, "PH", l.Creditor.Country)
	l, _, fault = ParseLine([]byte(soundLine + ",,,,"))
	require.Nil(t, fault)
	assert.Empty(t, l.Creditor.Country)
	_, _, fault = ParseLine([]byte(soundLine + ",,,,Philippines"))
	require.NotNil(t, fault)
	assert.Equal(t, messaging.FaultSchema, fault.Fault)

	_, err := newReader(strings.NewReader(LongHeader + "\n"))
	require.NoError(t, err)
	_, err = newReader(strings.NewReader(Header + ",debtor_town\n"))
	require.Error(t, err)
}

// What any CSV writer writes, is read as it was.
func TestSplitReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wide := rapid.SampledFrom([]int{columns, longColumns}).Draw(t, "columns")
		fields := rapid.SliceOfN(rapid.StringMatching(`[ -~ñж]{0,20}`), wide, wide).Draw(t, "fields")
		var text bytes.Buffer
		w := csv.NewWriter(&text)
		require.NoError(t, w.Write(fields))
		w.Flush()
		read, fault := split(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
		require.Nil(t, fault)
		require.Equal(t, fields, read)
	})
}

func TestPlacesAndIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := place{
			file: key(rapid.SliceOfN(rapid.Byte(), 15, 15).Draw(t, "file")), line: rapid.IntRange(firstLine, MaxLines+1).Draw(t, "line"),
			sweep: rapid.IntRange(0, maxSweep).Draw(t, "sweep"),
		}
		id := p.intentID()
		require.True(t, messaging.ValidID(id), id)
		back, ok := placeOf(id)
		require.True(t, ok)
		require.Equal(t, p, back)
	})
	id := place{line: 2}.intentID()
	for _, other := range []string{"", "b", "oA1", id + "x", id + ".0", id + ".10", strings.ToUpper(id), strings.Replace(id, "-2", "-02", 1), strings.Replace(id, "-2", "-1", 1)} {
		_, ok := placeOf(other)
		assert.False(t, ok, other)
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add([]byte(soundLine))
	f.Add([]byte(`a1,beta,"x`))
	f.Add([]byte(`"a""1",,,,,,,,,,,,`))
	f.Add([]byte("\xef\xbb\xbf,\x00\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, amount, fault := ParseLine(raw)
		if fault != nil {
			require.NotEmpty(t, fault.Fault)
			require.True(t, l.ID == "" || messaging.ValidID(l.ID))
			return
		}
		require.Positive(t, amount.Minor)
		intent := l.intent()
		intent.ID, intent.Source, intent.Destination, intent.Deadline = l.ID, l.Amount, l.Amount, now()
		require.Nil(t, intent.CheckStructure(), "what is sound can be published")
		again, _, fault := ParseLine(raw)
		require.Nil(t, fault)
		require.Equal(t, l, again)
	})
}

// FuzzReader reads whole files: nothing that a file holds stops the reading, and a line is where it says.
func FuzzReader(f *testing.F) {
	f.Add([]byte(Header + "\n" + soundLine + "\n" + soundLine))
	f.Add([]byte("\xef\xbb\xbf" + Header + "\r\n\r\n\n\"\n" + soundLine + "\r\n"))
	f.Add([]byte("id,amount\n"))
	f.Fuzz(readWhole)
}

// A line longer than the reader holds is one line, wherever its end falls.
func TestLongLines(t *testing.T) {
	for _, n := range []int{MaxLineBytes - 1, MaxLineBytes, MaxLineBytes + 1, 2 * MaxLineBytes, 2*MaxLineBytes + 1, 5 * MaxLineBytes} {
		for _, end := range []string{"\n", "\r\n", "\r\r\n", ""} {
			readWhole(t, []byte(Header+"\n"+soundLine+"\n"+strings.Repeat("a", n)+"\r"+end+strings.Repeat("b", n)+end))
		}
	}
}

func readWhole(t *testing.T, file []byte) {
	t.Helper()
	r, err := newReader(bytes.NewReader(file))
	if err != nil {
		var fault *messaging.FaultError
		require.ErrorAs(t, err, &fault)
		return
	}
	count := 0
	for {
		at := r.at
		require.Equal(t, count+firstLine, at.Line)
		raw, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		rest := file[at.Offset:]
		require.True(t, at.Offset == 0 || file[at.Offset-1] == '\n')
		whole, _, _ := bytes.Cut(rest, []byte("\n"))
		whole = bytes.TrimSuffix(whole, []byte("\r"))
		if len(raw) > MaxLineBytes {
			require.True(t, bytes.HasPrefix(rest, raw))
		} else {
			require.Equal(t, string(whole), string(raw))
		}
		count++
	}
	want := bytes.Count(file, []byte("\n")) - 1
	if !bytes.HasSuffix(file, []byte("\n")) {
		want++
	}
	require.Equal(t, want, count, "one line each")
	r, err = newReader(bytes.NewReader(file))
	require.NoError(t, err)
	faults := 0
	all := &scanned{}
	err = all.read(r, func(int, *messaging.FaultError) error { faults++; return nil })
	if count == 0 {
		require.Error(t, err)
		return
	}
	require.NoError(t, err)
	require.Equal(t, count, all.lines)
	require.Equal(t, count, faults+len(all.holders))
}
