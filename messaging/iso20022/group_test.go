package iso20022

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// grouped writes a pacs.008 with many payments, its header spoilt as wanted.
func grouped(t require.TestingT, header string, transfers ...CreditTransfer) []byte {
	var payments strings.Builder
	var prologue, tail string
	for _, transfer := range transfers {
		data, err := transfer.Marshal()
		require.NoError(t, err)
		text := string(data)
		begin, end := strings.Index(text, "<CdtTrfTxInf>"), strings.Index(text, "</FIToFICstmrCdtTrf>")
		payments.WriteString(text[begin:end])
		prologue, tail = text[:begin], text[end:]
	}
	return []byte(strings.Replace(prologue, "<NbOfTxs>1</NbOfTxs>", header, 1) + payments.String() + tail)
}

func numbered(n int) (transfers []CreditTransfer) {
	for i := range n {
		transfer := sampleTransfer()
		transfer.ID, transfer.Amount.Minor = id("T"+strconv.Itoa(i)), int64(i+1)
		transfers = append(transfers, transfer)
	}
	return transfers
}

func readGroup(data []byte) (list []GroupedTransfer, g *CreditTransferGroup, err error) {
	g, err = ReadCreditTransfers(iotest.OneByteReader(bytes.NewReader(data)))
	for err == nil {
		var transfer GroupedTransfer
		if transfer, err = g.Next(); err == nil {
			list = append(list, transfer)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return list, g, err
}

func TestGroup(t *testing.T) {
	want := numbered(3)
	data := grouped(t, `<NbOfTxs>3</NbOfTxs><CtrlSum>0.06</CtrlSum><TtlIntrBkSttlmAmt Ccy="PHP">0.06</TtlIntrBkSttlmAmt>`, want...)
	validate(t, MessageCreditTransfer, data)
	list, g, err := readGroup(data)
	require.NoError(t, err)
	assert.Equal(t, sha256.Sum256(data), g.SHA256())
	assert.Equal(t, 3, g.Header.Count)
	require.Len(t, list, 3)
	for i, got := range list {
		require.Nil(t, got.Fault)
		assert.Equal(t, want[i], sourceless(got.CreditTransfer))
		alone, err := got.Source.Document.Marshal()
		require.NoError(t, err)
		validate(t, MessageCreditTransfer, alone)
	}
}

func TestGroupsThatAreRefused(t *testing.T) {
	mixed := numbered(2)
	mixed[1].Amount = money(2, "UGX")
	for name, c := range map[string]struct {
		header    string
		transfers []CreditTransfer
		fault     Fault
	}{
		"one too few":          {"<NbOfTxs>3</NbOfTxs>", numbered(2), FaultMismatch},
		"one too many":         {"<NbOfTxs>1</NbOfTxs>", numbered(2), FaultMismatch},
		"another sum":          {"<NbOfTxs>2</NbOfTxs><CtrlSum>0.04</CtrlSum>", numbered(2), FaultMismatch},
		"another total":        {`<NbOfTxs>2</NbOfTxs><TtlIntrBkSttlmAmt Ccy="PHP">0.04</TtlIntrBkSttlmAmt>`, numbered(2), FaultMismatch},
		"a total of two":       {`<NbOfTxs>2</NbOfTxs><TtlIntrBkSttlmAmt Ccy="PHP">2.01</TtlIntrBkSttlmAmt>`, mixed, FaultMismatch},
		"settled in ten years": {"<NbOfTxs>2</NbOfTxs><IntrBkSttlmDt>2036-01-01</IntrBkSttlmDt>", numbered(2), FaultCode},
		"a count of words":     {"<NbOfTxs>two</NbOfTxs>", numbered(2), FaultCode},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := readGroup(grouped(t, c.header, c.transfers...))
			requireFault(t, err, c.fault)
		})
	}
	_, _, err := readGroup(grouped(t, "<NbOfTxs>2</NbOfTxs><CtrlSum>2.01</CtrlSum>", mixed...))
	require.NoError(t, err, "a control sum adds up whatever the currencies")
	request, err := sampleRequest().Marshal()
	require.NoError(t, err)
	_, _, err = readGroup(request)
	requireFault(t, err, FaultNamespace)
	broken := errors.New("the line is dead")
	_, err = ReadCreditTransfers(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
}

// TestOneBadPaymentSpoilsNoOther: what is wrong with one is told beside it, and its amount still counts.
func TestOneBadPaymentSpoilsNoOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		transfers := numbered(rapid.IntRange(2, 6).Draw(t, "n"))
		bad := rapid.IntRange(1, len(transfers)-1).Draw(t, "bad")
		want := FaultDuplicate
		spoil := func(text string) string { return text }
		switch rapid.IntRange(0, 2).Draw(t, "how") {
		case 0:
			transfers[bad].ID.UETR = transfers[bad-1].ID.UETR
		case 1:
			transfers[bad].ID.TxID = transfers[bad-1].ID.TxID
		case 2:
			want, spoil = FaultAmount, func(text string) string {
				amount := transfers[bad].Amount.Text()
				return strings.Replace(text, `Ccy="PHP">`+amount+"<", `Ccy="ABC">`+amount+"<", 1)
			}
		}
		n := len(transfers)
		sum := money(int64(n*(n+1)/2), "PHP").Text()
		data := grouped(t, "<NbOfTxs>"+strconv.Itoa(n)+"</NbOfTxs><CtrlSum>"+sum+"</CtrlSum>", transfers...)
		list, _, err := readGroup([]byte(spoil(string(data))))
		require.NoError(t, err)
		require.Len(t, list, n)
		for i, transfer := range list {
			if i != bad {
				require.Nil(t, transfer.Fault)
				continue
			}
			require.NotNil(t, transfer.Fault)
			assert.Equal(t, want, transfer.Fault.Fault)
			assert.Contains(t, transfer.Fault.Path, "CdtTrfTxInf["+strconv.Itoa(bad+1)+"]")
		}
	})
}

func BenchmarkGroup(b *testing.B) {
	const n = 1000
	data := grouped(b, "<NbOfTxs>"+strconv.Itoa(n)+"</NbOfTxs>", numbered(n)...)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		g, err := ReadCreditTransfers(bytes.NewReader(data))
		for err == nil {
			_, err = g.Next()
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "payments/s")
}
