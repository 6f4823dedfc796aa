package messaging

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

var drawLeg = rapid.Custom(func(t *rapid.T) Leg {
	l := Leg{
		Participant: drawPeer.Draw(t, "participant"), Intent: drawID.Draw(t, "intent"), CreditorParticipant: drawPeer.Draw(t, "creditor"),
		Source: drawAmount.Draw(t, "source"), Destination: drawAmount.Draw(t, "destination"),
	}
	if l.Source.Currency != l.Destination.Currency {
		l.Fixed = rapid.SampledFrom([]fx.Fixed{fx.FixedSource, fx.FixedDestination}).Draw(t, "fixed")
	}
	return l
})

var drawLegs = rapid.SliceOfNDistinct(drawLeg, MinBundleLegs, MaxBundleLegs, func(l Leg) string { return l.Participant + " " + l.Intent })

// Whoever has the same legs makes the same bundle; each leg is one of it, and nothing else is.
func TestLegsProveThemselves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		legs := drawLegs.Draw(t, "legs")
		all, err := NewBundle("round-7", legs)
		require.NoError(t, err)
		shuffled := rapid.Permutation(legs).Draw(t, "shuffled")
		again, err := NewBundle("round-7", shuffled)
		require.NoError(t, err)
		for n, leg := range legs {
			require.Equal(t, all[n], again[slices.Index(shuffled, leg)])
			require.Nil(t, all[n].Check(leg))
		}
		n := rapid.IntRange(0, len(legs)-1).Draw(t, "leg")
		other, b := legs[n], all[n]
		b.Proof = slices.Clone(b.Proof)
		switch rapid.IntRange(0, 8).Draw(t, "change") {
		case 0:
			other.Participant += "x"
		case 1:
			other.Intent += "x"
		case 2:
			other.CreditorParticipant += "x"
		case 3:
			other.Source.Amount, other.Destination.Amount = "1"+other.Source.Amount, "1"+other.Destination.Amount
		case 4:
			b.ID += "x"
		case 5:
			b.Count = max(MinBundleLegs, (b.Count+1)%(MaxBundleLegs+1))
		case 6:
			b.Place = b.Place%MaxBundleLegs + 1
		case 7:
			b.Digest = flipped(b.Digest)
		default:
			k := rapid.IntRange(0, len(b.Proof)-1).Draw(t, "hash")
			b.Proof[k] = flipped(b.Proof[k])
		}
		require.NotNil(t, b.Check(other))
	})
}

func flipped(hash string) string {
	if hash[0] == 'A' {
		return "B" + hash[1:]
	}
	return "A" + hash[1:]
}

// The side that is not fixed is its sender's own.
func TestALegKeepsItsPriceToItself(t *testing.T) {
	intent := sampleIntent("a-1")
	leg, other := LegOf("alpha", &intent), LegOf("beta", &intent)
	leg.Destination.Amount = "" // not known yet: the source is fixed
	all, err := NewBundle("b", []Leg{leg, other})
	require.NoError(t, err)
	require.Nil(t, all[0].Check(LegOf("alpha", &intent)))
	intent.Destination.Amount = "812.35"
	require.Nil(t, all[0].Check(LegOf("alpha", &intent)))
	intent.Source.Amount = "1250"
	require.Nil(t, all[0].Check(LegOf("alpha", &intent)), "the same amount")
	intent.Source.Amount = "1250.01"
	require.Equal(t, FaultNotInBundle, all[0].Check(LegOf("alpha", &intent)).Fault)
}

func TestNoBundleOfSuchLegs(t *testing.T) {
	intent := sampleIntent("a-1")
	leg, other := LegOf("alpha", &intent), LegOf("beta", &intent)
	free, unread := leg, leg
	free.Fixed, free.Intent = "", "a-2"
	unread.Source.Amount, unread.Intent = "-1", "a-3"
	many := make([]Leg, MaxBundleLegs+1)
	for n := range many {
		many[n] = leg
		many[n].Intent = fmt.Sprint("a-", n)
	}
	for name, legs := range map[string][]Leg{
		"one": {leg}, "the same": {leg, leg}, "neither side fixed": {leg, free}, "no amount": {leg, unread}, "too many": many,
	} {
		_, err := NewBundle("b", legs)
		require.Error(t, err, name)
	}
	_, err := NewBundle("", []Leg{leg, other})
	require.Error(t, err)
	_, err = NewBundle("b", many[:MaxBundleLegs])
	require.NoError(t, err)
}

// The README's bundle, whose digest it makes by hand.
func TestTheDigestOfTheReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	all, err := NewBundle("round-7", []Leg{
		{Participant: "pool-ph", Intent: "orB1", CreditorParticipant: "mpesa-ke", Source: Amount{"430.00", "PHP"}, Destination: Amount{"", "KES"}, Fixed: fx.FixedSource},
		{Participant: "pool-ke", Intent: "orA1", CreditorParticipant: "gcash-ph", Source: Amount{"", "KES"}, Destination: Amount{"430.00", "PHP"}, Fixed: fx.FixedDestination},
	})
	require.NoError(t, err)
	require.Contains(t, string(readme), all[0].Digest)
	require.Equal(t, 2, all[0].Place)
}
