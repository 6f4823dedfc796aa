package demo

import (
	"context"
	"fmt"

	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// export writes the settlement log into a folder, and verifies it as anybody could.
func (p *play) export(ctx context.Context, dir string) (ledger.Finding, error) {
	books, err := store.OpenPersonal(ctx, p.stage.servers.DatabaseURL())
	if err != nil {
		return ledger.Finding{}, fmt.Errorf("demo: %w", err)
	}
	defer books.Close()
	if _, err := audit.Export(ctx, books, p.stage.keys.LogPublic, dir, nil); err != nil {
		return ledger.Finding{}, fmt.Errorf("demo: %w", err)
	}
	r, err := audit.Verify(ctx, audit.Config{Dir: dir, Key: p.stage.keys.LogPublic})
	if err != nil {
		return ledger.Finding{}, fmt.Errorf("demo: %w", err)
	}
	finding := ledger.Finding{Name: "export_verifies", OK: r.OK(), Detail: r.String()}
	return finding, nil
}
