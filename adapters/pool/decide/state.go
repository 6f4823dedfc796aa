package decide

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/book"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/credit"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/fx"
)

// State is everything that follows from a pool's inputs so far. It is for one goroutine.
type State struct {
	pool       string
	now        time.Time
	inputs     int64
	charters   []*charter.Charter // by version less one
	inForce    []time.Time        // since when each charter is
	founders   int                // who have not agreed yet
	members    []*Member          // m1 first
	electorate int64              // counts what takes a vote from somebody, from 1: who gains one has none on what was asked before
	keys       map[act.Key]string // whose a key is or was
	done       map[string]done    // acts by key and id
	strange    strangers
	book       book.Book

	invitations map[string]*invitation // by the hash of their code
	proposals   []*Proposal            // p1 first
	open        []*Proposal            // whose life is not over
	due         []*Proposal            // payouts on their way
	orders      map[string]*Proposal   // by the order's reference: what a fund paid for
	undrawn     bool                   // a purse may be paid out
	came        map[string]Coming      // by id: what came over the rail
	back        map[string]bool        // by id of the switch's instruction: what came back
	spent       []spending
	groups      []*group // g1 first
	ventures    []*Venture
	board       *board.Board
	boardEnd    time.Time // when something on it ends by itself; zero for never
	claims      []*Claim  // c1 first
	turnovers   []turnover
	charged     map[fx.Currency]*demurrage
	began       time.Time // when the pool was founded

	promises  []*Promise         // pledges, in the order in which they were decided
	declared  map[string]heardOf // declarations of other pools, by pool and id
	sanctions []*Measured        // in the order in which they were taken
	reminded  int                // reminders that nobody decided
	loans     []*Lent            // paid and not all paid back
	vouchers  map[fx.Currency]*credit.Vouchers
}

// done is an act that was decided.
type done struct {
	hash   [sha256.Size]byte
	answer Answer
}

// New is the state of a pool before its first input.
func New(pool string) *State {
	return &State{
		pool: pool, electorate: 1, orders: map[string]*Proposal{}, keys: map[act.Key]string{}, done: map[string]done{},
		invitations: map[string]*invitation{}, came: map[string]Coming{}, back: map[string]bool{}, board: board.New(), charged: map[fx.Currency]*demurrage{},
		declared: map[string]heardOf{}, vouchers: map[fx.Currency]*credit.Vouchers{},
	}
}

// turn is one input being decided.
type turn struct {
	*State
	entry  *Entry
	signed *act.Signed // nil of a word
}

// Decide takes the next input. An act that was decided before gets its answer again, in an entry without lines: the
// log has it already. The error is an *InputError; then nothing has changed.
func (s *State) Decide(in Input) (Entry, error) {
	if err := s.admissible(in); err != nil {
		return Entry{}, err
	}
	if in.Act != nil {
		if before, ok := s.done[doneKey(*in.Act)]; ok && before.hash == in.Act.Hash() {
			return Entry{Index: before.answer.Index, Answer: before.answer}, nil
		}
	}
	t := &turn{State: s, entry: &Entry{Index: s.inputs}, signed: in.Act}
	if err := t.strangersMayStillSpeak(in); err != nil {
		return Entry{}, err
	}
	s.now = in.At
	s.inputs++
	t.hear(in)
	t.elapse()
	var refused *Refusal
	if in.Act != nil {
		refused = t.act(*in.Act)
	} else {
		refused = t.word(*in.Word)
	}
	if t.founded() {
		t.setAside()
		t.drawPurses()
	}
	t.entry.Answer.Index = t.entry.Index
	if refused != nil {
		t.entry.Answer.Fault, t.entry.Answer.Detail = refused.Fault, refused.Detail
		t.say(t.entry.Lines[0].Section, t.entry.Lines[0].About, "refused", refusal{Fault: refused.Fault, Detail: refused.Detail})
	}
	if in.Act != nil && (refused == nil || !refused.Retry) && t.isTheirs(*in.Act) {
		t.entry.Remembered = doneKey(*in.Act)
		s.done[t.entry.Remembered] = done{hash: in.Act.Hash(), answer: t.entry.Answer}
	}
	t.entry.fold()
	return *t.entry, nil
}

type refusal struct {
	Fault  Fault  `json:"fault"`
	Detail string `json:"detail"`
}

func (s *State) admissible(in Input) error {
	switch {
	case (in.Act == nil) == (in.Word == nil):
		return &InputError{Detail: "neither an act nor a word, or both"}
	case in.At.Before(s.now) || in.At.Location() != time.UTC || !in.At.Equal(in.At.Truncate(time.Millisecond)):
		return &InputError{Detail: fmt.Sprintf("its time %s does not follow %s", in.At, s.now)}
	case in.Act != nil && (len(in.Act.Open) > act.MaxBytes || !isText(in.Act.Open) || len(in.Act.Signature) != ed25519.SignatureSize):
		return &InputError{Detail: "no signed text, or too long"}
	case in.Word != nil && (len(in.Word.Body) > maxWordBytes || !isCanonical(in.Word.Body)):
		return &InputError{Detail: "a word that is too long, or not canonical JSON"}
	}
	return nil
}

// maxWordBytes bounds a word, which stands in a line as it is: a receipt holds its whole entry.
const maxWordBytes = diary.MaxLineBytes - 1<<10

// isText tells whether a text can be quoted in a line of the log: every control character would become six there, and
// no act has any.
func isText(text []byte) bool {
	return utf8.Valid(text) && !slices.ContainsFunc(text, func(c byte) bool { return c < ' ' })
}

// isCanonical tells whether a word's body can stand in a line of the log.
func isCanonical(body jsontext.Value) bool {
	again := slices.Clone(body)
	if again.Canonicalize() != nil || !bytes.Equal(again, body) {
		return false
	}
	for tokens := jsontext.NewDecoder(bytes.NewReader(body)); ; {
		token, err := tokens.ReadToken()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		if token.Kind() == '0' {
			return false // integers are strings
		}
	}
}

// hear makes the input the entry's first line. Its section is that of its kind; whoever cannot be told yet, such as a
// stranger, is nobody's.
func (t *turn) hear(in Input) {
	line := said{At: in.At}
	section, about := charter.SectionDecisions, []string(nil)
	if in.Word != nil {
		line.Word, line.Body = in.Word.Kind, in.Word.Body
		if w, ok := words[in.Word.Kind]; ok {
			section = w.section
		}
	} else {
		line.Key, line.Open, line.Signature = in.Act.Key.String(), string(in.Act.Open), in.Act.Signature
		if by := t.memberOf(in.Act.Key); by != nil {
			about = []string{by.ID}
		}
		if a, err := act.Read(in.Act.Open); err == nil {
			if k, ok := kinds[a.Kind]; ok {
				section = k.section
			}
		}
	}
	t.say(section, about, "said", line)
}

// say adds a line to the entry.
func (t *turn) say(section charter.Section, about []string, kind string, body any) {
	t.entry.Lines = append(t.entry.Lines, Line{Section: section, About: slices.Clone(about), Kind: kind, Body: body})
}

// post books postings, all or none, and says so in the section. Nothing happened where it is refused.
func (t *turn) post(section charter.Section, about []string, postings ...book.Posting) *Refusal {
	vouchers, refused := t.vouchersAfter(postings)
	if refused != nil {
		return refused
	}
	if err := t.book.Book(postings...); err != nil {
		return unbooked(err)
	}
	maps.Copy(t.vouchers, vouchers)
	t.undrawn = true
	for _, p := range postings {
		t.entry.Postings = append(t.entry.Postings, p)
		t.say(section, about, "posting", p)
	}
	t.balances(postings)
	return nil
}

// balance is what an account holds after an entry, in the section that shows what the pool has.
type balance struct {
	Account     string `json:"account"`
	Unit        string `json:"unit"`
	AmountMinor int64  `json:"amount_minor"`
}

// balances says what funds hold after postings, so that whoever sees balances and nothing else sees them right.
func (t *turn) balances(postings []book.Posting) {
	var seen []book.Account
	for _, p := range postings {
		for _, account := range []book.Account{{Path: p.From, Unit: p.Unit}, {Path: p.To, Unit: p.Unit}} {
			if isFund(account.Path) && !slices.Contains(seen, account) {
				seen = append(seen, account)
				t.say(charter.SectionBalance, nil, "balance", balance{
					Account: account.Path, Unit: account.Unit.String(), AmountMinor: t.book.Balance(account.Path, account.Unit),
				})
			}
		}
	}
}

// fullAt is how many lines an entry takes before what falls due by itself waits for the next: the log bounds an entry.
const fullAt = 300 // and what is more is folded

// full tells whether the entry has room for no more of what falls due by itself. Next is past then, so the node says
// the clock again.
func (t *turn) full() bool { return len(t.entry.Lines) >= fullAt }

// elapse does what falls due by itself, in a fixed order.
func (t *turn) elapse() {
	if !t.founded() {
		return
	}
	t.endTerms()
	t.endSanctions()
	t.endProposals()
	t.lapsePayouts()
	t.turnGroups()
	t.turnBoard()
	t.chargeDemurrage()
	t.expireVouchers()
	t.remindAll()
}

// Next is when something falls due by itself; zero for never. The node then says the clock.
func (s *State) Next() time.Time {
	var next time.Time
	if !s.founded() {
		return next
	}
	for _, at := range slices.Concat(
		s.termEnds(), s.sanctionEnds(), s.proposalEnds(), s.payoutEnds(), s.groupEnds(), s.boardEnds(), s.demurrageEnds(), s.voucherEnds(), s.reminders(),
	) {
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

func (s *State) founded() bool { return len(s.charters) > 0 && s.founders == 0 }

// rules is the charter in force.
func (s *State) rules() *charter.Charter { return s.charters[len(s.charters)-1] }

// decode reads a word's body or a proposal's subject strictly.
func decode(text []byte, into any) *Refusal {
	err := json.Unmarshal(text, into, json.RejectUnknownMembers(true), json.StringifyNumbers(true))
	if err != nil {
		return refuse(FaultForm, "%v", err)
	}
	return nil
}

// Version is that of the charter in force, 0 before there is one.
func (s *State) Version() int64 { return int64(len(s.charters)) }

// Charter is the version of the rules that is in force, nil before there is one. It is not changed.
func (s *State) Charter() *charter.Charter {
	if len(s.charters) == 0 {
		return nil
	}
	return s.rules()
}

// Now is the time of the last input.
func (s *State) Now() time.Time { return s.now }

// Members lists all who ever were, by number. They are not changed.
func (s *State) Members() []*Member { return slices.Clone(s.members) }

// Balance is what an account of the book holds, in minor units.
func (s *State) Balance(path string, unit fx.Currency) int64 { return s.book.Balance(path, unit) }

// Balances copies the book.
func (s *State) Balances() map[book.Account]int64 { return s.book.Balances() }

// Inputs is how many inputs were decided: the size of the log.
func (s *State) Inputs() int64 { return s.inputs }
