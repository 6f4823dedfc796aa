package rails_test

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/rails"
	"github.com/ayni-switch/ayni/fx"
)

// samples are payloads that others recorded or wrote. They are not ours to copy; CI has them.
const samples = "../../../shared/samples"

// railOf says which rail speaks what is in a folder of the samples.
var railOf = map[string]string{"daraja": "mpesa", "gsma": "gsma", "iso20022": "bank", "mtn-momo": "momo", "upi-imps": "upi"}

// TestEverySampleIsReadAsItMustBe holds every sample of our rails against testdata/samples.txt: whether it is evidence
// of a final state, and which state. A sample that is not listed fails, and so does a line without its sample.
func TestEverySampleIsReadAsItMustBe(t *testing.T) {
	if _, err := os.Stat(samples); err != nil {
		t.Skipf("SKIPPED: the public samples are not beside this checkout (%v)", err)
	}
	file, err := os.Open("testdata/samples.txt")
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	want := map[string][2]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		require.Len(t, fields, 3, lines.Text())
		want[fields[0]] = [2]string{fields[1], fields[2]}
	}
	for folder, rail := range railOf {
		plug, found := rails.Find(rail)
		require.True(t, found, rail)
		files, err := os.ReadDir(filepath.Join(samples, folder))
		require.NoError(t, err)
		for _, f := range files {
			name := folder + "/" + f.Name()
			body, err := os.ReadFile(filepath.Join(samples, name))
			require.NoError(t, err)
			expected, listed := want[name]
			if !assert.True(t, listed, "%s is not listed", name) {
				continue
			}
			delete(want, name)
			// The rail's own kinds are how files are named, and the content alone has to say as much.
			kind, _, _ := strings.Cut(f.Name(), "__")
			for _, payload := range []adapters.Payload{{Body: body}, {Body: body, Kind: knownKind(plug, kind)}} {
				reading := plug.Decode(payload)
				evidence := "nothing"
				if reading.Counts() {
					evidence = "evidence"
				}
				assert.Equal(t, expected, [2]string{evidence, string(reading.State)}, "%s as %q: %+v", name, payload.Kind, reading)
				if !reading.Counts() {
					assert.True(t, reading.Refused != "" || reading.State != "" || reading.About == adapters.AboutRequest, "%s: nobody says why", name)
				}
			}
		}
	}
	assert.Empty(t, want, "listed, and not there")
}

func knownKind(plug adapters.Plug, kind string) string {
	if slices.Contains(plug.Kinds, kind) {
		return kind
	}
	return ""
}

// Nothing that anybody sends ends a reader, or is called evidence without an amount that can be read.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		"{}", "[]", "<a/>", "\x00", `{"Body":{"stkCallback":{}}}`, `{"status":"SUCCESSFUL"}`, `{"Result":{"ResultCode":0}}`,
		`{"transactionStatus":"completed"}`, `{"result":{"resultStatus":"S"}}`,
	} {
		for i := range rails.All() {
			f.Add(i, []byte(seed))
		}
	}
	kes := fx.MustCurrency("KES")
	f.Fuzz(func(t *testing.T, n int, body []byte) {
		all := rails.All()
		reading := all[uint(n)%uint(len(all))].Decode(adapters.Payload{Body: body, Currency: kes})
		if reading.Amount != nil {
			_, err := reading.Amount.Money()
			require.NoError(t, err)
		}
	})
}
