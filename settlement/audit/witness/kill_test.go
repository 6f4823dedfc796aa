package witness

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
)

const folderOfTheKilled = "AYNI_TEST_WITNESS_FOLDER"

// TestMain is the witness's own process where TestAKilledWitnessForgetsNothing starts it.
func TestMain(m *testing.M) {
	folder := os.Getenv(folderOfTheKilled)
	if folder == "" {
		os.Exit(m.Run())
	}
	fmt.Fprintln(os.Stderr, serveUntilKilled(folder))
	os.Exit(1)
}

func serveUntilKilled(folder string) error {
	w, err := Open(Config{Folder: folder, Name: "w.example/1", Logs: []string{newWorld(panics{}).vkey}})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return w.Serve(context.Background(), listener)
}

type panics struct{}

func (panics) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (panics) FailNow()                          { panic("failed") }

// process is a witness in a process of its own.
type process struct {
	*exec.Cmd
	url string
}

func startWitness(t *testing.T, folder string) process {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), folderOfTheKilled+"="+folder)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	address, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return process{Cmd: command, url: "http://" + strings.TrimSpace(address)}
}

func (p process) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, p.Process.Signal(syscall.SIGKILL))
	require.Error(t, p.Wait())
}

// post returns status 0 where the witness is gone.
func (p process) post(body string) (status int, answer string) {
	response, err := http.Post(p.url+"/add-checkpoint", "text/plain", strings.NewReader(body))
	if err != nil {
		return 0, ""
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, ""
	}
	return response.StatusCode, string(text)
}

func (p process) health(t *testing.T) LogHealth {
	t.Helper()
	response, err := http.Get(p.url + "/health")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var health Health
	require.NoError(t, json.UnmarshalRead(response.Body, &health))
	return health.Logs[0]
}

// Killed again and again while many ask it, a witness remembers at least what it has answered; and a fork that it has
// answered about holds the log after the kill.
func TestAKilledWitnessForgetsNothing(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 5000, "one")
	other := h.fork(t, 2).grow(t, 4998, "other")
	folder := t.TempDir()
	largest := int64(0) // that was answered
	for round := range 6 {
		p := startWitness(t, folder)
		known := p.health(t).Size
		require.GreaterOrEqual(t, known, largest)
		var mu sync.Mutex
		var group sync.WaitGroup
		answers := rand.Intn(4) + 1
		enough := make(chan struct{})
		for worker := range 4 {
			group.Go(func() {
				for size := known; size < h.size; {
					newer := min(h.size, size+1+int64(worker))
					status, answer := p.post(h.request(t, size, newer))
					switch status {
					case 0:
						return
					case http.StatusConflict:
						size, _ = parseSize(strings.TrimSuffix(answer, "\n"))
						continue
					}
					size = newer
					mu.Lock()
					largest = max(largest, newer)
					if answers--; answers == 0 {
						close(enough)
					}
					mu.Unlock()
				}
			})
		}
		<-enough
		p.kill(t)
		group.Wait()
		require.Less(t, largest, h.size, "round %d", round)
	}

	p := startWitness(t, folder)
	known := p.health(t).Size
	require.GreaterOrEqual(t, known, largest)
	status, _ := p.post(other.request(t, known, known))
	require.Equal(t, http.StatusConflict, status)
	p.kill(t)
	p = startWitness(t, folder)
	require.NotEmpty(t, p.health(t).HeldFor)
	require.FileExists(t, filepath.Join(folder, "evidence", p.health(t).HeldFor+".json"))
	status, _ = p.post(h.request(t, known, known))
	require.Equal(t, http.StatusLocked, status)
	p.kill(t)
}
