package store_test

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/schedule"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Books of a time in which nothing happened stand still; those of everybody add up to nothing; a reader may read them.
func TestBooksOfAPeriod(t *testing.T) {
	books, url := open(t)
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	b := batch()
	b.Participants = []settlement.Participant{{ID: 1, Name: "alpha-ke", Country: "KE", Currency: kes, Role: settlement.RoleOperator, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1}}
	require.NoError(t, lead.Write(t.Context(), lead.Encode(b)))
	reader, err := store.OpenReader(t.Context(), url)
	require.NoError(t, err)
	defer reader.Close()

	begins := b.DecidedAt.Truncate(24 * time.Hour)
	for n, want := range []struct{ opening, closing, entries int64 }{{0, 0, 0}, {0, 5, 1}, {5, 5, 0}} {
		from := begins.AddDate(0, 0, n-1)
		p := ledger.Period{Owner: "alpha-ke", Currency: kes, From: from, Until: from.AddDate(0, 0, 1)}
		require.NoError(t, reader.Books(t.Context(), p, func(v *store.Books) error {
			require.Len(t, v.Accounts, 1)
			a := v.Accounts[0]
			require.Equal(t, want, struct{ opening, closing, entries int64 }{a.OpeningMinor, a.ClosingMinor, a.Postings})
			seen := int64(0)
			err := v.Entries(t.Context(), []int64{a.Account}, func(e ledger.StatementEntry) error {
				seen++
				require.Equal(t, ledger.Side{Account: 1, Owner: ledger.SchemeName, Kind: ledger.Agent}, e.Debit)
				require.Equal(t, ledger.Side{Account: 2, Owner: "alpha-ke", Kind: ledger.Settlement}, e.Credit)
				require.Equal(t, fx.Money{Minor: 5, Currency: kes}, e.Amount)
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, want.entries, seen)
			all, err := v.NetObligations(t.Context())
			require.NoError(t, err)
			require.Empty(t, all)
			return nil
		}))
		sum := int64(0)
		require.NoError(t, reader.Books(t.Context(), ledger.Period{From: from, Until: from.AddDate(0, 0, 1)}, func(v *store.Books) error {
			require.Len(t, v.Accounts, 3)
			for _, a := range v.Accounts {
				sum += a.ClosingMinor
			}
			return nil
		}))
		require.Zero(t, sum)
	}
	err = reader.Books(t.Context(), ledger.Period{Owner: "nobody", From: begins, Until: begins.AddDate(0, 0, 1)}, nil)
	require.ErrorIs(t, err, ledger.ErrNoAccount)
}

// A currency's zone is its group's as it stands now; without a group of its own, the default one's.
func TestZoneOfACurrency(t *testing.T) {
	books, _ := open(t)
	zone := func(want string, c fx.Currency) {
		t.Helper()
		got, err := books.Zone(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	zone("", kes)
	table := func(zone string) []byte {
		text, err := json.Marshal(schedule.Timetable{Groups: []schedule.Group{{Name: "g", Zone: zone}}})
		require.NoError(t, err)
		return text
	}
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	b := batch()
	b.Groups = []ledger.Group{{Name: settlement.DefaultGroup, Timetable: table("Africa/Accra")}, {Name: "east", Currencies: []fx.Currency{kes}, Timetable: table("Africa/Nairobi")}}
	require.NoError(t, lead.Write(t.Context(), lead.Encode(b)))
	zone("Africa/Nairobi", kes)
	zone("Africa/Accra", ugx)
	next := &ledger.Batch{ID: 2, DecidedAt: b.DecidedAt, Checkpoint: ledger.Checkpoint{Size: 2}}
	next.Groups = []ledger.Group{{Name: "east", Currencies: []fx.Currency{ugx}, Timetable: table("Africa/Kampala")}}
	require.NoError(t, lead.Write(t.Context(), lead.Encode(next)))
	zone("Africa/Accra", kes)
	zone("Africa/Kampala", ugx)
}
