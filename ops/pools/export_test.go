package pools

import "github.com/ayni-switch/ayni/adapters/pool/diary"

// CardOf makes a card of some lines, for tests.
func CardOf(pool string, lines ...diary.Line) *Card {
	r := newReader(pool)
	for _, l := range lines {
		r.line(l)
	}
	return r.card()
}
