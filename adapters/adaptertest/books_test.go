package adaptertest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// shown is a rail of which only the ledger is looked at.
type shown struct {
	sandbox.Server
	operations []sandbox.Operation
}

func (s shown) Operations(visit func(sandbox.Operation) error) error {
	for _, op := range s.operations {
		if err := visit(op); err != nil {
			return err
		}
	}
	return nil
}

var kes = fx.MustCurrency("KES")

func kesOf(minor int64) fx.Money { return fx.Money{Minor: minor, Currency: kes} }

// account is the rail's and the switch's word about one payout, and whether the books must object.
type account struct {
	ended   messaging.OutcomeState // "" where it has no end
	told    int64                  // minor units
	entries []sandbox.State
	moved   int64
	receipt string
	sound   bool
}

const asked = 10_00

// accounts are all that a payout of KES 10 can look like in the end.
func accounts() map[string]account {
	settled, declined, open := sandbox.Settled, sandbox.Declined, sandbox.Accepted
	paid, failed := messaging.OutcomePaid, messaging.OutcomeFailed
	return map[string]account{
		"paid":                          {paid, asked, []sandbox.State{settled}, asked, "R", true},
		"declined":                      {failed, asked, []sandbox.State{declined}, asked, "", true},
		"never at the rail":             {failed, asked, nil, 0, "", true},
		"open, and nobody says":         {"", 0, []sandbox.State{open}, asked, "", true},
		"settled, and nobody knows":     {"", 0, []sandbox.State{settled}, asked, "", true},
		"paid twice":                    {paid, asked, []sandbox.State{settled, settled}, asked, "R", false},
		"under two ids":                 {paid, asked, []sandbox.State{declined, settled}, asked, "R", false},
		"less moved":                    {paid, asked, []sandbox.State{settled}, asked - 1, "R", false},
		"told otherwise":                {paid, asked + 1, []sandbox.State{settled}, asked, "R", false},
		"called paid, declined":         {paid, asked, []sandbox.State{declined}, asked, "R", false},
		"called paid, never there":      {paid, asked, nil, 0, "R", false},
		"called paid, still open":       {paid, asked, []sandbox.State{open}, asked, "R", false},
		"called failed, settled":        {failed, asked, []sandbox.State{settled}, asked, "", false},
		"called failed, and may settle": {failed, asked, []sandbox.State{open}, asked, "", false},
		"without a receipt":             {paid, asked, []sandbox.State{settled}, asked, "", false},
	}
}

// The books object to each unsound account by itself, and to any number of payouts of which one is unsound.
func TestBooksFindTheOneThatIsWrong(t *testing.T) {
	for name, a := range accounts() {
		t.Run(name, func(t *testing.T) {
			err := closeBooks(t, a)
			if a.sound {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
			}
		})
	}
	all := accounts()
	var sound, unsound []string
	for name, a := range all {
		if a.sound {
			sound = append(sound, name)
		} else {
			unsound = append(unsound, name)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		var some []account
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(sound), 0, 20).Draw(r, "sound") {
			some = append(some, all[name])
		}
		require.NoError(r, closeBooks(r, some...))
		wrong := all[rapid.SampledFrom(unsound).Draw(r, "unsound")]
		at := rapid.IntRange(0, len(some)).Draw(r, "at")
		some = append(some[:at:at], append([]account{wrong}, some[at:]...)...)
		require.Error(r, closeBooks(r, some...))
	})
}

func closeBooks(_ require.TestingT, some ...account) error {
	books, heard, rail := newBooks(), emptyHeard(), shown{}
	for n, a := range some {
		to, name := fmt.Sprint("account", n), fmt.Sprint("t", n)
		in := messaging.Instruction{Transfer: name, Kind: messaging.KindPayout, Creditor: messaging.Party{Account: to}}
		books.instructed(in, kesOf(asked))
		if a.ended != "" {
			o := messaging.Outcome{
				Transfer: name, Kind: in.Kind, State: a.ended, Amount: messaging.NewAmount(kesOf(a.told)), RailRef: a.receipt,
			}
			heard.Final[subject(name, in.Kind)] = o
			count(heard.Finals, subject(name, in.Kind), fmt.Sprint(o))
		}
		for m, state := range a.entries {
			rail.operations = append(rail.operations, sandbox.Operation{
				Kind: sandbox.KindPayout, ID: fmt.Sprint(name, m), Account: to, Minor: a.moved, State: state,
			})
		}
	}
	return books.Conserve(&heard, rail)
}

// What nobody asked for, two ends of one instruction, and intents of no order or of no payment are found too.
func TestBooksFindWhatNobodyAskedFor(t *testing.T) {
	books, heard := newBooks(), emptyHeard()
	require.NoError(t, books.Conserve(&heard, shown{}))

	stray := shown{operations: []sandbox.Operation{{Kind: sandbox.KindPayout, ID: "x", Account: "x", Minor: 1, State: sandbox.Settled}}}
	require.ErrorContains(t, books.Conserve(&heard, stray), "nobody said so")
	stray.operations[0].Kind = sandbox.KindRefund
	require.ErrorContains(t, books.Conserve(&heard, stray), "who had ordered nothing")

	heard.Finals["t1/payout"] = map[string]int{"paid": 1, "failed": 3}
	err := books.Conserve(&heard, nil)
	require.ErrorContains(t, err, "2 different ends")
	require.ErrorContains(t, err, "nobody had asked for it")

	heard = emptyHeard()
	count(heard.Intents, "i1", "bytes")
	require.ErrorContains(t, books.Conserve(&heard, nil), "of no order")
	books.ordered("r1", order{intent: "i1", payer: "p", amount: kesOf(asked)})
	heard.Intent["i1"] = messaging.Intent{ID: "i1", Source: messaging.NewAmount(kesOf(asked))}
	require.NoError(t, books.Conserve(&heard, nil))
	require.ErrorContains(t, books.Conserve(&heard, shown{}), "did not pay it")
	paid := shown{operations: []sandbox.Operation{{Kind: sandbox.KindCollection, ID: "r1", Account: "p", Minor: asked, State: sandbox.Settled}}}
	require.NoError(t, books.Conserve(&heard, paid))
	back := sandbox.Operation{Kind: sandbox.KindRefund, ID: "b1", Account: "p", Minor: asked, State: sandbox.Settled}
	paid.operations = append(paid.operations, back)
	require.NoError(t, books.Conserve(&heard, paid))
	back.ID = "b2"
	paid.operations = append(paid.operations, back)
	require.ErrorContains(t, books.Conserve(&heard, paid), "more was given back")
	count(heard.Intents, "i1", "other bytes")
	assert.ErrorContains(t, books.Conserve(&heard, nil), "2 different contents")
}

// A child's first line of JSON says where it listens; what comes before and after is its log.
func TestFirstLine(t *testing.T) {
	said := make(chan Listening, 1)
	log := &journal{}
	w := &firstLine{said: said, rest: log}
	for _, part := range []string{"begin", "ning\n{\"orders_", "url\":\"http://a\"}\nmore\n{}\n"} {
		n, err := w.Write([]byte(part))
		require.NoError(t, err)
		require.Len(t, part, n)
	}
	assert.Equal(t, Listening{Orders: "http://a"}, <-said)
	assert.Equal(t, "beginning\nmore\n{}\n", log.String())
}
