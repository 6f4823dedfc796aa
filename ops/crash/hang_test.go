//go:build linux

package crash

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A leader that hangs keeps its session and its lock. The one that stands by takes both away from it, and
// when it wakes up it writes nothing.
func TestHungLeader(t *testing.T) {
	if again(t) {
		return
	}
	s := openStage(t, 1, "")
	s.busy.Store(true)
	s.allowed.Store(500)
	s.await("some batches", func() bool { return s.heardBatches() > 20 })
	leader, other := s.leading()
	hung, since := leader.process(), time.Now()
	require.NotNil(t, hung)
	errors := s.heardErrors(leader)
	hung.signal(syscall.SIGSTOP)
	s.await("somebody else to lead", func() bool {
		now, _ := s.leading()
		return now == other
	})
	t.Logf("a leader that hung was replaced after %s", time.Since(since).Round(time.Millisecond))
	hung.signal(syscall.SIGCONT)
	s.await("the zombie to notice", func() bool { return s.heardErrors(leader) > errors })
	s.quiet(t.Context(), 1)
	s.world.speak()
	s.finish(t.Context())
}

// heardErrors counts how often an engine has stopped working.
func (s *stage) heardErrors(engine *keeper) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.errors[engine]
}
