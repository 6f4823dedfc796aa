package persons_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// eraser is the environment variable that makes this test binary destroy one person after the other.
const eraser = "AYNI_TEST_ERASER"

// A process that is killed at any moment has destroyed whom it said that it had, and nothing is left beside.
func TestKilledWhileDestroying(t *testing.T) {
	if file := os.Getenv(eraser); file != "" {
		store := open(t, file)
		for i := len(keysOf(t, store).Destroyed()); ; i++ {
			require.NoError(t, store.Destroy(customer(i)))
			fmt.Printf("destroyed %d\n", i)
		}
	}
	_, file := create(t)
	said := -1
	for range 20 {
		said = max(said, killed(t, file, rand.IntN(8)))
		keys := keysOf(t, open(t, file))
		alone(t, file)
		count := len(keys.Destroyed())
		require.GreaterOrEqual(t, count, said+1)
		require.LessOrEqual(t, count, said+2, "one may be on the disk and not said")
		for i := range count {
			require.True(t, erased(t, keys, customer(i)))
		}
		require.False(t, erased(t, keys, customer(count)))
	}
}

// killed runs an eraser, kills it a little after it said so many times that somebody is gone, and returns the last
// whom it named, -1 where it named nobody.
func killed(t *testing.T, file string, after int) (last int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run", "^TestKilledWhileDestroying$")
	cmd.Env = append(os.Environ(), eraser+"="+file)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	last = -1
	lines := bufio.NewScanner(out)
	for count := 0; lines.Scan(); count++ {
		if _, err := fmt.Sscanf(lines.Text(), "destroyed %d", &last); err != nil {
			count--
		}
		if count == after {
			for range rand.IntN(200_000) { // some moment of the next one
			}
			cancel()
		}
	}
	_ = cmd.Wait() // killed
	return last
}
