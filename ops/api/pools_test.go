package api_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/api"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/pools"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

// seePools reads what the day's pools show to everybody, as nobody.
func seePools(h *house) {
	t := h.t
	all := pages[api.Pool](h, nobody, "/v1/pools?limit=2")
	require.Len(t, all, 5)
	for _, p := range all {
		assert.Equal(t, "current", p.State)
		assert.Contains(t, p.Shows, "pledges")
		assert.NotEmpty(t, p.Title)
		assert.NotEmpty(t, p.Log.Checkpoint)
	}
	assert.Len(t, pages[api.Pool](h, nobody, "/v1/pools?shows=balance"), 2, "the others show what they have to the federation alone")

	emergencies := pages[api.Emergency](h, nobody, "/v1/emergencies?open=true")
	require.Len(t, emergencies, 1)
	flood := emergencies[0]
	assert.Equal(t, "paluwagan-manila", flood.Pool)
	assert.Equal(t, "flood", flood.Kind)
	require.Len(t, flood.Answers, 3)
	for _, answer := range flood.Answers {
		assert.Equal(t, "paid", answer.State, answer.Pool)
	}
	assert.Len(t, flood.Paid, 3, "in three currencies")

	story := get[api.PoolStory](h, nobody, "/v1/pools/chama-nairobi")
	assert.Contains(t, story.Hides, "members")
	require.Len(t, story.Pledges, 1)
	assert.Equal(t, &api.Amount{Amount: "6000.00", Currency: "KES"}, story.Pledges[0].Total)
	assert.Equal(t, []api.PoolTie{{
		From: "chama-nairobi", To: "paluwagan-manila", Kind: "aids", Pledged: []api.Amount{{Amount: "6000.00", Currency: "KES"}},
		Paid: []api.Amount{{Amount: "3000.00", Currency: "KES"}},
	}}, story.Ties)
	h.refused(asks(nobody, "GET", "/v1/pools/mpesa-ke", ""), "not_found")
}

// That a pool exists is its own to say: one that shows nothing is there for itself and who runs the switch alone, and
// so is why it is not heard.
func TestAPoolThatShowsNothing(t *testing.T) {
	const chama = "chama-nairobi"
	log := "chama-nairobi/log+f47b3fc1+AUp3v7Ec9idJy9y6PbQboYjGPQGFdduFdLdIrIgkXgAi"
	known, err := pools.New(pools.Config{Known: []pools.Known{{Participant: chama, Address: "http://10.0.0.9:8090", LogKey: log}}})
	require.NoError(t, err)
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	h := open(t, url, rail.Directory{}, nil, known)
	for _, stranger := range []caller{nobody, mpesa, {role: auth.Pool, of: "stokvel-joburg"}} {
		assert.Empty(t, pages[api.Pool](h, stranger, "/v1/pools"))
		h.refused(asks(stranger, "GET", "/v1/pools/"+chama, ""), "not_found")
	}
	for _, insider := range []caller{auditor, {role: auth.Pool, of: chama}} {
		require.Len(t, pages[api.Pool](h, insider, "/v1/pools"), 1)
		assert.Equal(t, "unheard", get[api.PoolStory](h, insider, "/v1/pools/"+chama).State)
	}
}
