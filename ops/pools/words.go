package pools

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// Bounds on what is shown of a pool's words, in bytes.
const (
	maxTitle   = 200
	maxPurpose = 2_000
	maxText    = 2_000 // of what is needed: 500 characters
	maxName    = 64
	maxWhy     = 300
)

// pledgedWord says a pledge with its unit, which the log's line about it lacks.
type pledgedWord struct {
	To    string    `json:"to"`
	Cap   amount    `json:"cap"`
	Until time.Time `json:"until"`
}

// amount is money as nodes say it.
type amount struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

func (a amount) money() (fx.Money, bool) {
	unit, err := fx.ParseCurrency(a.Currency)
	if err != nil {
		return fx.Money{}, false
	}
	m, err := fx.ParseMoney(a.Amount, unit)
	return m, err == nil
}

// say adds to a card what the node says of its pool, and takes from it what lacks only that.
func (n node) say(ctx context.Context, card *Card) error {
	text, err := n.read(ctx, "/api/public", maxWords)
	if err != nil {
		return err
	}
	var said struct {
		Words
		Pledges []pledgedWord `json:"pledges"`
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return refuse("what it says of itself is malformed")
	}
	card.Words = Words{
		Title: clip(said.Title, maxTitle), Purpose: clip(said.Purpose, maxPurpose),
		Shown: sections(said.Shown), Hidden: sections(said.Hidden),
	}
	for i := range card.Pledges {
		card.Pledges[i].in(said.Pledges)
	}
	return nil
}

// in gives a pledge its unit, where the node says the same pledge with one.
func (p *Pledge) in(said []pledgedWord) {
	for _, word := range said {
		total, ok := word.Cap.money()
		if p.Each.Currency.IsZero() && ok && word.To == p.To && word.Until.Equal(p.Until) && total.Minor == p.Total.Minor {
			p.Each.Currency, p.Total.Currency = total.Currency, total.Currency
		}
	}
}

// sections are those that a charter may have, each once, in the charter's order.
func sections(said []string) (known []string) {
	for _, section := range charter.Sections() {
		if slices.Contains(said, string(section)) {
			known = append(known, string(section))
		}
	}
	return known
}

// clip is a text in one line of at most so many bytes, without what nobody typed.
func clip(text string, most int) string {
	text = strings.ToValidUTF8(text[:min(len(text), most)], "")
	text = strings.Map(func(c rune) rune {
		switch {
		case unicode.IsSpace(c):
			return ' '
		case c == utf8.RuneError || unicode.IsControl(c) || unicode.Is(unicode.Cf, c) && c != '\u200d':
			return -1
		}
		return c
	}, text)
	return strings.TrimSpace(text)
}
