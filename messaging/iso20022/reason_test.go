package iso20022

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
)

// ourFaults are the constants of messaging's faults, out of its source, so that a new one cannot be forgotten.
func ourFaults(t *testing.T) (list []messaging.Fault) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../fault.go", nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(spec.Names[0].Name, "Fault") {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			list = append(list, messaging.Fault(text))
		}
		return true
	})
	require.Greater(t, len(list), 25)
	return list
}

// TestEveryFaultBothWays: what we write for a fault is listed and reads as the same fault again. Who is screened is not
// told so, and the code alone says it.
func TestEveryFaultBothWays(t *testing.T) {
	listed := map[messaging.Fault]bool{}
	for _, fault := range ourFaults(t) {
		listed[fault] = true
		for _, detail := range []string{"", "1.001 KES", strings.Repeat("é", 1000)} {
			code, info := ReasonOf(fault, detail)
			assert.True(t, KnownReason(code), code)
			assert.Equal(t, fault, FaultOf(code, info))
			report := sampleReport()
			report.Reason, report.Info = code, info
			_, err := report.Marshal()
			assert.NoError(t, err)
		}
	}
	for code, reason := range reasons {
		assert.Regexp(t, codeText, code)
		assert.NotEmpty(t, reason.text)
		for _, fault := range reason.faults {
			assert.True(t, listed[fault], fault)
			assert.Equal(t, code, fault.Reason(), fault)
		}
		if told := FaultOf(code, "something else"); told != "" {
			assert.Equal(t, code, told.Reason())
		}
	}
	_, info := ReasonOf(messaging.FaultScreened, "on a list")
	assert.Empty(t, info)
}

func TestRawInfo(t *testing.T) {
	assert.Equal(t, "2040 unregistered", RawInfo("2040", "unregistered"))
	assert.Equal(t, "2040", RawInfo("2040", ""))
	assert.Empty(t, RawInfo("", ""))
	assert.Equal(t, messaging.Fault(""), FaultOf("AC03", "2040 unregistered"))
	assert.Equal(t, messaging.Fault(""), FaultOf("NARR", ""))
	assert.Equal(t, messaging.Fault(""), FaultOf("XX99", "bad_amount"))
	assert.False(t, KnownReason("XX99"))
	assert.Empty(t, ReasonText("XX99"))
}
