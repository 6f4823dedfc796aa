package bench

import (
	"bytes"
	"context"
	"crypto/sha256"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a profile of this process shows is under the label that it was done under.
func TestReadProfile(t *testing.T) {
	var taken bytes.Buffer
	if err := pprof.StartCPUProfile(&taken); err != nil {
		t.Skip("another profile is being taken: " + err.Error())
	}
	pprof.Do(t.Context(), pprof.Labels("part", "hashing"), func(context.Context) { hashMuch() })
	pprof.StopCPUProfile()
	samples, err := readProfile(taken.Bytes())
	require.NoError(t, err)
	var hashing time.Duration
	for _, s := range samples {
		if s.labels["part"] == "hashing" && s.under([]string{"ops/bench.hashMuch"}) {
			hashing += s.cpu
		}
	}
	require.Positive(t, hashing)
	_, err = readProfile(taken.Bytes()[:taken.Len()/2])
	require.Error(t, err)
}

// hashMuch works for some ten samples at least, however busy the machine is.
func hashMuch() {
	block := make([]byte, 64<<10)
	for range 4000 {
		sha256.Sum256(block)
	}
}
