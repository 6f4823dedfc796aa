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
	pprof.Do(t.Context(), pprof.Labels("part", "hashing"), func(context.Context) { hashFor(500 * time.Millisecond) })
	pprof.StopCPUProfile()
	samples, err := readProfile(taken.Bytes())
	require.NoError(t, err)
	var hashing time.Duration
	for _, s := range samples {
		if s.labels["part"] == "hashing" && s.under([]string{"ops/bench.hashFor"}) {
			hashing += s.cpu
		}
	}
	require.Greater(t, hashing, 100*time.Millisecond)
	_, err = readProfile(taken.Bytes()[:taken.Len()/2])
	require.Error(t, err)
}

func hashFor(long time.Duration) {
	block := make([]byte, 64<<10)
	for began := time.Now(); time.Since(began) < long; {
		sha256.Sum256(block)
	}
}
