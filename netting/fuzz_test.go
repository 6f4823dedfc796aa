package netting

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// hostile are numbers that no field should stumble over.
var hostile = []int64{-1, 0, math.MaxInt64, math.MinInt64, math.MaxInt32, maxWeighted, MaxWeight + 1, MaxClass + 1}

// spoil puts hostile numbers into some of what was drawn.
func (in *instance) spoil(p pick) {
	for p.chance(3) && len(in.obligations) > 0 {
		o, n := &in.obligations[p.index(len(in.obligations))], hostile[p.index(len(hostile))]
		switch p(0, 7) {
		case 0:
			o.Debtor = int32(n)
		case 1:
			o.Creditor = int32(n)
		case 2:
			o.Debit = n
		case 3:
			o.Debit, o.Credit = n, n
		case 4:
			o.Weight = int32(n)
		case 5:
			o.Class = int32(n)
		case 6:
			in.enrich(p.index(len(in.book.Currency)+len(in.book.Pools)), n)
		case 7:
			in.book.Pools[p.index(len(in.book.Pools))].Value = uint64(n)
		}
	}
}

// seeds are bytes of every kind: none, all alike, and mixed.
func seeds(f *testing.F) {
	f.Helper()
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{3}, 300))
	source := random(10)
	for _, size := range []int{30, 300, 3000} {
		for range 10 {
			data := make([]byte, size)
			for i := range data {
				data[i] = byte(source.Uint32())
			}
			f.Add(data)
		}
	}
}

// A typed error that points at the input, or an answer that holds.
func FuzzSelect(f *testing.F) {
	seeds(f)
	kinds := []shape{oneCurrency, weighted, acrossPools, withSpreads, inClasses, everything, largeAmounts, withFees}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := byBytes(data)
		in := kinds[p.index(len(kinds))].upTo(150).draw(p)
		in.spoil(p)
		s, err := Select(&in.book, in.obligations, 2000)
		first, firstErr := SelectFIFO(&in.book, in.obligations)
		nets, netErr := Net(&in.book, in.obligations, s.Chosen)
		if err != nil {
			var fault *InputError
			require.ErrorAs(t, err, &fault)
			require.NotEmpty(t, fault.Fault)
			require.GreaterOrEqual(t, fault.Index, 0)
			require.Less(t, fault.Index, len(in.obligations)+len(in.book.Currency)+len(in.book.Pools))
			require.Equal(t, err, firstErr)
			require.True(t, netErr == nil || errors.As(netErr, &fault))
			return
		}
		require.NoError(t, firstErr)
		require.NoError(t, netErr)
		in.judge(t, s)
		in.hold(t, first)
		require.Equal(t, first.Reached, s.FIFO)
		for limit, net := range in.nets(s.Chosen) {
			require.Equal(t, net.Int64(), append(nets.Net, nets.Pool...)[limit])
		}
	})
}

func FuzzSetOff(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		p := byBytes(data)
		in := drawDebts(p, 12, 80, 1<<40)
		for p.chance(3) && len(in.all) > 0 {
			d, n := &in.all[p.index(len(in.all))], hostile[p.index(len(hostile))]
			switch p(0, 3) {
			case 0:
				d.Debtor = int32(n)
			case 1:
				d.Creditor = int32(n)
			case 2:
				d.AmountMinor = n
			case 3:
				in.credit = append(in.credit, n)
			}
		}
		if _, err := SetOff(in.participants, in.all, in.credit); err != nil {
			var fault *InputError
			require.ErrorAs(t, err, &fault)
			require.NotEmpty(t, fault.Fault)
			return
		}
		in.setOff(t)
	})
}
