package schema_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

const transfer = `<CdtTrfTxInf><PmtId><InstrId>I%[1]d</InstrId><EndToEndId>E%[1]d</EndToEndId><TxId>T%[1]d</TxId><UETR>eb6305c9-1f7f-49de-aed0-%012[1]d</UETR></PmtId>` +
	`<IntrBkSttlmAmt Ccy="PHP">2100.00</IntrBkSttlmAmt><ChrgBr>SLEV</ChrgBr><Dbtr><Nm>Amani &amp; S&#246;hne</Nm></Dbtr>` +
	`<DbtrAgt><FinInstnId><BICFI>BOPIPHMMXXX</BICFI></FinInstnId></DbtrAgt><CdtrAgt><FinInstnId><BICFI>GXCHPHM2XXX</BICFI></FinInstnId></CdtrAgt>` +
	`<Cdtr><Nm>Maria Santos</Nm></Cdtr><CdtrAcct><Id><Othr><Id>639170000001</Id></Othr></Id></CdtrAcct></CdtTrfTxInf>`

// credit is a pacs.008.001.08 of so many transfers, some 590 bytes each.
func credit(transfers int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"><FIToFICstmrCdtTrf><GrpHdr>`+
		`<MsgId>M1</MsgId><CreDtTm>2026-03-02T04:05:06.789Z</CreDtTm><NbOfTxs>%d</NbOfTxs><SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>`, transfers)
	for i := range transfers {
		fmt.Fprintf(&b, transfer, i+1)
	}
	b.WriteString(`</FIToFICstmrCdtTrf></Document>`)
	return b.Bytes()
}

// meter measures by the processor's time as well: others may be at work on the same cores.
type meter struct{ began time.Duration }

func measure() meter { return meter{processor()} }

func (m meter) report(b *testing.B, bytes, transfers int) {
	b.Helper()
	done := float64(b.N) * float64(transfers)
	b.SetBytes(int64(bytes))
	b.ReportMetric(done/b.Elapsed().Seconds(), "transfers/s")
	b.ReportMetric(done/(processor()-m.began).Seconds(), "transfers/cpu-s")
	b.ReportMetric(float64(bytes), "bytes")
	b.ReportAllocs()
}

// processor is the processor's time that this process has had.
func processor() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // it knows this process
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func BenchmarkSingle(b *testing.B) {
	data := credit(1)
	m := measure()
	for b.Loop() {
		if _, err := schema.Parse(data, maxTestBytes); err != nil {
			b.Fatal(err)
		}
	}
	m.report(b, len(data), 1)
}

// The largest credit transfer among the samples, as banks send them.
func BenchmarkSingleOfABank(b *testing.B) {
	data := samples(b)["pacs.008.001.08__phoughton__pacs.008.max.xml"]
	m := measure()
	for b.Loop() {
		if _, err := schema.Parse(data, maxTestBytes); err != nil {
			b.Fatal(err)
		}
	}
	m.report(b, len(data), 1)
}

func BenchmarkGroup(b *testing.B) {
	const transfers = 18_000
	data := credit(transfers)
	m := measure()
	for b.Loop() {
		if _, err := schema.Parse(data, maxTestBytes); err != nil {
			b.Fatal(err)
		}
	}
	m.report(b, len(data), transfers)
}

func BenchmarkGroupInPieces(b *testing.B) {
	const transfers = 18_000
	data := credit(transfers)
	m := measure()
	for b.Loop() {
		r := schema.NewReader(bytes.NewReader(data), maxTestBytes)
		n := 0
		for {
			_, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != transfers+1 {
			b.Fatal(n)
		}
	}
	m.report(b, len(data), transfers)
}

func BenchmarkMarshal(b *testing.B) {
	d, err := schema.Parse(credit(1), maxTestBytes)
	require.NoError(b, err)
	var out []byte
	m := measure()
	for b.Loop() {
		if out, err = d.Marshal(); err != nil {
			b.Fatal(err)
		}
	}
	require.Contains(b, string(out), strings.TrimSpace("<TxId>T1</TxId>"))
	m.report(b, len(out), 1)
}
