package audit_test

import (
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// tiles reads tiles over HTTP for the client of Go's checksum database, whose tiles C2SP took over. Names are written
// here by the words of C2SP tlog-tiles, not by the code that is tested.
type tiles struct {
	web  *httptest.Server
	read int
}

func (*tiles) Height() int                     { return 8 }
func (*tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (r *tiles) url(level string, n int64) string {
	return r.web.URL + "/tile/" + level + "/" + threes(n)
}

// threes writes a number in groups of three digits, all but the last of which begin with an x.
func threes(n int64) string {
	text := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		text = fmt.Sprintf("x%03d/%s", n%1000, text)
	}
	return text
}

func (r *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(wanted))
	for i, t := range wanted {
		url := r.url(fmt.Sprint(t.L), t.N)
		if t.W < 256 {
			url += fmt.Sprintf(".p/%d", t.W)
		}
		body, err := r.get(url)
		if err != nil {
			return nil, err
		}
		all[i] = body
	}
	return all, nil
}

func (r *tiles) get(url string) ([]byte, error) {
	r.read++
	answer, err := r.web.Client().Get(url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", url, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// A reader that others wrote for logs of this form believes our tiles, over HTTP, and proves what ours proves.
func TestOthersReadOurLog(t *testing.T) {
	const size = 66_000
	log := newLog(t, 12, 0)
	log.grow(t, rand.New(rand.NewSource(12)), size, 500)
	dir := scratch(t)
	log.export(t, dir, 700, size)
	x := open(t, dir, log.key)
	reader := &tiles{web: httptest.NewServer(audit.Handler(dir))}
	defer reader.web.Close()

	signed, err := reader.get(reader.web.URL + "/checkpoint")
	require.NoError(t, err)
	verifier, err := note.NewVerifier(log.key)
	require.NoError(t, err)
	opened, err := note.Open(signed, note.VerifierList(verifier))
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%s\n%d\n%s\n", sampleName, size, log.roots[size]), opened.Text)
	_, err = reader.get(reader.web.URL + "/checkpoints/" + threes(700))
	require.NoError(t, err)

	hashes := tlog.TileHashReader(tlog.Tree{N: size, Hash: log.roots[size]}, reader)
	random := rand.New(rand.NewSource(12))
	for range 200 {
		index := random.Int63n(size)
		bundle, err := reader.get(reader.url("entries", index/256) + map[bool]string{true: fmt.Sprintf(".p/%d", size%256)}[index/256 == size/256])
		require.NoError(t, err)
		entry := string(log.entries[index])
		require.Contains(t, string(bundle), string([]byte{byte(len(entry) >> 8), byte(len(entry))})+entry)

		theirs, err := tlog.ProveRecord(size, index, hashes)
		require.NoError(t, err)
		ours, err := x.ProveEntry(index, size)
		require.NoError(t, err)
		require.Equal(t, theirs, ours)
		require.NoError(t, tlog.CheckRecord(theirs, size, log.roots[size], index, tlog.RecordHash([]byte(entry))))

		earlier := 1 + random.Int63n(size)
		extended, err := tlog.ProveTree(size, earlier, hashes)
		require.NoError(t, err)
		ourExtended, err := x.ProveTree(earlier, size)
		require.NoError(t, err)
		require.Equal(t, extended, ourExtended)
		require.NoError(t, tlog.CheckTree(extended, size, log.roots[size], earlier, log.roots[earlier]))
	}
	require.Greater(t, reader.read, 400)
}
