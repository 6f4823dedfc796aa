package show_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/show"
)

// No cell of a file is a formula, whoever wrote it; amounts below zero stay numbers.
func TestCellsAreNoFormulas(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "-12.50": "-12.50", "-7": "-7", "12": "12", "mpesa-ke": "mpesa-ke", "=1+1": "'=1+1", "+254700": "'+254700", "@SUM(A1)": "'@SUM(A1)",
		"-cmd|' /C calc'!A0": "'-cmd|' /C calc'!A0", "\t=1": "'\t=1", "\r=1": "'\r=1", "-1e5": "'-1e5",
	} {
		require.Equal(t, want, show.Inert(cell))
	}
}
