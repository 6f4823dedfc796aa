package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/time/rate"

	"github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/messaging"
)

// Outage asks what everybody else notices of a rail that is down: the same day is played twice at the same pace, and the
// second time the rail is down from when a fifth of the customers have paid until everybody else's transfers have ended.
type Outage struct {
	Config       // Dir is an empty folder, or "" for a temporary one
	Rail         string
	How          sandbox.Outage
	PaymentsPerS int
	Progress     func(string) // told what begins
}

// OutageReport is what an outage did to everybody else.
type OutageReport struct {
	Rail         string         `json:"rail"`
	How          sandbox.Outage `json:"how"`
	Seed         uint64         `json:"seed"`
	Transfers    int            `json:"transfers"`
	PaymentsPerS int            `json:"payments_per_s"`
	Undisturbed  Others         `json:"undisturbed"`
	Disturbed    Others         `json:"disturbed"`
	Ratio        float64        `json:"ratio"` // of the 99th percentiles to paid
	DownS        float64        `json:"down_s"`
	Waiting      int            `json:"waiting"` // payouts that waited for the rail when it came back
	Said         Said           `json:"said"`
	OK           bool           `json:"ok"` // every invariant of both days held: what waited has ended too
}

// Said is what the switch said of the rail that was down, of all its operators: how long after it went down, and after it
// was back.
type Said struct {
	Operators int     `json:"operators"`
	DownS     float64 `json:"down_s"`
	UpS       float64 `json:"up_s"`
}

// Others are the transfers between participants of other rails from a fifth of the day on: how many, and how long they
// took from the broker's acceptance.
type Others struct {
	Transfers int64 `json:"transfers"`
	ClearedMS int64 `json:"cleared_p99_ms"`
	PaidP50MS int64 `json:"paid_p50_ms"`
	PaidMS    int64 `json:"paid_p99_ms"`
}

// watch is what a day that is measured is measured by.
type watch struct {
	rail string
	how  sandbox.Outage // none where the day is left alone
	pace *rate.Limiter  // of payments

	others  Others
	down    time.Duration
	waiting int
	said    Said
}

// watchedFrom is when, in per cent of the customers, a watched day is measured from.
const watchedFrom = 20

// MeasureOutage plays both days.
func MeasureOutage(ctx context.Context, o Outage) (*OutageReport, error) {
	report := &OutageReport{Rail: o.Rail, How: o.How, Seed: o.Seed, Transfers: o.Transfers, PaymentsPerS: o.PaymentsPerS, OK: true}
	for _, day := range []struct {
		name   string
		how    sandbox.Outage
		others *Others
	}{{"undisturbed", sandbox.OutageNone, &report.Undisturbed}, {"disturbed", o.How, &report.Disturbed}} {
		o.Progress(fmt.Sprintf("a day of %d transfers, %s", o.Transfers, day.name))
		w := &watch{rail: o.Rail, how: day.how, pace: rate.NewLimiter(rate.Limit(o.PaymentsPerS), ordersPerRequest)}
		ok, err := o.play(ctx, day.name, w)
		if err != nil {
			return nil, fmt.Errorf("%s day: %w", day.name, err)
		}
		report.OK = report.OK && ok
		*day.others, report.DownS, report.Waiting, report.Said = w.others, w.down.Seconds(), w.waiting, w.said
	}
	report.Ratio = float64(report.Disturbed.PaidMS) / float64(max(report.Undisturbed.PaidMS, 1))
	return report, nil
}

// play plays a watched day in a folder of its own.
func (o Outage) play(ctx context.Context, name string, w *watch) (ok bool, err error) {
	cfg := o.Config
	cfg.Out, cfg.watch = io.Discard, w
	if cfg.Dir == "" {
		if cfg.Dir, err = os.MkdirTemp("", "ayni-outage-"); err != nil {
			return false, err
		}
		defer os.RemoveAll(cfg.Dir)                      //nolint:errcheck // a temporary folder
		if err := os.Chmod(cfg.Dir, 0o711); err != nil { //nolint:gosec // PostgreSQL runs as somebody else, who has to pass through
			return false, err
		}
	}
	cfg.Dir = filepath.Join(cfg.Dir, name)
	err = Run(ctx, cfg, false, func(r *Report) error {
		ok = r.OK()
		return nil
	})
	return ok, err
}

// watch measures the day, and has the rail go down and come back.
func (p *play) watch(ctx context.Context, w *watch) error {
	err := p.await(ctx, "the first customers", func() (bool, string, error) {
		paid := p.paid.Load()
		return paid*100 >= int64(p.total)*watchedFrom, fmt.Sprint(paid), nil
	})
	if err != nil {
		return err
	}
	from := time.Now()
	if err := p.outage(w.rail, w.how); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, p.stage.servers.DatabaseURL())
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // only read
	err = p.await(ctx, "everybody else's transfers", func() (bool, string, error) {
		paid := p.paid.Load()
		if paid < int64(p.total) { // counting the ledger is for the end: it costs a core
			return false, fmt.Sprint(paid), nil
		}
		var open int64
		err := conn.QueryRow(ctx, othersOpen, p.of(w.rail)).Scan(&open)
		return open == 0, fmt.Sprintf("%d are open", open), err
	})
	if err != nil {
		return err
	}
	w.down = time.Since(from)
	for _, a := range p.stage.actors {
		if a.Rail == w.rail && a.runner != nil {
			w.waiting += a.runner.Stats().Waiting["submit"]
		}
	}
	if w.how != sandbox.OutageNone {
		if err := p.awaitSaid(ctx, w.rail, messaging.RailDown); err != nil {
			return err
		}
	}
	back := time.Now()
	if err := p.outage(w.rail, sandbox.OutageNone); err != nil {
		return err
	}
	if w.how != sandbox.OutageNone {
		if err := p.awaitSaid(ctx, w.rail, messaging.RailUp); err != nil {
			return err
		}
		w.said.Operators = len(p.of(w.rail))
		if err := conn.QueryRow(ctx, saidAfter, p.of(w.rail), from, back).Scan(&w.said.DownS, &w.said.UpS); err != nil {
			return err
		}
	}
	o := &w.others
	return conn.QueryRow(ctx, othersTook, p.of(w.rail), from).Scan(&o.Transfers, &o.ClearedMS, &o.PaidP50MS, &o.PaidMS)
}

// awaitSaid waits until the switch says that each operator of a rail is down, or up again.
func (p *play) awaitSaid(ctx context.Context, rail string, state messaging.RailState) error {
	operators := p.of(rail)
	return p.await(ctx, "the switch to say that "+rail+" is "+string(state), func() (bool, string, error) {
		rails, err := p.stage.books.Rails(ctx)
		said := 0
		for _, r := range rails {
			if r.State == state && slices.Contains(operators, r.Participant) {
				said++
			}
		}
		return said == len(operators), fmt.Sprintf("of %d of %d", said, len(operators)), err
	})
}

// outage has every operator of a rail go down, or come back. The others behave from here on: what a rail delays on
// purpose would hide what reaches it from its neighbour.
func (p *play) outage(rail string, how sandbox.Outage) error {
	for _, a := range p.stage.actors {
		var faults sandbox.Faults
		if a.Rail == rail {
			faults.Outage = how
		}
		if a.sandbox == nil {
			continue
		}
		if err := a.sandbox.SetFaults(faults); err != nil {
			return err
		}
	}
	return nil
}

// of lists the participants of a rail.
func (p *play) of(rail string) (names []string) {
	for name, a := range p.stage.actors {
		if a.Rail == rail {
			names = append(names, name)
		}
	}
	return names
}

// others are the transfers in which nobody of $1 takes part.
const others = `
	SELECT t.id, t.received_at FROM ledger.transfer t
	WHERE t.return_of IS NULL AND NOT EXISTS (SELECT FROM ledger.participant p
		WHERE p.id IN (t.debtor, t.creditor) AND p.name = ANY($1::text[]))`

const othersOpen = `SELECT count(*) FROM (` + others + `) t WHERE NOT EXISTS (SELECT FROM ledger.transfer_event e
	WHERE e.transfer = t.id AND e.state IN ('paid', 'returned', 'expired'))`

// saidAfter is how long after a rail went down, and after it was back, the switch said so of the last of its operators.
const saidAfter = `
	SELECT extract(epoch FROM max(first.down) - $2::timestamptz)::float8, extract(epoch FROM max(first.up) - $3::timestamptz)::float8
	FROM (SELECT min(b.written_at) FILTER (WHERE h.state = 'down' AND b.written_at >= $2) AS down,
	             min(b.written_at) FILTER (WHERE h.state = 'up' AND b.written_at >= $3) AS up
	      FROM ledger.rail_health h JOIN ledger.batch b ON b.id = h.batch JOIN ledger.participant p ON p.id = h.participant
	      WHERE p.name = ANY($1::text[]) GROUP BY p.id) first`

const othersTook = `
	SELECT count(*) FILTER (WHERE state = 'paid'),
	       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY took) FILTER (WHERE state = 'cleared'), 0),
	       coalesce(percentile_disc(0.50) WITHIN GROUP (ORDER BY took) FILTER (WHERE state = 'paid'), 0),
	       coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY took) FILTER (WHERE state = 'paid'), 0)
	FROM (SELECT e.state, (extract(epoch FROM b.written_at - t.received_at) * 1000)::bigint AS took
	      FROM (` + others + `) t JOIN ledger.transfer_event e ON e.transfer = t.id JOIN ledger.batch b ON b.id = e.batch
	      WHERE t.received_at >= $2 AND e.state IN ('cleared', 'paid')) steps`
