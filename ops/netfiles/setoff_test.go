package netfiles

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSetOff(t *testing.T) {
	for name, c := range map[string]struct{ obligations, credit, out string }{
		"a ring":       {"debtor,creditor,amount\na,b,3\nb,c,2\nc,a,5\n", "", "cleared\n2\n2\n2\n"},
		"no ring":      {"debtor,creditor,amount\na,b,3\nb,c,2\n", "", "cleared\n0\n0\n"},
		"to itself":    {"debtor,creditor,amount\na,a,3\na,b,1\n", "", "cleared\n3\n0\n"},
		"two units":    {"debtor,creditor,currency,amount\na,b,KES,3\nb,a,UGX,2\nb,a,KES,1\n", "", "cleared\n1\n0\n1\n"},
		"with credit":  {"debtor,creditor,amount\na,b,3\nb,c,2\n", "participant,limit\na,2\nz,9\n", "cleared\n2\n2\n"},
		"unit's limit": {"debtor,creditor,currency,amount\na,b,KES,3\na,b,UGX,3\n", "participant,currency,limit\na,KES,2\na,TZS,9\n", "cleared\n2\n0\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f := SetOffFiles{Obligations: file(t, dir, "obligations", c.obligations), Out: "-"}
			if c.credit != "" {
				f.Credit = file(t, dir, "credit", c.credit)
			}
			var stdout bytes.Buffer
			require.NoError(t, SetOff(&stdout, f))
			assert.Equal(t, c.out, stdout.String())
		})
	}
}

func TestSetOffRefuses(t *testing.T) {
	const header = "debtor,creditor,currency,amount\n"
	const good = header + "a,b,KES,1\nb,a,KES,1\n"
	for name, c := range map[string]struct {
		obligations, credit string
		file                string
		row                 int
	}{
		"zero":             {good + "a,b,KES,0\n", "", "obligations", 4},
		"negative":         {good + "a,b,KES,-1\n", "", "obligations", 4},
		"no unit":          {good + "a,b,,1\n", "", "obligations", 4},
		"sum overflows":    {header + "a,b,UGX,1\na,b,KES,2305843009213693951\na,b,KES,9223372036854775807\n", "", "obligations", 4},
		"empty":            {"", "", "obligations", 0},
		"header only":      {header, "", "obligations", 0},
		"missing column":   {"debtor,creditor\na,b\n", "", "obligations", 1},
		"credit twice":     {good, "participant,currency,limit\na,KES,1\na,KES,1\n", "credit", 3},
		"negative credit":  {good, "participant,currency,limit\na,KES,-1\n", "credit", 2},
		"credit unlimited": {good, "participant,currency\na,KES\n", "credit", 1},
	} {
		dir := t.TempDir()
		f := SetOffFiles{Obligations: file(t, dir, "obligations", c.obligations)}
		if c.credit != "" {
			f.Credit = file(t, dir, "credit", c.credit)
		}
		requireFileError(t, SetOff(&bytes.Buffer{}, f), c.file, c.row, name)
	}
}

func TestSetOffReport(t *testing.T) {
	f := SetOffFiles{Obligations: file(t, t.TempDir(), "obligations", "debtor,creditor,currency,amount\na,b,KES,3\nb,a,KES,1\na,b,UGX,1\n")}
	var stdout bytes.Buffer
	require.NoError(t, SetOff(&stdout, f))
	assert.Equal(t, fmt.Sprintf("%-8s 2 of 4 discharged (0.500000) between 2 participants\n%-8s 0 of 1 discharged (0.000000) between 2 participants\n", "KES", "UGX"), stdout.String())
}
