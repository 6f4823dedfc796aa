package rail_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/rail"
)

// Of three adapters one answers, one never does, and one is somebody else's; a fourth has no address. Nobody waits for more
// than the slowest is given.
func TestWordsOfAdapters(t *testing.T) {
	release := make(chan struct{})
	addresses := map[string]string{}
	for name, answer := range map[string]http.HandlerFunc{
		"alpha-ke": saying(http.StatusOK, `{"participant":"alpha-ke","rail":"mpesa","unknown_now":3,"exceptions":{"open_long":2,"paid_before":1},"breakers":{"submit":"closed","query":"half-open"}}`),
		"beta-ke":  func(http.ResponseWriter, *http.Request) { <-release },
		"gamma-ke": saying(http.StatusOK, `{"participant":"alpha-ke"}`),
	} {
		server := httptest.NewServer(answer)
		t.Cleanup(server.Close)
		addresses[name] = server.URL
	}
	t.Cleanup(func() { close(release) }) // before servers close, which wait for answers
	d, err := rail.NewDirectory(addresses)
	require.NoError(t, err)
	began := time.Now()
	words := d.Words(t.Context(), []string{"alpha-ke", "beta-ke", "gamma-ke", "delta-ke", "alpha-ke"})
	require.Less(t, time.Since(began), 10*time.Second, "the client's own limit")
	require.Len(t, words, 3)
	require.True(t, words["alpha-ke"].Said())
	require.Equal(t, "half-open", words["alpha-ke"].Breaker())
	require.Equal(t, 3, words["alpha-ke"].Exceptions())
	var failed *rail.Error
	require.ErrorAs(t, words["beta-ke"].Err, &failed)
	require.Zero(t, failed.Status)
	require.ErrorContains(t, words["gamma-ke"].Err, "another_participant")
	require.Empty(t, words["gamma-ke"].Stats.Participant, "what another says is nobody's word")
}

func TestTheWorstBreaker(t *testing.T) {
	for text, worst := range map[string]string{
		`{}`: "", `{"a":"closed"}`: "closed", `{"a":"closed","b":"half-open","c":"open"}`: "open", `{"a":"<script>"}`: "",
	} {
		c := answering(t, saying(http.StatusOK, fmt.Sprintf(`{"participant":"alpha-ke","breakers":%s}`, text)))
		word := c.Word(t.Context())
		require.NoError(t, word.Err)
		require.Equal(t, worst, word.Breaker(), text)
	}
}
