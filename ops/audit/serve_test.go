package audit

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// published is a log whose entries name blobs as the switch's do, as its folder is written on.
type published struct {
	dir, key string
	signer   note.Signer
	tree     audit.Tree
}

func publish(t *testing.T) *published {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, "ayni.example/log")
	require.NoError(t, err)
	signer, err := note.NewSigner(secret)
	require.NoError(t, err)
	return &published{dir: filepath.Join(t.TempDir(), "export"), key: public, signer: signer}
}

// grow writes batches with a command each.
func (p *published) grow(t *testing.T, batches int) {
	t.Helper()
	folder, err := audit.OpenFolder(p.dir, p.key)
	require.NoError(t, err)
	for range batches {
		at := p.tree.Size()
		names := make([]any, 3)
		for i := range names {
			hash, err := folder.Blob(fmt.Appendf(nil, "%d of %d", i, at))
			require.NoError(t, err)
			names[i] = fmt.Sprintf("%x", hash)
		}
		for i, entry := range []string{
			fmt.Sprintf(`{"inputs":%q,"kind":"batch","record":%q}`, names[0], names[1]), fmt.Sprintf(`{"body":%q,"kind":"command"}`, names[2]),
		} {
			require.NoError(t, folder.Append(at+int64(i), []byte(entry)))
			p.tree.Append(audit.Leaf([]byte(entry)))
		}
	}
	signed, err := audit.Checkpoint{Origin: "ayni.example/log", Size: p.tree.Size(), Root: p.tree.Root()}.Sign(p.signer)
	require.NoError(t, err)
	require.NoError(t, folder.Commit(signed))
	require.NoError(t, folder.Close())
}

// served answers with a handler until the test, or who calls stop, ends it.
func served(t *testing.T, handler http.Handler) (base string, stop context.CancelFunc, ended <-chan error) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	end := make(chan error, 1)
	go func() { end <- serveOn(ctx, listener, handler) }()
	t.Cleanup(stop)
	return "http://" + listener.Addr().String(), stop, end
}

func TestMirrorIsTheExport(t *testing.T) {
	log, copied := publish(t), filepath.Join(t.TempDir(), "copy")
	log.grow(t, 100)
	base, stop, ended := served(t, audit.Handler(log.dir))
	for range 2 {
		c, err := Mirror(t.Context(), base+"/", copied, log.key)
		require.NoError(t, err)
		require.Equal(t, log.tree.Root(), c.Root)
		require.Equal(t, listing(t, log.dir), listing(t, copied))
		log.grow(t, 60)
	}
	_, err := Mirror(t.Context(), base, copied, publish(t).key)
	require.Error(t, err, "of another log")
	stop()
	require.NoError(t, <-ended)
}

// listing is an export's files with their contents, but for checkpoints of before.
func listing(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "checkpoints") {
			return err
		}
		body, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, dir)] = string(body)
		return err
	}))
	return all
}

func TestMirrorWantsAnAddress(t *testing.T) {
	log := publish(t)
	for _, address := range []string{"", "log.example", "ftp://log.example", "http://", "http://log.example/?a", "http://log.example/#a", "file:///export", "http://a b"} {
		_, err := Mirror(t.Context(), address, log.dir, log.key)
		require.ErrorContains(t, err, "audit: mirror: ", address)
	}
	require.NoDirExists(t, log.dir)
}

func TestServeWantsAnExport(t *testing.T) {
	log := publish(t)
	var finding *audit.Finding
	require.ErrorAs(t, Serve(t.Context(), t.TempDir(), "127.0.0.1:0"), &finding)
	log.grow(t, 1)
	require.ErrorContains(t, Serve(t.Context(), log.dir, "127.0.0.1"), "missing port")
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	require.NoError(t, err)
	require.ErrorContains(t, Serve(t.Context(), log.dir, ":"+port), "127.0.0.1:"+port, "its own machine, and none else")
}

func TestServeIsThereUntilItsContextEnds(t *testing.T) {
	log := publish(t)
	log.grow(t, 1)
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, log.dir, address) }()
	for answer := ""; answer == ""; answer = body(t.Context(), "http://"+address+"/keys/log") {
		require.Empty(t, ended, "before anybody asked it to")
	}
	require.Equal(t, "200 "+log.key, body(t.Context(), "http://"+address+"/keys/log"))
	stop()
	require.NoError(t, <-ended)
	require.Empty(t, body(t.Context(), "http://"+address+"/keys/log"))
}

// What is under way when the server is to end is answered; what comes then is not.
func TestServerEndsGracefully(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	base, stop, ended := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(begun)
			<-finish
		}
		_, _ = io.WriteString(w, "whole")
	}))
	answer := make(chan string, 1)
	go func() { answer <- body(t.Context(), base+"/slow") }()
	<-begun
	stop()
	for body(t.Context(), base) != "" { // until the listener is closed
	}
	close(finish)
	require.Equal(t, "200 whole", <-answer)
	require.NoError(t, <-ended)
}

// body fetches; "" where nobody answers.
func body(ctx context.Context, address string, header ...string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return ""
	}
	for _, h := range header {
		request.Header.Set("X-Large", h)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return ""
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(answer.Body)
	return fmt.Sprint(answer.StatusCode, " ", strings.TrimSpace(string(text)))
}

func TestServerHasLimits(t *testing.T) {
	begun, finish := make(chan struct{}), make(chan struct{})
	base, _, _ := served(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		begun <- struct{}{}
		<-finish
	}))
	require.Contains(t, body(t.Context(), base, strings.Repeat("x", 64<<10)), "431 ")
	for range maxAnswers {
		go body(t.Context(), base)
		<-begun
	}
	require.Equal(t, "503 too many at a time", body(t.Context(), base))
	close(finish)
}
