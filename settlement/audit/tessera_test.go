package audit_test

import (
	"fmt"
	"maps"
	"math/rand"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// tessera builds the reader that has Tessera's client read an export (testdata/tessera). It is a module of its own,
// and the only thing that this may lack is the modules that it needs.
func tessera(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "tessera")
	for _, args := range [][]string{{"mod", "download"}, {"build", "-mod=readonly", "-o", program, "."}} {
		command := exec.CommandContext(t.Context(), "go", args...)
		command.Dir, command.Env = filepath.Join("testdata", "tessera"), append(os.Environ(), "GOWORK=off")
		out, err := command.CombinedOutput()
		if err != nil && args[0] == "mod" && !strings.Contains(string(out), "SECURITY ERROR") {
			t.Skipf("NOT READ BY TESSERA: its modules cannot be fetched: %s", out)
		}
		require.NoError(t, err, "%s", out)
	}
	return program
}

// readBy serves an export, and returns what the program says of it and how it ends.
func readBy(program, dir, key string, earlier ...int) (said string, exit int) {
	web := httptest.NewServer(audit.Handler(dir))
	defer web.Close()
	args := []string{web.URL, key}
	for _, size := range earlier {
		args = append(args, fmt.Sprint(size))
	}
	command := exec.Command(program, args...)
	out, _ := command.CombinedOutput()
	return string(out), command.ProcessState.ExitCode()
}

// A reader that others wrote for logs of this form rebuilds ours from its entries over HTTP, finds every tile to be
// theirs, and proves entries and earlier checkpoints with its own code.
func TestTesseraReadsOurLog(t *testing.T) {
	program := tessera(t)
	for size, earlier := range map[int][]int{
		1: nil, 255: {1, 254}, 256: {1, 255}, 257: {1, 255, 256}, 66_000: {1, 255, 256, 257, 700, 65_535, 65_536, 65_537},
	} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			log, dir := newLog(t, int64(size), 0), scratch(t)
			log.grow(t, rand.New(rand.NewSource(int64(size))), size, 500)
			log.export(t, dir, append(earlier, size)...)
			bundles, tiles := 0, 0
			for name := range files(t, dir) {
				if strings.HasPrefix(name, "tile/entries/") {
					bundles++
				} else if strings.HasPrefix(name, "tile/") {
					tiles++
				}
			}
			said, exit := readBy(program, dir, log.key, earlier...)
			require.Zero(t, exit, said)
			require.Contains(t, said, fmt.Sprintf("%s: %d entries in %d bundles and %d tiles make the signed root %x; ", sampleName, size, bundles, tiles, log.roots[size][:]))
			require.Contains(t, said, fmt.Sprintf(" and %d earlier checkpoints proved\n", len(earlier)))
			t.Log(said)
		})
	}
}

// What was flipped in a tile or an entry, it finds too: our tiles are right by more than our own word.
func TestTesseraFindsWhatIsFlipped(t *testing.T) {
	program := tessera(t)
	for _, size := range []int{1, 257, 66_000} {
		log, dir := newLog(t, int64(size), 0), scratch(t)
		log.grow(t, rand.New(rand.NewSource(int64(size))), size, 500)
		log.export(t, dir, size)
		all := files(t, dir)
		maps.DeleteFunc(all, func(name, _ string) bool { return !strings.HasPrefix(name, "tile/") && name != "checkpoint" })
		places, drawn := slices.Sorted(maps.Keys(all)), 0
		rapid.Check(t, func(t *rapid.T) {
			if drawn++; size > 1000 && drawn > 5 {
				return // it reads all of the log each time
			}
			name := rapid.SampledFrom(places).Draw(t, "file")
			flipped := []byte(all[name])
			end := len(flipped)
			if name == "checkpoint" {
				end = strings.Index(all[name], "\n\n") // what is signed
			}
			bit := rapid.IntRange(0, 8*end-1).Draw(t, "bit")
			flipped[bit/8] ^= 1 << (bit % 8)
			put(t, dir, name, string(flipped))
			defer put(t, dir, name, all[name])
			said, exit := readBy(program, dir, log.key)
			require.Equal(t, 1, exit, said)
		})
	}
}

// Nor does it take another key, another history, or a checkpoint that is not there.
func TestTesseraBelievesNothing(t *testing.T) {
	program := tessera(t)
	log, other, dir := newLog(t, 22, 600), newLog(t, 23, 600), scratch(t)
	log.export(t, dir, 300, 600)
	forked := sampleLog{signer: log.signer, roots: other.roots}
	put(t, dir, "checkpoints/400", forked.signed(t, 400))
	put(t, dir, "checkpoints/500", other.signed(t, 500))
	put(t, dir, "checkpoints/550", log.signed(t, 551))
	said, exit := readBy(program, dir, log.key, 300)
	require.Zero(t, exit, said)
	for _, size := range []int{400, 500, 550, 599, 601} {
		said, exit = readBy(program, dir, log.key, size)
		require.Equal(t, 1, exit, said)
		require.Contains(t, said, fmt.Sprintf("checkpoint of %d entries: ", size))
	}
	said, exit = readBy(program, dir, other.key)
	require.Equal(t, 1, exit, said)
	put(t, dir, "checkpoint", forked.signed(t, 600))
	said, exit = readBy(program, dir, log.key)
	require.Equal(t, 1, exit, said)
	require.Contains(t, said, fmt.Sprintf("signed is %x", other.roots[600][:]))
}
