package bench

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The rows' own checks see nothing wrong on small inputs of each kind, and the same seed is the same input.
func TestRowsOfSmallInputs(t *testing.T) {
	for name, made := range map[string]func() batch{
		"one currency": func() batch { return oneCurrency(20, 500, 1, 50, true) },
		"many":         func() batch { return manyCurrencies(20, 5, 500, 1, 50) },
	} {
		b, again := made(), made()
		require.Equal(t, b, again)
		r, err := selection(1, name, b, targets{})
		require.NoError(t, err)
		assert.Empty(t, r.Faults)
		assert.LessOrEqual(t, r.Ratio, 1.0)
		assert.GreaterOrEqual(t, r.Ratio, r.FIFORatio)
		assert.Contains(t, r.Line(), name)

		r, err = net(1, b)
		require.NoError(t, err)
		assert.Empty(t, r.Faults)
	}
	r, err := setOff(1, 50, 500, 1, targets{target{ms: 1e9}, target{ms: 1e-9}}, "")
	require.NoError(t, err)
	assert.Empty(t, r.Faults)
	assert.True(t, r.Passed)
	assert.False(t, r.Stretched)
	assert.Contains(t, r.Line(), " pass ")
}

// A row with a fault keeps no target, however fast it was.
func TestFaultsKeepNoTarget(t *testing.T) {
	r := Row{MedianMS: 1, Ratio: 1}
	r.fault("two runs chose otherwise")
	r.judge(targets{target{ms: 10}, target{ms: 10}})
	assert.False(t, r.Passed)
	assert.Contains(t, r.Line(), "FAULTS: two runs chose otherwise")
}

func TestWhatCannotBeMeasured(t *testing.T) {
	each := func(Row) error { return nil }
	require.Error(t, Netting(NettingOptions{Runs: 0}, each))
	_, err := instances(NettingOptions{Runs: 1, Instances: t.TempDir()})
	require.ErrorContains(t, err, "no sets in")
}
