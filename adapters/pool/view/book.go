package view

import (
	"context"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
)

// perPage is how many movements a page of the book has.
const perPage = 50

// Book implements web.Reader: of the book, what lines say that the member may see.
func (v *View) Book(ctx context.Context, member, before string) (view web.Book, err error) {
	after, err := store.ParseCursor(before)
	if err != nil {
		return web.Book{}, web.ErrUnknown
	}
	see, err := v.look(member, func(g *glance) { view.Funds = g.funds() })
	if err != nil {
		return web.Book{}, err
	}
	var next store.Cursor
	view.Movements, next, err = v.movements(ctx, see.query(store.LineQuery{After: after, Limit: perPage}))
	if err != nil {
		return web.Book{}, err
	}
	view.Older = next.String()
	view.Proof, err = v.proof(ctx)
	return view, err
}

// movements are the postings that lines say, the newest first.
func (v *View) movements(ctx context.Context, q store.LineQuery) (all []web.Movement, next store.Cursor, err error) {
	q.Kind = "posting"
	lines, next, err := v.store.Lines(ctx, q)
	if err != nil {
		return nil, next, err
	}
	for _, line := range lines {
		var p book.Posting
		if err := read(line.Body, &p); err != nil {
			return nil, next, err
		}
		all = append(all, web.Movement{
			Index: line.Index, At: line.At, From: p.From, To: p.To, What: p.Purpose,
			Amount: fx.Money{Minor: p.AmountMinor, Currency: p.Unit},
		})
	}
	return all, next, nil
}

// of are the newest movements that lines of a section say, where it is shown.
func (v *View) of(ctx context.Context, see sight, section charter.Section) ([]web.Movement, error) {
	all, _, err := v.movements(ctx, see.query(store.LineQuery{Section: string(section), Limit: perPage}))
	return all, err
}

// proof is the checkpoint that views stand under.
func (v *View) proof(ctx context.Context) (web.Proof, error) {
	size, checkpoint, err := v.store.Newest(ctx)
	return web.Proof{Size: size, Checkpoint: checkpoint}, err
}

// read reads a line's body, of which views show a part.
func read(body jsontext.Value, into any) error {
	return json.Unmarshal(body, into, json.StringifyNumbers(true))
}
