package bulk

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
)

// lives names the failpoints at which desks end, one after the other: each lies between two things that
// must not be torn apart. Every desk also ends at the first of the last three that nobody ended at.
func lives() []string {
	names := []string{"spooled", "received", "ids claimed", "ids claimed"}
	for range 3 {
		names = append(names, "pack durable", "pack published", "refunds told", "steps durable")
	}
	return append(names, "results written", "ids released", "finished", "nowhere")
}

// TestEveryLineOnceWhereverItEnds closes and opens the desk at every step, with lines of every fate, and
// holds what the switch saw and what the results say against what the file says.
func TestEveryLineOnceWhereverItEnds(t *testing.T) {
	const count = 20_000
	s, dir := newSwitch(t), t.TempDir()
	path := writeFile(t, count, everyFate)
	s.announce(time.Hour)
	sha, reached := "", map[string]int{}
	var mu sync.Mutex
	for _, name := range lives() {
		a := s.adapter(dir, func(at string) bool {
			mu.Lock()
			defer mu.Unlock()
			dies := at == name || (at == "results written" || at == "ids released" || at == "finished") && reached[at] == 0
			if dies {
				reached[at]++
			}
			return dies
		})
		if f, _, err := a.takeFile(t, path); err == nil {
			sha = f.SHA256
			_, err = a.Approve(sha)
			require.NoError(t, err)
			require.Eventually(t, func() bool {
				select {
				case <-a.done:
					return true
				default:
					mu.Lock()
					defer mu.Unlock()
					f, err = a.File(sha)
					return err == nil && f.State == Finished && reached["finished"] > 0
				}
			}, patience, 5*time.Millisecond, "%s: %+v", name, f)
		} else {
			require.ErrorIs(t, err, errKilled)
		}
		if err := a.stop(); err != nil { // or its context has ended it first
			require.ErrorIs(t, err, errKilled)
		}
	}
	for _, name := range lives()[:len(lives())-1] {
		assert.Positive(t, reached[name], name)
	}
	t.Logf("ended at %v; %d intents came again, at most %d were open", reached, s.repeated, s.mostOpen)

	a := s.adapter(dir, nil)
	f, fresh, err := a.takeFile(t, path)
	require.NoError(t, err)
	assert.False(t, fresh)
	assert.Equal(t, Finished, f.State, "the same file again shows its results")
	assert.NoFileExists(t, a.path(sha), "whom a finished file paid is forgotten")
	rows := a.resultRows(t, sha)
	require.Len(t, rows, count)
	counts := map[State]int{}
	for n, row := range rows {
		fate := everyFate(n)
		end := want(fate)
		counts[end]++
		if !assert.Equal(t, string(end), row[3], "%v", row) {
			break
		}
		assert.Equal(t, strconv.Itoa(n+firstLine), row[0])
		assert.Equal(t, lineID(n), row[1])
		assert.Equal(t, end == State(messaging.StatePaid), s.paidTimes(lineID(n)) == 1, "%v", row)
		assert.LessOrEqual(t, s.paidTimes(lineID(n)), 1)
		assert.Equal(t, end == Invalid, row[8] == "", "what was sent has amounts")
		if end == Invalid || fate == "reject" {
			assert.NotEmpty(t, row[4])
			assert.Regexp(t, `^[A-Z0-9]{4}$`, row[5])
			assert.NotEmpty(t, row[6])
		}
	}
	assert.Equal(t, counts, f.Counts)
	assert.Positive(t, s.repeated)
	for id, intent := range s.refunds {
		assert.Equal(t, intent, s.outcomes[id].RailRef)
	}
	exceptions, err := a.runner.Exceptions(10)
	require.NoError(t, err)
	assert.Empty(t, exceptions, "nothing of a file is a case for a person")
}
