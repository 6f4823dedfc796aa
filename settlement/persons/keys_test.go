package persons_test

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/persons"
)

// While persons are destroyed, everybody else is served as ever; and who is gone is gone from that moment for all.
func TestKeysAreSafeForConcurrentUse(t *testing.T) {
	keys := persons.Generate()
	const people, erasures = 60, 40
	lines := make([]persons.Line, people)
	for i := range lines {
		lines[i] = persons.Line{Person: customer(i), Text: []byte("line of " + customer(i).Account)}
	}
	sealed, err := keys.SealAll(lines)
	require.NoError(t, err)

	var destroyed atomic.Int64 // customers below this number are gone, those at and above it may be one ahead
	var all, done sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		all.Go(func() {
			for {
				surely := int(destroyed.Load())
				got, err := keys.UnsealAll(sealed)
				possibly := int(destroyed.Load())
				if !assert.NoError(t, err) {
					return
				}
				for i, line := range got {
					switch {
					case i < surely:
						assert.ErrorAs(t, line.Err, new(*persons.ErasedError))
					case i > possibly:
						assert.NoError(t, line.Err)
						assert.Equal(t, lines[i].Text, line.Text)
					}
				}
				again, err := keys.SealAll(lines[erasures:])
				assert.NoError(t, err)
				assert.Equal(t, sealed[len(sealed)-len(again)+11:], again[11:], "nothing else changed")
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	done.Go(func() {
		for i := range erasures {
			path, err := keys.Path(customer(i))
			assert.NoError(t, err)
			assert.NoError(t, keys.Destroy(path))
			destroyed.Store(int64(i) + 1)
			_, err = persons.ReadSnapshot(keys.Snapshot())
			assert.NoError(t, err)
		}
	})
	done.Wait()
	close(stop)
	all.Wait()
	require.Len(t, keys.Destroyed(), erasures)
	require.True(t, slices.IsSorted(keys.Destroyed()))
}
