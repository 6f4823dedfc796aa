package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// listedWindow is each window w as of its newest state, with when it opened (o) and closed (c).
const listedWindow = `
	FROM (SELECT DISTINCT ON (settlement_window) * FROM ledger.window_event WHERE settlement_window < $1
		ORDER BY settlement_window DESC, array_position(ARRAY['open', 'closed', 'settling', 'failed', 'settled'], state) DESC) w
	JOIN ledger.window_event o ON o.settlement_window = w.settlement_window AND o.state = 'open'
	LEFT JOIN ledger.window_event c ON c.settlement_window = w.settlement_window AND c.state = 'closed'
	JOIN ledger.batch wb ON wb.id = w.batch JOIN ledger.batch ob ON ob.id = o.batch LEFT JOIN ledger.batch cb ON cb.id = c.batch`

const windowColumns = `SELECT w.settlement_window, w.settlement_group, w.state, ob.decided_at, cb.decided_at, coalesce(c.moment, o.moment), wb.decided_at,
	o.batch, coalesce(c.batch - 1, (SELECT max(id) FROM ledger.batch))`

func scanWindow(row pgx.Rows) (w ledger.ListedWindow, err error) {
	err = row.Scan(&w.ID, &w.Group, &w.State, inUTC{&w.OpenedAt}, inUTC{&w.ClosedAt}, inUTC{&w.Moment}, inUTC{&w.Since}, &w.Batches.First, &w.Batches.Last)
	return w, err
}

// WindowStories lists windows below a number (0: all), newest first, each with what it netted.
func (l *Ledger) WindowStories(ctx context.Context, before settlement.WindowID, limit int) (windows []ledger.ListedWindow, err error) {
	err = l.moment(ctx, func(m *moment) error {
		b := &pgx.Batch{}
		queue(b, windowColumns+listedWindow+` ORDER BY w.settlement_window DESC LIMIT $2`, func(row pgx.Rows) error {
			w, err := scanWindow(row)
			windows = append(windows, w)
			return err
		}, below(int64(before)), ledger.PageSize(limit))
		if err := m.turn(ctx, b); err != nil {
			return err
		}
		b = &pgx.Batch{}
		sumWindows(b, windows)
		return m.last(ctx, b)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: windows: %w", err)
	}
	return windows, nil
}

func sumWindows(b *pgx.Batch, windows []ledger.ListedWindow) {
	at, ids := map[settlement.WindowID]int{}, make([]int64, len(windows))
	for i, w := range windows {
		at[w.ID], ids[i] = i, int64(w.ID)
	}
	queue(b, `SELECT n.settlement_window, a.currency, sum(n.gross_out)::bigint, sum(greatest(-n.net_minor, 0))::bigint
		FROM ledger.window_net n JOIN ledger.account a ON a.id = n.account WHERE n.settlement_window = ANY ($1)
		GROUP BY n.settlement_window, a.currency ORDER BY n.settlement_window, a.currency`, func(row pgx.Rows) error {
		var id settlement.WindowID
		var s ledger.WindowSum
		err := row.Scan(&id, coded{&s.Currency}, &s.GrossMinor, &s.NetMinor)
		windows[at[id]].Currencies = append(windows[at[id]].Currencies, s)
		return err
	}, ids)
}

// WindowStory tells all of one window. Errors wrap ledger.ErrNoWindow.
//
// Isolation: REPEATABLE READ.
func (l *Ledger) WindowStory(ctx context.Context, id settlement.WindowID) (*ledger.WindowStory, error) {
	s := &ledger.WindowStory{}
	err := l.moment(ctx, func(m *moment) error {
		found, b := make([]ledger.ListedWindow, 1), &pgx.Batch{}
		found[0].ID = id
		queue(b, windowColumns+listedWindow+` WHERE w.settlement_window = $2`, func(row pgx.Rows) (err error) {
			s.ListedWindow, err = scanWindow(row)
			return err
		}, int64(id)+1, int64(id))
		sumWindows(b, found)
		windowSteps(b, s, id)
		windowDefaults(b, s, id)
		instructions(b, &s.Instructions, `i.settlement_window = $1 ORDER BY i.id`, int64(id))
		if err := m.turn(ctx, b); err != nil {
			return err
		}
		if s.ID == 0 {
			return ledger.ErrNoWindow
		}
		s.Currencies, b = found[0].Currencies, &pgx.Batch{}
		windowNets(b, s)
		record := batchRecord{}
		for _, step := range s.States {
			if step.State == settlement.WindowClosed {
				queue(b, recordOf, record.row, step.Batch)
			}
		}
		if err := m.last(ctx, b); err != nil {
			return err
		}
		return windowTrades(s, record)
	})
	if err != nil {
		return nil, fmt.Errorf("ledger: window %d: %w", id, err)
	}
	return s, nil
}

func windowSteps(b *pgx.Batch, s *ledger.WindowStory, id settlement.WindowID) {
	queue(b, `SELECT e.state, e.batch, b.decided_at, e.log_index FROM ledger.window_event e JOIN ledger.batch b ON b.id = e.batch
		WHERE e.settlement_window = $1 ORDER BY e.batch, array_position(ARRAY['open', 'closed', 'settling', 'failed', 'settled'], e.state)`, func(row pgx.Rows) error {
		var v ledger.WindowStep
		err := row.Scan(&v.State, &v.Batch, inUTC{&v.At}, &v.LogIndex)
		s.States = append(s.States, v)
		return err
	}, int64(id))
}

// windowNets reads what a closed window left, or what accounts of an open one's currencies moved since it opened.
func windowNets(b *pgx.Batch, s *ledger.WindowStory) {
	position := func(row pgx.Rows) error {
		var v ledger.WindowPosition
		err := row.Scan(&v.Account, &v.Owner, &v.Kind, coded{&v.Currency}, &v.InMinor, &v.OutMinor)
		v.NetMinor = v.InMinor - v.OutMinor
		s.Nets = append(s.Nets, v)
		return err
	}
	if s.State != settlement.WindowOpen {
		queue(b, `SELECT a.id, coalesce(p.name, $2), a.kind, a.currency, n.gross_in, n.gross_out FROM ledger.window_net n
			JOIN ledger.account a ON a.id = n.account LEFT JOIN ledger.participant p ON p.id = a.participant
			WHERE n.settlement_window = $1 ORDER BY a.id`, position, int64(s.ID), ledger.SchemeName)
		return
	}
	queue(b, `SELECT id, owner, kind, currency, gross_in, gross_out FROM (`+openFlows+`) f WHERE settlement_window = $2 AND (gross_in > 0 OR gross_out > 0) ORDER BY id`,
		position, ledger.SchemeName, int64(s.ID))
}

// openFlows are what each account that may owe moved in the window of its currency's group that is open. Balances carry
// it: of a balance of before the window opened it is another window's.
const openFlows = `
	SELECT a.id, coalesce(p.name, $1) AS owner, a.kind, a.currency, o.settlement_window,
	       CASE WHEN b.batch >= o.batch THEN b.gross_in ELSE 0 END AS gross_in, CASE WHEN b.batch >= o.batch THEN b.gross_out ELSE 0 END AS gross_out
	FROM ledger.account a LEFT JOIN ledger.participant p ON p.id = a.participant
	LEFT JOIN LATERAL (SELECT g.name FROM (SELECT DISTINCT ON (name) name, currencies FROM ledger.settlement_group ORDER BY name, batch DESC) g
		WHERE a.currency = ANY (g.currencies) LIMIT 1) g ON true
	JOIN ledger.window_event o ON o.state = 'open' AND o.settlement_group = coalesce(g.name, 'default')
		AND NOT EXISTS (SELECT FROM ledger.window_event c WHERE c.settlement_window = o.settlement_window AND c.state = 'closed')
	LEFT JOIN LATERAL (SELECT gross_in, gross_out, batch FROM ledger.balance v WHERE v.account = a.id ORDER BY v.batch DESC LIMIT 1) b ON true
	WHERE a.kind IN ('position', 'fx')`

func windowDefaults(b *pgx.Batch, s *ledger.WindowStory, id settlement.WindowID) {
	queue(b, `SELECT s.step, s.kind, a.id, coalesce(ap.name, $2), a.kind, y.id, coalesce(yp.name, $2), y.kind, s.amount_minor, a.currency, s.batch
		FROM ledger.default_step s JOIN ledger.account a ON a.id = s.account LEFT JOIN ledger.participant ap ON ap.id = a.participant
		JOIN ledger.account y ON y.id = s.payer LEFT JOIN ledger.participant yp ON yp.id = y.participant
		WHERE s.settlement_window = $1 ORDER BY s.account, s.step`, func(row pgx.Rows) error {
		var d ledger.WindowDefault
		err := row.Scan(&d.Step, &d.Kind, &d.Owed.Account, &d.Owed.Owner, &d.Owed.Kind, &d.Payer.Account, &d.Payer.Owner, &d.Payer.Kind,
			&d.Amount.Minor, coded{&d.Amount.Currency}, &d.Batch)
		s.Defaults = append(s.Defaults, d)
		return err
	}, int64(id), ledger.SchemeName)
}

// windowTrades tells what the record of the batch that closed the window says of the FX pool.
func windowTrades(s *ledger.WindowStory, record batchRecord) error {
	for _, w := range record.Windows {
		if w.Window != int64(s.ID) {
			continue
		}
		for _, t := range w.Residual {
			trade, err := t.trade()
			if err != nil {
				return err
			}
			s.Trades = append(s.Trades, trade)
		}
	}
	return nil
}

func (t recordedTrade) trade() (trade ledger.WindowTrade, err error) {
	sell, err := fx.ParseCurrency(t.Sell)
	if err != nil {
		return trade, err
	}
	buy, err := fx.ParseCurrency(t.Buy)
	money := func(sold, bought int64) (fx.Money, fx.Money) {
		return fx.Money{Minor: sold, Currency: sell}, fx.Money{Minor: bought, Currency: buy}
	}
	trade.Sell, trade.Buy = money(t.SellMinor, t.BuyMinor)
	for _, f := range t.Fills {
		fill := ledger.WindowFill{Provider: f.Provider, Quote: f.Quote}
		fill.Sell, fill.Buy = money(f.SellMinor, f.BuyMinor)
		trade.Fills = append(trade.Fills, fill)
	}
	return trade, err
}
