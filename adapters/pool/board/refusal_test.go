package board

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPostingsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		want Fault
		with func(*Posting)
	}{
		"no id":             {FaultID, func(p *Posting) { p.ID = "" }},
		"an id with spaces": {FaultID, func(p *Posting) { p.ID = "a b" }},
		"a long id":         {FaultID, func(p *Posting) { p.ID = strings.Repeat("a", MaxID+1) }},
		"no member":         {FaultID, func(p *Posting) { p.Member = "" }},
		"a pool's name":     {FaultID, func(p *Posting) { p.Pool = "\n" }},
		"no kind":           {FaultKind, func(p *Posting) { p.Kind = "wish" }},
		"no category":       {FaultCategory, func(p *Posting) { p.Category = "Meals" }},
		"no urgency":        {FaultUrgency, func(p *Posting) { p.Urgency = 0 }},
		"too urgent":        {FaultUrgency, func(p *Posting) { p.Urgency = MaxUrgency + 1 }},
		"too exact a place": {FaultPlace, func(p *Posting) { p.Place = Place{Cell: "kzf0tvg", Shown: Members} }},
		"not a cell":        {FaultPlace, func(p *Posting) { p.Place = Place{Cell: "kza", Shown: Members} }},
		"a place for whom":  {FaultPlace, func(p *Posting) { p.Place = Place{Cell: "kzf"} }},
		"a place nowhere":   {FaultPlace, func(p *Posting) { p.Place = Place{Shown: Public} }},
		"a long area":       {FaultPlace, func(p *Posting) { p.Place = Place{Area: strings.Repeat("ß", MaxArea+1), Shown: Public} }},
		"two lines of area": {FaultPlace, func(p *Posting) { p.Place = Place{Area: "a\nb", Shown: Public} }},
		"broken text":       {FaultPlace, func(p *Posting) { p.Place = Place{Area: "a\xff", Shown: Public} }},
		"nothing":           {FaultQuantity, func(p *Posting) { p.Quantity = 0 }},
		"too much":          {FaultQuantity, func(p *Posting) { p.Quantity = MaxQuantity + 1 }},
		"no unit":           {FaultUnit, func(p *Posting) { p.Unit = "bucket" }},
		"over before":       {FaultUntil, func(p *Posting) { p.Until = p.At }},
		"for ever":          {FaultUntil, func(p *Posting) { p.Until = p.At.Add(MaxTerm + 1) }},
		"open text":         {FaultText, func(p *Posting) { p.Text = "call me" }},
	} {
		t.Run(name, func(t *testing.T) {
			p, b := posting("need", "amina", Need, 1), New()
			c.with(&p)
			requireFault(t, c.want, b.Post(p))
			assert.Equal(t, New(), b)
			if p.ID != "" && c.want != FaultID {
				_, err := Suggest(Input{Postings: []Posting{p}, Now: noon})
				requireFault(t, c.want, err)
			}
		})
	}
}

func TestPostingsThatAreTaken(t *testing.T) {
	for name, with := range map[string]func(*Posting){
		"a currency":       func(p *Posting) { p.Unit = "KES" },
		"a community unit": func(p *Posting) { p.Unit = "hours.chama-nairobi.2" },
		"an area":          func(p *Posting) { p.Place = Place{Area: "Tondo, Manila", Shown: Public} },
		"a cell":           func(p *Posting) { p.Place = Place{Cell: "kzf0tv", Shown: Nobody} },
		"a closed text":    func(p *Posting) { p.Text = strings.Repeat("0f", 32) },
	} {
		t.Run(name, func(t *testing.T) {
			p := posting("need", "amina", Need, 1)
			with(&p)
			require.NoError(t, New().Post(p))
		})
	}
}

func TestABoardHasLimits(t *testing.T) {
	b := New()
	for n := range MaxOpen {
		require.NoError(t, b.Post(posting(fmt.Sprint("p", n), fmt.Sprint("m", n/MaxOpenEach), Need, 1)))
	}
	requireFault(t, FaultMany, b.Post(posting("more", "somebody", Need, 1)))
	require.NoError(t, b.Post(posting("more", "somebody", Offer, 1)))
	requireFault(t, FaultKnown, b.Post(posting("more", "somebody", Offer, 1)))
	require.Len(t, b.Leave("m0", noon), MaxOpenEach)
	for n := range MaxOpenEach {
		require.NoError(t, b.Post(posting(fmt.Sprint("again", n), "eager", Need, 1)))
	}
	require.Len(t, b.Leave("m1", noon), MaxOpenEach)
	requireFault(t, FaultMany, b.Post(posting("last", "eager", Need, 1)))
	for n := range MaxProposed {
		require.NoError(t, b.Propose(Match{ID: fmt.Sprint("x", n), Need: fmt.Sprint("again", n), Offer: "more", Quantity: 1, By: "somebody", At: noon}))
	}
	requireFault(t, FaultMany, b.Propose(Match{ID: "x", Need: "p200", Offer: "more", Quantity: 1, By: "somebody", At: noon}))
	for n := range MaxBlocks {
		require.NoError(t, b.Block(Block{"m9", fmt.Sprint("m", 100+n)}, noon))
	}
	requireFault(t, FaultMany, b.Block(Block{"m9", "m1"}, noon))
}

func TestActsThatAreRefused(t *testing.T) {
	later := noon.Add(30 * 24 * time.Hour)
	pair := func(id string) Match {
		return Match{ID: id, Need: "need", Offer: "free", Quantity: 1, By: "amina", At: noon}
	}
	with := func(change func(*Match)) func(*Board) error {
		return func(b *Board) error {
			m := pair("new")
			change(&m)
			return b.Propose(m)
		}
	}
	for name, c := range map[string]struct {
		want Fault
		act  func(*Board) error
	}{
		"withdraw what is not there":   {FaultUnknown, func(b *Board) error { return b.Withdraw("x", "amina", noon) }},
		"withdraw another's":           {FaultNotYour, func(b *Board) error { return b.Withdraw("need", "baraka", noon) }},
		"withdraw twice":               {FaultOver, func(b *Board) error { return b.Withdraw("gone", "chipo", noon) }},
		"propose without id":           {FaultID, with(func(m *Match) { m.ID = "" })},
		"propose twice":                {FaultKnown, with(func(m *Match) { m.ID = "match" })},
		"propose nothing":              {FaultUnknown, with(func(m *Match) { m.Offer = "x" })},
		"propose for others":           {FaultNotYour, with(func(m *Match) { m.By = "dalila" })},
		"propose what is over":         {FaultOver, with(func(m *Match) { m.Offer = "gone" })},
		"propose too late":             {FaultOver, with(func(m *Match) { m.At = later })},
		"propose more than is left":    {FaultQuantity, with(func(m *Match) { m.Quantity = 7 })},
		"propose no quantity":          {FaultQuantity, with(func(m *Match) { m.Quantity = 0 })},
		"help oneself":                 {FaultPair, with(func(m *Match) { m.Offer = "own" })},
		"reach into another pool":      {FaultPair, with(func(m *Match) { m.Offer = "away" })},
		"meet a need with a need":      {FaultPair, with(func(m *Match) { m.Offer = "need" })},
		"answer nothing":               {FaultUnknown, func(b *Board) error { return b.Answer("x", "amina", true, noon) }},
		"answer for others":            {FaultNotYour, func(b *Board) error { return b.Answer("asked", "baraka", false, noon) }},
		"agree with oneself":           {FaultNotYour, func(b *Board) error { return b.Answer("asked", "amina", true, noon) }},
		"answer twice":                 {FaultOver, func(b *Board) error { return b.Answer("match", "amina", true, noon) }},
		"agree too late":               {FaultOver, func(b *Board) error { return b.Answer("asked", "chipo", true, later) }},
		"praise nothing":               {FaultUnknown, func(b *Board) error { return b.Say("x", say("amina", true)) }},
		"praise for others":            {FaultNotYour, func(b *Board) error { return b.Say("match", say("chipo", true)) }},
		"praise before":                {FaultOver, func(b *Board) error { return b.Say("asked", say("amina", true)) }},
		"six stars":                    {FaultStars, func(b *Board) error { return b.Say("match", Feedback{By: "amina", Stars: 6}) }},
		"no star":                      {FaultStars, func(b *Board) error { return b.Say("match", Feedback{By: "amina"}) }},
		"praise twice":                 {FaultSaid, func(b *Board) error { return b.Say("match", say("baraka", false)) }},
		"resolve nothing":              {FaultUnknown, func(b *Board) error { return b.Resolve("x", true, noon) }},
		"resolve what nobody disputes": {FaultOver, func(b *Board) error { return b.Resolve("match", true, noon) }},
		"block oneself":                {FaultID, func(b *Board) error { return b.Block(Block{"amina", "amina"}, noon) }},
		"block twice":                  {FaultKnown, func(b *Board) error { return b.Block(Block{"amina", "emeka"}, noon) }},
		"unblock nobody":               {FaultUnknown, func(b *Board) error { return b.Unblock(Block{"emeka", "amina"}) }},
	} {
		t.Run(name, func(t *testing.T) {
			b := lunch(t)
			require.NoError(t, b.Post(posting("own", "amina", Offer, 9)))
			require.NoError(t, b.Post(posting("free", "chipo", Offer, 9)))
			require.NoError(t, b.Post(posting("gone", "chipo", Offer, 9)))
			require.NoError(t, b.Withdraw("gone", "chipo", noon))
			away := posting("away", "chipo", Offer, 9)
			away.Pool = "lagos"
			require.NoError(t, b.Post(away))
			require.NoError(t, b.Propose(pair("asked")))
			require.NoError(t, b.Say("match", say("baraka", true)))
			require.NoError(t, b.Block(Block{"amina", "emeka"}, noon))
			before := b.Clone()
			requireFault(t, c.want, c.act(b))
			assert.Equal(t, before, b)
		})
	}
}

func TestInputsThatAreRefused(t *testing.T) {
	need := posting("need", "amina", Need, 1)
	_, err := Suggest(Input{Postings: []Posting{need, need}, Now: noon})
	requireFault(t, FaultKnown, err)
	for _, permille := range []int{-1, 1001} {
		_, err = Suggest(Input{Rules: Rules{FairnessPermille: permille}})
		requireFault(t, FaultRules, err)
	}
	in := Input{Now: noon}
	for n := range MaxOpen + 1 {
		in.Postings = append(in.Postings, posting(fmt.Sprint("p", n), "amina", Offer, 1))
	}
	_, err = Suggest(in)
	requireFault(t, FaultMany, err)
}
