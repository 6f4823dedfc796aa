package audit_test

import (
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// Reading an export rebuilds its tree from the leaves, here of about 300 bytes, and holds it against every tile.
func BenchmarkEntries(b *testing.B) {
	const size = 200_000
	log := newLog(b, 1, 0)
	dir := scratch(b)
	f, err := audit.OpenFolder(dir, log.key)
	require.NoError(b, err)
	random := rand.New(rand.NewSource(1))
	for i := range int64(size) {
		entry := fmt.Appendf(nil, `{"at":"2026-11-22T03:14:15.926Z","batch":"%d","hash":"%064x","inputs":"%064x","kind":"batch","record":"%064x","rules":"%s"}`,
			i, random.Uint64(), random.Uint64(), random.Uint64(), strings.Repeat("r", 20))
		require.NoError(b, f.Append(i, entry))
		log.tree.Append(audit.Leaf(entry))
	}
	signed, err := audit.Checkpoint{Origin: sampleName, Size: size, Root: log.tree.Root()}.Sign(log.signer)
	require.NoError(b, err)
	require.NoError(b, f.Commit(signed))
	require.NoError(b, f.Close())
	for name, from := range map[string]fs.FS{"disk": os.DirFS(dir), "memory": memory(files(b, dir))} {
		b.Run(name, func(b *testing.B) {
			x, err := audit.OpenExport(from, audit.Trust{Key: log.key})
			require.NoError(b, err)
			for b.Loop() {
				bytes := 0
				for entry, err := range x.Entries(b.Context(), 0) {
					if err != nil {
						b.Fatal(err)
					}
					bytes += len(entry.Body)
				}
				b.SetBytes(int64(bytes))
			}
			b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}
