package iso20022

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCheckAddsUp: what a message states of its payments ties, and it is said where it does not.
func TestCheckAddsUp(t *testing.T) {
	group := string(grouped(t, `<NbOfTxs>2</NbOfTxs><CtrlSum>42000000</CtrlSum><TtlIntrBkSttlmAmt Ccy="PHP">42000000.00</TtlIntrBkSttlmAmt>`,
		sampleTransfer(), sampleTransfer()))
	data, err := sampleOrder().Marshal()
	require.NoError(t, err)
	order := string(data)
	for name, c := range map[string]struct {
		message, old, by, path, reason string
	}{
		"a group":                 {group, "", "", "", ""},
		"an order":                {order, "", "", "", ""},
		"another number":          {group, "<NbOfTxs>2<", "<NbOfTxs>1<", "FIToFICstmrCdtTrf/GrpHdr/NbOfTxs", "AM18"},
		"another sum":             {group, ">42000000<", ">42000000.01<", "FIToFICstmrCdtTrf/GrpHdr/CtrlSum", "AM10"},
		"another total":           {group, ">42000000.00<", ">42000001.00<", "FIToFICstmrCdtTrf/GrpHdr/TtlIntrBkSttlmAmt", "AM10"},
		"a total of currencies":   {group, `Ccy="PHP">21000000.00`, `Ccy="KES">21000000.00`, "FIToFICstmrCdtTrf/GrpHdr/TtlIntrBkSttlmAmt", "AM10"},
		"half a cent":             {group, ">21000000.00<", ">20999999.995<", "FIToFICstmrCdtTrf/CdtTrfTxInf[1]/IntrBkSttlmAmt", "AM12"},
		"nothing":                 {order, `"KES">0.07<`, `"KES">0<`, "CstmrCdtTrfInitn/PmtInf[1]/CdtTrfTxInf[2]/Amt/InstdAmt", "AM12"},
		"another sum of a batch":  {order, "</NbOfTxs><CtrlSum>1500.57</CtrlSum><Reqd", "</NbOfTxs><CtrlSum>1500.5</CtrlSum><Reqd", "CstmrCdtTrfInitn/PmtInf[1]/CtrlSum", "AM17"},
		"another number in a row": {order, "</PmtMtd><NbOfTxs>2<", "</PmtMtd><NbOfTxs>3<", "CstmrCdtTrfInitn/PmtInf[1]/NbOfTxs", "AM19"},
		"another sum of batches":  {order, "<CtrlSum>1500.57</CtrlSum><Init", "<CtrlSum>1500.5</CtrlSum><Init", "CstmrCdtTrfInitn/GrpHdr/CtrlSum", "AM10"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, c.message, c.old)
			_, err := Check(strings.NewReader(strings.Replace(c.message, c.old, c.by, 1)), 1<<20)
			if c.path == "" {
				require.NoError(t, err)
				return
			}
			var format *FormatError
			require.ErrorAs(t, err, &format)
			assert.Equal(t, "Document/"+c.path, format.Path)
			assert.Equal(t, c.reason, format.Reason)
		})
	}
}
