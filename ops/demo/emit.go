package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/statement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// emit writes what the switch tells of the days (UTC) that the demo lasted into a folder. The last one's books are
// closed now.
func (p *play) emit(ctx context.Context, dir string) (ledger.Finding, error) {
	var all statement.Emitted
	now := time.Now().UTC()
	for day := midnight(p.script.Began.UTC()); !day.After(now); day = day.AddDate(0, 0, 1) {
		e := statement.Emission{Dir: dir, Day: fx.Date(day.Format(time.DateOnly)), Zone: time.UTC, Now: now}
		if day.AddDate(0, 0, 1).After(now) {
			e.Over = now
		}
		done, err := statement.Emit(ctx, p.stage.books, e)
		if err != nil {
			return ledger.Finding{}, fmt.Errorf("demo: %w", err)
		}
		all.Add(done)
	}
	return ledger.Finding{Name: "statements_add_up", OK: all.Entries > 0, Detail: all.String()}, nil
}
