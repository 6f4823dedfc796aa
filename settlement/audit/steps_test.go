package audit_test

import (
	"fmt"
	"testing"

	"github.com/ayni-switch/ayni/settlement/audit"
)

func BenchmarkSteps(b *testing.B) {
	ids := make([]string, 1024)
	for i := range ids {
		ids[i] = fmt.Sprintf("01J%08d", i)
	}
	b.ReportAllocs()
	var steps audit.Steps
	for i := range b.N {
		steps.Intent("mpesa-ke", ids[i%1024], [32]byte{1}, ids[i%1024], "")
	}
}
