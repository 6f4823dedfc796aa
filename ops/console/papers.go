package console

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/ops/statement"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// Papers writes statements. LedgerPapers is one.
type Papers interface {
	Statement(ctx context.Context, c statement.Config, out io.Writer) error
	Obligation(ctx context.Context, o statement.Owed, now time.Time, out io.Writer) error
}

// LedgerPapers writes statements of a ledger.
type LedgerPapers struct{ Books *store.Ledger }

// Statement writes one.
func (p LedgerPapers) Statement(ctx context.Context, c statement.Config, out io.Writer) error {
	return statement.Write(ctx, p.Books, c, out)
}

// Obligation writes what a window left to be paid.
func (p LedgerPapers) Obligation(ctx context.Context, o statement.Owed, now time.Time, out io.Writer) error {
	return statement.WriteObligation(ctx, p.Books, o, now, out)
}

// papers are the files about a window, by what an address calls their formats.
var papers = map[string]struct {
	format statement.Format
	kind   string
	ending string
}{
	"camt.053": {statement.EndOfDay, "application/xml", ".xml"},
	"camt.052": {statement.Intraday, "application/xml", ".xml"},
	"csv":      {statement.CSV, "text/csv; charset=utf-8", ""},
	"pacs.009": {"", "application/xml", ".xml"},
}

// paper answers with what a participant is told of a window: the day on which it closed as a statement, or the net
// obligation that it left.
func (s *Site) paper(v *visit) (view, error) {
	id, err := number64(v.r.PathValue("id"))
	if err != nil {
		return view{}, errNoPage
	}
	q := v.r.URL.Query()
	wanted, known := papers[q.Get("format")]
	currency, err := fx.ParseCurrency(q.Get("currency"))
	if err != nil || !known {
		return view{}, errNoPage
	}
	story, err := s.Books.WindowStory(v.r.Context(), settlement.WindowID(id))
	if errors.Is(err, ledger.ErrNoWindow) {
		return view{}, errNoPage
	}
	if err != nil {
		return view{}, err
	}
	net, found := netLeft(story, q.Get("participant"), currency)
	if !found || story.ClosedAt.IsZero() {
		return view{}, errNoPage
	}
	var text bytes.Buffer // whole, or not at all
	if wanted.format == "" {
		err = s.Papers.Obligation(v.r.Context(), statement.Owed{Window: story.ID, At: story.ClosedAt, Participant: net.Owner, Currency: currency}, s.Now(), &text)
	} else {
		err = s.Papers.Statement(v.r.Context(), statement.Config{
			Participant: net.Owner, Currency: currency, Day: fx.Date(story.ClosedAt.UTC().Format(time.DateOnly)), Zone: time.UTC, Format: wanted.format, Now: s.Now(),
		}, &text)
	}
	for _, no := range []error{ledger.ErrNoAccount, statement.ErrOpenDay, statement.ErrPages, statement.ErrNoObligation} {
		if errors.Is(err, no) {
			return view{name: "trouble", status: http.StatusConflict, title: "There is no such paper", data: trouble{
				What:   "This window has no " + q.Get("format") + " of " + net.Owner + " in " + currency.String() + ".",
				Advice: "A camt.053 is of a day that is over, a pacs.009 of a net that is not zero in an ISO 4217 currency; what is larger than one message is written by ayni statement emit.",
			}}, nil
		}
	}
	if err != nil {
		return view{}, err
	}
	v.w.Header().Set("Content-Type", wanted.kind)
	v.w.Header().Set("Content-Disposition", `attachment; filename="window-`+text64(id)+"."+net.Owner+"."+currency.String()+"."+q.Get("format")+wanted.ending+`"`)
	_, _ = v.w.Write(text.Bytes()) // a browser that left is nobody's failure
	return view{}, errAnswered
}

// netLeft finds a participant's position of a window.
func netLeft(w *ledger.WindowStory, owner string, c fx.Currency) (ledger.WindowPosition, bool) {
	for _, p := range w.Nets {
		if p.Owner == owner && p.Currency == c && p.Kind == ledger.Position {
			return p, true
		}
	}
	return ledger.WindowPosition{}, false
}
