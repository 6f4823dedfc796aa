//go:build linux

package crash

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

const (
	diskBytes  = 768 << 20
	diskOrders = 1_500
	diskFull   = 2 * time.Second // how long there is no space
)

// smallDisk mounts a small ext4 of its own, and skips where that is not allowed.
func smallDisk(t *testing.T) (folder string) {
	t.Helper()
	dir := pgtest.Folder(t)
	image, folder := filepath.Join(dir, "disk"), filepath.Join(dir, "mount")
	require.NoError(t, os.WriteFile(image, nil, 0o600))
	require.NoError(t, os.Truncate(image, diskBytes))
	require.NoError(t, os.Mkdir(folder, 0o711))
	for _, command := range [][]string{
		{"mkfs.ext4", "-q", "-m", "0", image},
		{"mount", "-o", "loop", image, folder},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Skipf("SKIPPED: no small disk here: %v: %v %s", command, err, out)
		}
	}
	t.Cleanup(func() {
		out, err := exec.Command("umount", folder).CombinedOutput()
		require.NoError(t, err, "%s", out)
	})
	require.NoError(t, os.Chmod(folder, 0o711)) // PostgreSQL's user passes through
	return folder
}

// A database without space stops the switch, and nothing worse: when there is space again it goes on by
// itself, with nothing lost.
func TestDiskFull(t *testing.T) {
	if again(t) {
		return
	}
	disk := smallDisk(t)
	s := openStage(t, 1, filepath.Join(disk, "pg"))
	s.busy.Store(true)
	s.allowed.Store(diskOrders / 2)
	s.await("half of the orders", func() bool { return s.placed.Load() >= diskOrders/2 })

	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	s.allowed.Store(diskOrders)
	s.await("an engine that cannot write", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.errorsSince) > 0
	})
	wait(t.Context(), diskFull)
	before := s.heardBatches()
	require.NoError(t, os.Remove(filler))
	s.await("batches after there is space", func() bool { return s.heardBatches() > before })
	s.allowed.Store(diskOrders)
	s.await("all orders", func() bool { return s.placed.Load() >= diskOrders })
	s.quiet(t.Context(), 1)
	s.world.speak()
	s.finish(t.Context())
}

// fill writes until no space is left.
func fill(t *testing.T, path string) {
	t.Helper()
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close() //nolint:errcheck // what it holds does not matter
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := file.Write(block); err != nil {
			block = block[:len(block)/2]
		}
	}
}

// await waits until something is so.
func (s *stage) await(what string, is func() bool) {
	s.t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(*patience); !is(); <-look.C {
		s.sound()
		require.True(s.t, time.Now().Before(deadline), "%swaited too long for %s", violation, what)
	}
}
