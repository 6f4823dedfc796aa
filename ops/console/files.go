package console

import (
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// The lists as files: all that their filters find, newest first, amounts as exact decimals and times in UTC.

func (s *Site) batchesCSV(v *visit) error {
	head := []string{"batch", "decided_at", "written_at", "accepted", "cleared", "left_waiting", "reached", "bound", "fifo", "log_entry"}
	return v.csv("batches", head, func(write func(...string) error) error {
		for before := int64(0); ; {
			all, err := s.Books.ListBatches(v.r.Context(), before, ledger.MaxPage)
			if err != nil || len(all) == 0 {
				return err
			}
			for _, b := range all {
				err := write(text64(b.ID), stamp(b.DecidedAt), stamp(b.WrittenAt), text64(b.Accepted), text64(b.Cleared), text64(b.Queued),
					text64(b.Clearing.Reached), text64(b.Clearing.Bound), text64(b.Clearing.FIFO), text64(b.LogIndex))
				if err != nil {
					return err
				}
			}
			before = all[len(all)-1].ID
		}
	})
}

func (s *Site) windowsCSV(v *visit) error {
	head := []string{"window", "group", "state", "opened_at", "closed_at", "since", "first_batch", "last_batch", "currency", "gross", "net"}
	return v.csv("windows", head, func(write func(...string) error) error {
		for before := settlement.WindowID(0); ; {
			all, err := s.Books.WindowStories(v.r.Context(), before, ledger.MaxPage)
			if err != nil || len(all) == 0 {
				return err
			}
			for _, w := range all {
				sums := w.Currencies
				if len(sums) == 0 {
					sums = []ledger.WindowSum{{}} // nothing was netted: a row of its own all the same
				}
				for _, sum := range sums {
					gross, net := "", ""
					if !sum.Currency.IsZero() {
						gross = fx.Money{Minor: sum.GrossMinor, Currency: sum.Currency}.Text()
						net = fx.Money{Minor: sum.NetMinor, Currency: sum.Currency}.Text()
					}
					err := write(text64(int64(w.ID)), w.Group, string(w.State), stamp(w.OpenedAt), stamp(w.ClosedAt), stamp(w.Since),
						text64(w.Batches.First), text64(w.Batches.Last), sum.Currency.String(), gross, net)
					if err != nil {
						return err
					}
				}
			}
			before = all[len(all)-1].ID
		}
	})
}

func (s *Site) requestsCSV(v *visit, filter ledger.RequestFilter) error {
	head := []string{"request", "kind", "participant", "state", "consequence", "maker", "made_at", "why", "checker", "decided_at", "reason", "done_at", "fault"}
	return v.csv("requests", head, func(write func(...string) error) error {
		filter.Cursor, filter.Limit = "", ledger.MaxPage
		for {
			page, err := s.Books.FindRequests(v.r.Context(), filter)
			if err != nil {
				return err
			}
			for _, r := range page.Requests {
				a := read(r)
				decided, done := "", ""
				if r.Checker != "" {
					decided = stamp(r.DecidedAt)
				}
				if r.Done {
					done = stamp(r.DoneAt)
				}
				err := write(text64(r.ID), r.Kind, r.Subject, a.Where(), a.Consequence, r.Maker, stamp(r.MadeAt), a.Why, r.Checker, decided, r.Reason, done, r.Fault)
				if err != nil {
					return err
				}
			}
			if filter.Cursor = page.Next; filter.Cursor == "" {
				return nil
			}
		}
	})
}

func differencesCSV(v *visit, rows []differenceRow) error {
	head := []string{"difference", "kind", "participant", "day", "transfer", "currency", "rail_says", "we_say", "detail", "resolved", "reason", "evidence"}
	return v.csv("differences", head, func(write func(...string) error) error {
		for _, d := range rows {
			var r ledger.Resolution
			if d.Resolution != nil {
				r = *d.Resolution
			}
			err := write(d.ID, d.Kind, d.Participant, string(d.Day), d.Transfer, d.Currency.String(), fx.Money{Minor: d.RailMinor, Currency: d.Currency}.Text(),
				fx.Money{Minor: d.OursMinor, Currency: d.Currency}.Text(), d.Detail, r.How, r.Reason, r.Evidence)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func standingsCSV(v *visit, rows []standing) error {
	head := []string{"participant", "currency", "position", "prefunding", "credit_line", "available", "used_basis_points", "reserved", "collateral", "pledged", "guaranteed", "suspended", "rail", "shadow_price"}
	return v.csv("participants", head, func(write func(...string) error) error {
		for _, s := range rows {
			err := write(s.Participant, s.Currency.String(), s.Money(s.PositionMinor).Text(), s.Money(s.PrefundMinor).Text(), s.Money(s.CreditLineMinor).Text(),
				s.Money(s.AvailableMinor).Text(), text64(s.UsedBP), s.Money(s.ReservedMinor).Text(), s.Money(s.CollateralMinor).Text(), s.Money(s.PledgedMinor).Text(),
				s.Money(s.GuaranteedMinor).Text(), strconv.FormatBool(s.Suspended), string(s.Rail), text64(s.Price))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// quotesCSV has the quotes that stand, as many as one look takes.
func (s *Site) quotesCSV(v *visit, now time.Time) error {
	all, err := s.Books.Quotes(v.r.Context(), now, ledger.MaxPage)
	if err != nil {
		return err
	}
	head := []string{"quote", "provider", "from", "to", "rate", "mid", "fee", "expires", "taken_at", "batch"}
	return v.csv("quotes", head, func(write func(...string) error) error {
		for _, q := range all {
			mid := ""
			if !q.Mid.IsZero() {
				mid = q.Mid.String()
			}
			err := write(q.ID, q.Provider, q.From.String(), q.To.String(), q.Rate.String(), mid, fx.Money{Minor: q.FeeMinor, Currency: q.From}.Text(),
				stamp(q.Expires), stamp(q.At), text64(q.Batch))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
