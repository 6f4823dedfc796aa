package schema_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

const (
	samplesFolder = "../../../../shared/samples/iso20022"
	xsdFolder     = "../../../../shared/xsd"
	maxTestBytes  = 16 << 20
)

// samples are the collected documents beside the checkout, by file name.
func samples(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(samplesFolder, "*"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skipf("NOT CHECKED: the samples of ISO 20022 documents are not at %s", samplesFolder)
	}
	all := map[string][]byte{}
	for _, file := range files {
		all[filepath.Base(file)], err = os.ReadFile(file)
		require.NoError(t, err)
	}
	return all
}

// What is written is what was read.
func TestSamplesComeBackEqual(t *testing.T) {
	for name, data := range samples(t) {
		d, err := schema.Parse(data, maxTestBytes)
		if err != nil {
			continue // TestSamplesAreJudgedAsXmllintDoes
		}
		out, err := d.Marshal()
		if !assert.NoError(t, err, name) {
			continue
		}
		again, err := schema.Parse(out, maxTestBytes)
		if assert.NoError(t, err, name) {
			assert.Equal(t, d, again, name)
		}
	}
}
