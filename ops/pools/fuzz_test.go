package pools_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/ops/pools"
)

// Whatever stands in a line of somebody's log, a card of it is bounded, and says nothing that nobody typed.
func FuzzLines(f *testing.F) {
	f.Add("balance", "balance", `{"account":"fund/main","amount_minor":"100","unit":"KES"}`)
	f.Add("members", "member", `{"member":"m1","pool":"stokvel-joburg","standing":"active"}`)
	f.Add("needs", "posted", `{"category":"food","place":{"area":"Tondo"},"posting":"n1","quantity":"3","side":"need","state":"open","unit":"meal","until":"2027-01-01T00:00:00Z","urgency":"4"}`)
	f.Add("pledges", "pledge", `{"each_minor":"1","fund":"main","kinds":["flood"],"pledge":"p1","pool":"group-manila","total_minor":"9223372036854775807","until":"9999-12-31T00:00:00Z"}`)
	f.Add("pledges", "declaration", `{"at":"0001-01-01T00:00:00Z","declaration":"p2","emergency":"flood","needed":"\u202eevil\u0000","pool":"chama-nairobi","until":"2027-01-01T00:00:00Z","votes":"-1"}`)
	f.Add("pledges", "kept", `{"amount_minor":"9223372036854775807","declaration":"p2","payout":"p3","pledge":"p1","pool":"group-manila","state":"paid","unit":"hours.chama-nairobi.2"}`)
	f.Add("pledges", "kept", `{"payout":7}`)
	f.Fuzz(func(t *testing.T, section, kind, body string) {
		line := diary.Line{Section: section, Kind: kind, Body: []byte(body)}
		card := pools.CardOf(nairobi, line, line)
		entries := []pools.Entry{{Known: pools.Known{Participant: nairobi}, Card: card}, {Known: pools.Known{Participant: manila}, Card: card}}
		_ = pools.Ties(entries, time.Now())
		for _, e := range pools.Emergencies(entries, time.Now()) {
			require.LessOrEqual(t, len(e.Needed), 2_000)
		}
		text, err := json.Marshal(card)
		require.NoError(t, err)
		require.True(t, utf8.Valid(text))
		for _, d := range card.Declared {
			require.False(t, strings.ContainsFunc(d.Needed+d.Kind+d.Place, unicode.IsControl))
		}
	})
}
