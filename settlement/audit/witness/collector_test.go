package witness

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/settlement/audit"
)

// served is a witness behind a handler that a test may put in front of it.
type served struct {
	*Witness
	url string
}

func serveWitness(t *testing.T, w world, name string, around func(http.Handler) http.Handler) served {
	t.Helper()
	witness, err := Open(Config{Folder: t.TempDir(), Name: name, Logs: []string{w.vkey}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, witness.Close()) })
	server := httptest.NewServer(around(witness.Handler()))
	t.Cleanup(server.Close)
	return served{Witness: witness, url: server.URL}
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func asItIs(h http.Handler) http.Handler { return h }

// policyOf wants n of some witnesses, who are named w0, w1 and so on.
func policyOf(t *testing.T, w world, n int, witnesses ...served) *Policy {
	t.Helper()
	text, members := "log "+w.vkey+"\n", ""
	for i, s := range witnesses {
		text += fmt.Sprintf("witness w%d %s %s\n", i, s.Key(), s.url)
		members += fmt.Sprintf(" w%d", i)
	}
	p, err := ParsePolicy(text + fmt.Sprintf("group g %d%s\nquorum g\n", n, members))
	require.NoError(t, err)
	return p
}

func TestCollectedCosignaturesSatisfyThePolicy(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 30, "")
	witnesses := []served{serveWitness(t, h.world, "a.example", asItIs), serveWitness(t, h.world, "b.example", asItIs), serveWitness(t, h.world, "c.example", asItIs)}
	requests := 0
	counted := serveWitness(t, h.world, "d.example", func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { requests++; next.ServeHTTP(w, r) })
	})
	_, err := counted.Add(h.request(t, 0, 4)) // it stands elsewhere than the others
	require.NoError(t, err)
	p := policyOf(t, h.world, 4, append(witnesses, counted)...)
	c := NewCollector(p)
	for i, size := range []int64{9, 9, 21} {
		collected, err := c.Collect(t.Context(), h.at(t, size), h)
		require.NoError(t, err)
		require.Empty(t, collected.Failed)
		witnessed, err := p.Satisfied(collected.Note, time.Now())
		require.NoError(t, err)
		require.Len(t, witnessed.By, 4)
		_, err = audit.OpenCheckpoint(collected.Note, h.logs(t).keys[origin]...)
		require.NoError(t, err)
		require.Equal(t, i+2, requests, "one more request to learn where it stands, then one a checkpoint")
	}
	collected, err := c.Collect(t.Context(), h.at(t, 12), h)
	require.NoError(t, err)
	var ahead *AheadError
	require.ErrorAs(t, collected.Failed["w0"], &ahead)
	require.Equal(t, &AheadError{Submitted: 12, Known: 21}, ahead)
	require.Equal(t, h.at(t, 12), collected.Note)
}

func TestWitnessesThatFailAreLeftOut(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 30, "")
	other := h.fork(t, 5).grow(t, 10, "other")
	answer := func(status int, body string) func(http.Handler) http.Handler {
		return func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			})
		}
	}
	cases := []struct {
		name   string
		around func(http.Handler) http.Handler
	}{
		{"good", asItIs},
		{"disputes", asItIs},
		{"fails", answer(500, "oh")},
		{"is empty", answer(200, "")},
		{"of another", answer(200, "— a.example AAAAAAAA\n")},
		{"endless", answer(200, strings.Repeat("x", 1<<20))},
		{"no size", answer(409, "many\n")},
		{"beyond all sizes", answer(409, "9223372036854775807\n")},
		{"always elsewhere", func(http.Handler) http.Handler {
			at := 3
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				at++
				w.WriteHeader(http.StatusConflict)
				_, _ = fmt.Fprintf(w, "%d\n", at)
			})
		}},
		{"elsewhere by a redirect", func(next http.Handler) http.Handler {
			mux := http.NewServeMux()
			mux.Handle("/add-checkpoint", http.RedirectHandler("/elsewhere/add-checkpoint", http.StatusTemporaryRedirect))
			mux.Handle("/elsewhere/", http.StripPrefix("/elsewhere", next))
			return mux
		}},
		{"in other base64", func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer := httptest.NewRecorder()
				next.ServeHTTP(answer, r)
				line := strings.TrimSuffix(answer.Body.String(), "==\n") // its last character has four bits to spare
				last := strings.IndexByte(base64Digits, line[len(line)-1])
				_, _ = io.WriteString(w, line[:len(line)-1]+base64Digits[last+1:last+2]+"==\n")
			})
		}},
		{"where the proof begins", answer(409, "0\n")},
		{"what is signed later", func(next http.Handler) http.Handler { // the line of another checkpoint
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Body = io.NopCloser(strings.NewReader(h.request(t, 0, 9)))
				next.ServeHTTP(w, r)
			})
		}},
	}
	var witnesses []served
	for i, c := range cases {
		witnesses = append(witnesses, serveWitness(t, h.world, fmt.Sprintf("w%d.example", i), c.around))
	}
	_, err := witnesses[1].Add(other.request(t, 0, 10))
	require.NoError(t, err)
	p := policyOf(t, h.world, 1, witnesses...)
	collected, err := NewCollector(p).Collect(t.Context(), h.at(t, 10), h)
	require.NoError(t, err)
	require.Len(t, collected.Failed, len(cases)-1)
	var disputed *DisputedError
	require.ErrorAs(t, collected.Failed["w1"], &disputed)
	require.ErrorAs(t, collected.Failed[fmt.Sprintf("w%d", len(cases)-2)], &disputed, cases[len(cases)-2].name)
	for i := 2; i < len(cases); i++ {
		require.Error(t, collected.Failed[fmt.Sprintf("w%d", i)], cases[i].name)
	}
	witnessed, err := p.Satisfied(collected.Note, time.Now())
	require.NoError(t, err)
	require.Equal(t, "w0", witnessed.By[0].Name)
	require.Equal(t, 2, strings.Count(collected.Note, "— "))

	_, err = NewCollector(p).Collect(t.Context(), "nothing", h)
	require.Equal(t, FaultUnknown, fault(t, err))
}

// The answer is lost after the witness has remembered: asked again, it signs again.
func TestAnAnswerThatIsLostIsAskedForAgain(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 30, "")
	lose := true
	w := serveWitness(t, h.world, "a.example", func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !lose {
				next.ServeHTTP(rw, r)
				return
			}
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		})
	})
	p := policyOf(t, h.world, 1, w)
	c := NewCollector(p)
	collected, err := c.Collect(t.Context(), h.at(t, 7), h)
	require.NoError(t, err)
	require.Len(t, collected.Failed, 1)
	lose = false
	collected, err = c.Collect(t.Context(), h.at(t, 7), h)
	require.NoError(t, err)
	_, err = p.Satisfied(collected.Note, time.Now())
	require.NoError(t, err)
}

func TestListen(t *testing.T) {
	h := (&history{world: newWorld(t)}).grow(t, 30, "")
	w := serveWitness(t, h.world, "a.example", asItIs)
	_, err := w.Add(h.request(t, 0, 7))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "checkpoint")
	require.NoError(t, os.WriteFile(file, []byte(h.at(t, 20)), 0o600))
	var heard []Heard
	for _, place := range []string{file, w.url + "/checkpoint?origin=" + string(origin)} {
		one, err := Listen(t.Context(), http.DefaultClient, place)
		require.NoError(t, err)
		heard = append(heard, one)
	}
	found, err := OneHistory(h.logs(t), heard, h)
	require.NoError(t, err)
	require.Empty(t, found.Unproved)
	require.Equal(t, file, found.From)

	large := filepath.Join(t.TempDir(), "large")
	require.NoError(t, os.WriteFile(large, make([]byte, MaxCheckpointBytes+1), 0o600))
	for _, place := range []string{large, filepath.Join(t.TempDir(), "none"), w.url + "/checkpoint?origin=none", "http://127.0.0.1:1/checkpoint"} {
		_, err := Listen(t.Context(), http.DefaultClient, place)
		var unheard *HeardError
		require.ErrorAs(t, err, &unheard)
		require.Equal(t, place, unheard.From)
	}
}
