package decide

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// Whatever a day brought, an engine that takes the lead afterwards has in memory what the one before
// it had, from the database alone; and the database is sound.
func TestLoadedStateIsTheStateInMemory(t *testing.T) {
	for seed := range 6 {
		t.Run(fmt.Sprint("day ", seed), func(t *testing.T) { stored(t, rapid.Custom(anyDay).Example(seed)) })
	}
	for seed := range 2 {
		t.Run(fmt.Sprint("letters ", seed), func(t *testing.T) { stored(t, rapid.Custom(anyLetters).Example(seed)) })
	}
	for seed := range 3 {
		t.Run(fmt.Sprint("bundles ", seed), func(t *testing.T) { stored(t, rapid.Custom(anyBundleDay).Example(seed)) })
	}
	for _, seed := range []int{3, 16, 19, 23} { // with defaults, claims and guarantees left
		t.Run(fmt.Sprint("village ", seed), func(t *testing.T) { stored(t, rapid.Custom(anyVillageDay).Example(seed)) })
	}
}

// stored writes a world into a database of its own, which it leaves open.
func stored(t *testing.T, w *world) *store.Ledger {
	t.Helper()
	url := pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	books, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(books.Close)
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	for i, b := range w.batches {
		for _, c := range w.inputs[i].Commands {
			_, err := books.Ask(t.Context(), c.Key, c.Kind, c.Body)
			require.NoError(t, err)
		}
		b.Checkpoint = ledger.Checkpoint{Size: int64(i) + 1, Note: "unsigned in this test"}
		require.NoError(t, lead.Write(t.Context(), lead.Encode(b)))
	}
	snapshot, err := lead.Load(t.Context())
	require.NoError(t, err)
	loaded, err := Restore(snapshot)
	require.NoError(t, err)
	attends(t, w, books)
	require.Equal(t, portrait(w.state), portrait(loaded))
	require.Equal(t, next(t, w, w.state), next(t, w, loaded))
	findings, err := books.Check(t.Context(), nobody(t))
	require.NoError(t, err)
	for _, f := range findings {
		require.True(t, f.OK || f.Name == "log_is_whole", "%s: %s", f.Name, f.Detail)
	}
	return books
}

// nobody signed the checkpoints of these tests.
func nobody(t *testing.T) note.Verifier {
	t.Helper()
	_, public, err := note.GenerateKey(rand.Reader, "nobody")
	require.NoError(t, err)
	verifier, err := note.NewVerifier(public)
	require.NoError(t, err)
	return verifier
}

// forAPerson counts what batches left for people to look at.
func forAPerson(batches []*ledger.Batch) (cases int) {
	for _, b := range batches {
		for _, e := range b.Life {
			if e.Kind == ledger.LifeUnheard {
				cases++
			}
		}
		for _, o := range b.Outcomes {
			if o.Verdict == ledger.VerdictException {
				cases++
			}
		}
	}
	return cases
}

// next is the batch that a state makes of fresh money a little later: weights, values and choice come from
// the state.
func next(t *testing.T, w *world, from *State) string {
	t.Helper()
	fund := settlement.Command{
		ID: w.commands + 1, Key: "next", Kind: settlement.CommandFund, Body: []byte(`{"participant":"gcash-ph","currency":"PHP","amount_minor":700000}`),
	}
	b, err := from.Decide(Inputs{
		Rules: Rules, Now: w.now.Add(time.Minute), Commands: []settlement.Command{fund}, Known: map[ledger.IntentKey]ledger.KnownIntent{},
		Finished: map[settlement.TransferID]ledger.FinishedTransfer{},
	})
	require.NoError(t, err)
	text, err := json.Marshal(b, json.Deterministic(true))
	require.NoError(t, err)
	return string(text)
}

// portrait drops what does not matter: zero counts, where a batch told of what, and whether an empty queue was ever used.
func portrait(s *State) *State {
	maps.DeleteFunc(s.openCount, func(_ int32, n int) bool { return n == 0 })
	maps.DeleteFunc(s.atRails.ofCreditor, func(_ int32, n int) bool { return n == 0 })
	maps.DeleteFunc(s.atRails.ofDebtor, func(_ int32, n int) bool { return n == 0 })
	maps.DeleteFunc(s.carries, func(_ fx.Currency, n fx.NanoMinor) bool { return n == 0 })
	maps.DeleteFunc(s.opened, func(_ int32, n int) bool { return n == 0 })
	maps.DeleteFunc(s.brokenBy, func(_ int32, n int) bool { return n == 0 })
	s.breaks = append([]ledger.BundleEnd(nil), s.breaks...)
	s.sinceOpen = 0
	s.witnesses = nil // keys of notes hold functions, which equal nothing
	for _, t := range s.open {
		t.told = tellings{}
		if t.life != nil && *t.life == (life{}) {
			t.life = nil
		}
	}
	s.recount()
	s.eachLine(func(in *line, _ int, _ time.Duration, _ time.Time) { // of those that came in one batch any may stand first
		var standing []*transfer
		for t := in.first; t != nil; t = t.stands.next {
			standing = append(standing, t)
		}
		slices.SortFunc(standing, func(a, b *transfer) int { return cmp.Compare(a.ID, b.ID) })
		slices.SortStableFunc(standing, func(a, b *transfer) int { return cmp.Compare(a.stands.since, b.stands.since) })
		for _, t := range standing {
			t.stand(in, t.dueAfter(0, time.Time{}))
		}
	})
	s.queue, s.unsettled = append([]*transfer(nil), s.queue...), append([]closedWindow(nil), s.unsettled...)
	s.grossQueue = append([]*transfer(nil), s.grossQueue...)
	s.guarantees, s.claims = append([]ledger.Guarantee(nil), s.guarantees...), append([]ledger.Claim(nil), s.claims...)
	return s
}
