package statement

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
	"github.com/ayni-switch/ayni/settlement/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

var (
	kes   = fx.MustCurrency("KES")
	kwd   = fx.MustCurrency("KWD")
	hours = fx.MustCurrency("hour.umoja.2")

	firstDay = time.Date(2026, 4, 13, 0, 0, 0, 0, time.UTC)
	days     = []fx.Date{"2026-04-13", "2026-04-14", "2026-04-15"}
	later    = firstDay.AddDate(0, 0, 10)
)

const (
	batchesADay  = 8
	longIntent   = "0195f3a4-7b1c-7d3e-8f00-123456789abc" // a character more than an end-to-end id has
	lineADay     = 6
	windowsClose = 20 // the batch that closes and settles window 1
)

// scribe writes a ledger as an engine would, with postings at random.
type scribe struct {
	t        *testing.T
	lead     *store.Lead
	dice     *rand.Rand
	accounts []ledger.Account
	totals   map[int64]ledger.Balance
	batch    *ledger.Batch
	posting  int64
}

// someBooks are three days of two participants: transfers, one of them returned, fees, money in and a window.
func someBooks(t *testing.T) (books *store.Ledger, url string) {
	t.Helper()
	url = pgtest.New(t)
	require.NoError(t, store.Migrate(t.Context(), url))
	books, err := store.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(books.Close)
	lead, err := books.TakeLead(t.Context(), "test")
	require.NoError(t, err)
	defer lead.Release()
	s := &scribe{t: t, lead: lead, dice: rand.New(rand.NewPCG(1, 2)), totals: map[int64]ledger.Balance{}}
	require.NoError(t, lead.MakePartitions(t.Context(), firstDay))
	for id := int64(1); id <= int64(len(days)*batchesADay); id++ {
		s.write(id)
	}
	return books, url
}

func (s *scribe) write(id int64) {
	at := firstDay.Add(time.Duration(id-1) * 24 * time.Hour / batchesADay).Add(time.Duration(id) * time.Millisecond)
	s.batch = &ledger.Batch{ID: id, Window: 1, DecidedAt: at, Checkpoint: ledger.Checkpoint{Size: id, Note: "unsigned in this test"}}
	s.posting = ledger.FirstID(at)
	if id == 1 {
		s.begin()
	}
	for range s.dice.IntN(lineADay) + 1 {
		s.something()
	}
	if id == windowsClose {
		s.settle()
	}
	for _, b := range s.totals {
		s.batch.Balances = append(s.batch.Balances, b)
	}
	require.NoError(s.t, s.lead.Write(s.t.Context(), s.lead.Encode(s.batch)))
}

// Places of accounts, from 1.
const (
	agentKES = iota + 1
	poolKES
	schemeFees
	alphaPosition
	alphaSettlement
	betaPosition
	betaSettlement
	poolKWD
	gammaPosition
	umojaPosition
	umojaOther
)

func (s *scribe) begin() {
	names := []string{"alpha-ke", "beta-ke", "gamma-kw", "umoja"}
	currencies := []fx.Currency{kes, kes, kwd, hours}
	for i, name := range names {
		role := settlement.RoleOperator
		s.batch.Participants = append(s.batch.Participants, settlement.Participant{
			ID: int32(i) + 1, Name: name, Country: "KE", Currency: currencies[i], Role: role, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1,
		})
	}
	add := func(participant int32, kind ledger.AccountKind, c fx.Currency) {
		s.accounts = append(s.accounts, ledger.Account{ID: int64(len(s.accounts)) + 1, Participant: participant, Kind: kind, Currency: c})
	}
	add(0, ledger.Agent, kes)
	add(0, ledger.FX, kes)
	add(0, ledger.Fee, kes)
	add(1, ledger.Position, kes)
	add(1, ledger.Settlement, kes)
	add(2, ledger.Position, kes)
	add(2, ledger.Settlement, kes)
	add(0, ledger.FX, kwd)
	add(3, ledger.Position, kwd)
	add(4, ledger.Position, hours)
	add(4, ledger.Settlement, hours)
	s.batch.Accounts = s.accounts
	s.batch.WindowEvents = []ledger.WindowEvent{{Window: 1, State: settlement.WindowOpen, Group: settlement.DefaultGroup}}
	s.fund("DEP-1")
}

func (s *scribe) post(kind ledger.PostingKind, transfer settlement.TransferID, debit, credit, minor int64) {
	s.posting++
	s.batch.Postings = append(s.batch.Postings, ledger.Posting{
		ID: s.posting, Transfer: transfer, Kind: kind, Debit: debit, Credit: credit, AmountMinor: minor, Currency: s.accounts[debit-1].Currency,
	})
	d, c := s.totals[debit], s.totals[credit]
	d.Account, d.Debits = debit, d.Debits+minor
	c.Account, c.Credits = credit, c.Credits+minor
	s.totals[debit], s.totals[credit] = d, c
}

func (s *scribe) fund(reference string) {
	s.post(ledger.PostFund, 0, agentKES, alphaSettlement, 5_000_00)
	s.batch.Evidence = append(s.batch.Evidence, ledger.Evidence{
		EvidenceKey: ledger.EvidenceKey{Currency: kes, Reference: reference}, Command: s.batch.ID, Said: "fund alpha-ke settlement 500000",
	})
}

// something is a transfer inside a currency with its fee, one across currencies, one that comes back, or hours of work.
func (s *scribe) something() {
	minor := s.dice.Int64N(1_000_00) + 1
	switch s.dice.IntN(4) {
	case 0:
		id := s.transfer(1, 2, 0, fmt.Sprintf("o%d", s.posting))
		s.post(ledger.PostClear, id, alphaPosition, betaPosition, minor)
		s.post(ledger.PostFee, id, alphaPosition, schemeFees, 1)
	case 1:
		id := s.transfer(2, 3, 0, longIntent)
		s.post(ledger.PostClear, id, betaPosition, poolKES, minor)
		s.post(ledger.PostClear, id, poolKWD, gammaPosition, minor)
	case 2:
		there := s.transfer(1, 2, 0, "back")
		s.post(ledger.PostClear, there, alphaPosition, betaPosition, minor)
		s.post(ledger.PostFee, there, alphaPosition, schemeFees, 2)
		back := s.transfer(1, 2, there, "back")
		s.post(ledger.PostReturn, back, betaPosition, alphaPosition, minor)
		s.post(ledger.PostFee, back, schemeFees, alphaPosition, 2)
	default:
		s.post(ledger.PostSettle, 0, umojaPosition, umojaOther, minor)
	}
}

func (s *scribe) transfer(debtor, creditor int32, returnOf settlement.TransferID, intent string) settlement.TransferID {
	s.posting++
	amount := fx.Money{Minor: 1, Currency: kes}
	s.batch.Transfers = append(s.batch.Transfers, &settlement.Transfer{
		ID: settlement.TransferID(s.posting), Debtor: debtor, Creditor: creditor, ReturnOf: returnOf, Intent: intent, Source: amount, Destination: amount,
		ResidualCurrency: kes, ReceivedAt: s.batch.DecidedAt, Deadline: s.batch.DecidedAt,
	})
	return settlement.TransferID(s.posting)
}

// settle closes the window and pays what it left.
func (s *scribe) settle() {
	for _, state := range []settlement.WindowState{settlement.WindowClosed, settlement.WindowSettled} {
		s.batch.WindowEvents = append(s.batch.WindowEvents, ledger.WindowEvent{Window: 1, State: state, Group: settlement.DefaultGroup})
	}
	s.batch.WindowNets = []ledger.WindowNet{
		{Window: 1, Account: alphaPosition, GrossOut: 7_00}, {Window: 1, Account: betaPosition, GrossIn: 7_00},
		{Window: 1, Account: gammaPosition, GrossIn: 3, GrossOut: 3}, {Window: 1, Account: umojaPosition, GrossIn: 3},
	}
	s.post(ledger.PostSettle, 0, alphaSettlement, alphaPosition, 7_00)
	s.post(ledger.PostSettle, 0, betaPosition, betaSettlement, 7_00)
}
