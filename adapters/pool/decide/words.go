package decide

import "github.com/ayni-switch/ayni/adapters/pool/charter"

// word is one kind of word.
type word struct {
	section charter.Section
	do      func(t *turn, body []byte) *Refusal
}

// WordClock is the word for that time has passed; it has no body.
const WordClock = "clock"

// words are all words. Each capability's stand beside it.
var words = merge(map[string]word{
	WordClock: {section: charter.SectionDecisions, do: func(*turn, []byte) *Refusal { return nil }},
}, foundingWords, contributionWords, payoutWords, togetherWords, pullWords, emergencyWords)

func (t *turn) word(w Word) *Refusal {
	k, known := words[w.Kind]
	switch {
	case !known:
		return refuse(FaultKind, "%s", clip(w.Kind))
	case w.Kind != WordFounded && len(t.charters) == 0:
		return refuse(FaultNotFounded, "nobody founded it")
	}
	return k.do(t, w.Body)
}
