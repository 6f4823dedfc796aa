package rail_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// listed is books of which only participants are asked for here.
type listed []string

func (l listed) Participants(context.Context) (all []settlement.Participant, err error) {
	for _, name := range l {
		all = append(all, settlement.Participant{Name: name, Role: settlement.RoleOperator})
	}
	return all, nil
}

func (listed) Rails(context.Context) ([]ledger.RailStanding, error)             { return nil, nil }
func (listed) RailLoads(context.Context) ([]ledger.RailLoad, error)             { return nil, nil }
func (listed) Positions(context.Context) (map[string]messaging.Position, error) { return nil, nil }

// Of three adapters one answers, one never does, and one is somebody else's; a fourth has no address. The silent one holds
// up who looks at it, all of them together and once.
func TestWordsOfAdapters(t *testing.T) {
	release, asked := make(chan struct{}), make(chan struct{}, 100)
	addresses := map[string]string{}
	for name, answer := range map[string]http.HandlerFunc{
		"alpha-ke": saying(http.StatusOK, `{"participant":"alpha-ke","rail":"mpesa","unknown_now":3,"exceptions":{"open_long":2,"paid_before":1},"breakers":{"submit":"closed","query":"half-open"}}`),
		"beta-ke": func(http.ResponseWriter, *http.Request) {
			asked <- struct{}{}
			<-release
		},
		"gamma-ke": saying(http.StatusOK, `{"participant":"alpha-ke"}`),
	} {
		server := httptest.NewServer(answer)
		t.Cleanup(server.Close)
		addresses[name] = server.URL
	}
	t.Cleanup(func() { close(release) }) // before servers close, which wait for answers
	d, err := rail.NewDirectory(addresses)
	require.NoError(t, err)
	watch := &rail.Watch{Books: listed{"alpha-ke", "beta-ke", "gamma-ke", "delta-ke"}, Rails: d}

	gone, leave := context.WithCancel(t.Context())
	var looking sync.WaitGroup
	looking.Go(func() {
		_, _ = watch.Standings(gone, "beta-ke") // who leaves spoils it for nobody
	})
	<-asked
	leave()
	for range 8 {
		looking.Go(func() {
			all, err := watch.Standings(t.Context(), "")
			if !assert.NoError(t, err) || !assert.Len(t, all, 4) {
				return
			}
			assert.True(t, all[0].Word.Said())
			assert.Equal(t, "half-open", all[0].Word.Breaker())
			assert.Equal(t, 3, all[0].Word.Exceptions())
			var failed *rail.Error
			if assert.ErrorAs(t, all[1].Word.Err, &failed) {
				assert.Zero(t, failed.Status)
			}
			assert.ErrorContains(t, all[2].Word.Err, "another_participant")
			assert.Empty(t, all[2].Word.Stats.Participant, "what another says is nobody's word")
			assert.Nil(t, all[3].Word)
		})
	}
	alone, err := watch.Standings(t.Context(), "alpha-ke")
	require.NoError(t, err)
	require.Len(t, alone, 1)
	require.True(t, alone[0].Word.Said(), "nobody waits for whom it does not look at")
	looking.Wait()
	require.Empty(t, asked, "asked once for all")
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
