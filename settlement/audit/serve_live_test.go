package audit_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// kept is a log that is no folder, with checkpoints of some sizes.
type kept struct {
	*sampleLog
	t      *testing.T
	hashes tlog.HashReader
	sizes  []int64
}

func (g *kept) NewestCheckpoint(context.Context) (size int64, signed string, err error) {
	size = g.sizes[len(g.sizes)-1]
	return size, g.signed(g.t, int(size)), nil
}

func (g *kept) LogCheckpoint(_ context.Context, size int64) (string, error) {
	if !slices.Contains(g.sizes, size) {
		return "", nil
	}
	return g.signed(g.t, int(size)), nil
}

func (g *kept) LogEntries(_ context.Context, first, end int64) ([][]byte, error) {
	return g.entries[first:end], nil
}

func (g *kept) LogLeaves(_ context.Context, first, end int64) (leaves []tlog.Hash, err error) {
	for _, entry := range g.entries[first:end] {
		leaves = append(leaves, audit.Leaf(entry))
	}
	return leaves, nil
}

func (g *kept) Hashes(context.Context) tlog.HashReader { return g.hashes }

// A log that grows is served as its export would be, to the byte, up to three levels of tiles.
func TestLiveHandlerServesTheExportOfNow(t *testing.T) {
	const size = 256*256 + 300
	log := newLog(t, 3, size)
	dir := scratch(t)
	log.export(t, dir, 20, 300, size)
	hashes, err := audit.OpenExport(os.DirFS(dir), audit.Trust{Key: log.key})
	require.NoError(t, err)
	live := audit.LiveHandler(log.key, &kept{sampleLog: log, t: t, hashes: hashes.Hashes(), sizes: []int64{20, 300, size}})
	served := 0
	for name, body := range files(t, dir) {
		answer := ask(t, live, http.MethodGet, "/"+name)
		if strings.HasPrefix(name, "blobs/") {
			require.Equal(t, http.StatusNotFound, answer.Code, name)
			continue
		}
		served++
		require.Equal(t, http.StatusOK, answer.Code, name)
		require.Equal(t, body, answer.Body.String(), name)
		require.NotContains(t, answer.Header().Get("Cache-Control"), "public", name)
	}
	require.Greater(t, served, 2*257)
	for _, path := range []string{
		"/", "/tile/0/258", "/tile/0/257.p/45", "/tile/entries/257.p/45", "/tile/1/001.p/2", "/tile/2/000.p/2", "/tile/2/000", "/tile/3/000.p/1",
		"/checkpoints/021", "/receipts/1.json", "/blobs/00/00",
	} {
		require.Equal(t, http.StatusNotFound, ask(t, live, http.MethodGet, path).Code, path)
	}
	require.Equal(t, http.StatusOK, ask(t, live, http.MethodGet, "/tile/0/257.p/7").Code, "the edge of before")
	tag := ask(t, live, http.MethodGet, "/checkpoint").Header().Get("ETag")
	require.Equal(t, http.StatusNotModified, ask(t, live, http.MethodGet, "/checkpoint", "If-None-Match", tag).Code)
	require.Equal(t, "private, max-age=31536000, immutable", ask(t, live, http.MethodGet, "/tile/1/000").Header().Get("Cache-Control"))
}

// A stream puts the files of the folder, each once, and ends only with a checkpoint that its entries lead to.
func TestStreamPutsTheFilesOfAFolder(t *testing.T) {
	for _, size := range []int{1, 255, 256, 700} {
		log := newLog(t, int64(size), size)
		dir := scratch(t)
		log.export(t, dir, size)
		put := map[string]string{}
		stream, err := audit.NewStream(log.key, func(name string, data []byte) error {
			require.NotContains(t, put, name, "once")
			put[name] = string(data)
			return nil
		})
		require.NoError(t, err)
		for i, entry := range log.entries {
			require.NoError(t, stream.Append(int64(i), entry))
			for range 2 {
				for _, blob := range log.blobs {
					_, err := stream.Blob(blob)
					require.NoError(t, err)
				}
			}
		}
		other := newLog(t, 99, size)
		require.Error(t, stream.Commit(other.signed(t, size)))
		require.NotContains(t, put, "checkpoint")
		require.NoError(t, stream.Commit(log.signed(t, size)))
		require.Equal(t, files(t, dir), put)
	}
}
