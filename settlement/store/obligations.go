package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// NetObligations lists what windows that closed in the period left to be settled, by window and account; what comes to
// nothing is not among it, nor what the settlement agent is not told before witnesses vouch for it.
func (b *Books) NetObligations(ctx context.Context) ([]ledger.NetObligation, error) {
	accounts := make([]int64, len(b.Accounts))
	for i, a := range b.Accounts {
		accounts[i] = a.Account
	}
	var all []ledger.NetObligation
	err := each(ctx, b.tx, `
		SELECT n.settlement_window, n.account, coalesce(p.name, (SELECT name FROM ledger.participant WHERE role = 'provider' ORDER BY id LIMIT 1), $4),
		       n.net_minor, a.currency, x.decided_at, coalesce(i.end_to_end_id, ''), to_char(coalesce(i.value_date, x.decided_at::date), 'YYYY-MM-DD')
		FROM ledger.window_event w JOIN ledger.batch x ON x.id = w.batch
		JOIN ledger.window_net n ON n.settlement_window = w.settlement_window AND n.net_minor <> 0
		JOIN ledger.account a ON a.id = n.account LEFT JOIN ledger.participant p ON p.id = a.participant
		LEFT JOIN ledger.instruction i ON i.settlement_window = n.settlement_window AND i.participant = a.participant AND i.currency = a.currency
			AND i.kind = CASE WHEN n.net_minor < 0 THEN 'pay_in' ELSE 'pay_out' END
		LEFT JOIN ledger.instruction_told t ON t.instruction = i.id
		WHERE (i.id IS NULL OR t.instruction IS NOT NULL OR NOT EXISTS (SELECT FROM ledger.rule v WHERE v.kind = 'witnesses' AND v.batch < i.batch))
			AND w.state = 'closed' AND w.batch BETWEEN $1 AND $2 AND n.account = ANY ($3)
		ORDER BY n.settlement_window, n.account`, func(row pgx.Rows) error {
		var o ledger.NetObligation
		var code string
		err := row.Scan(&o.Window, &o.Account, &o.Participant, &o.Net.Minor, &code, &o.ClosedAt, &o.Instruction, &o.ValueDate)
		if err != nil {
			return err
		}
		o.ClosedAt = o.ClosedAt.UTC()
		o.Net.Currency, err = fx.ParseCurrency(code)
		all = append(all, o)
		return err
	}, b.Span.First, b.Span.Last, accounts, ledger.SchemeName)
	if err != nil {
		return nil, fmt.Errorf("net obligations: %w", err)
	}
	return all, nil
}
