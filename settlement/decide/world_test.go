package decide

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit/accountant"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// The three rails of these tests, in currencies with two, two and no decimals, and who stands behind
// the pool.
var (
	kes, php, ugx = fx.MustCurrency("KES"), fx.MustCurrency("PHP"), fx.MustCurrency("UGX")
	members       = []settlement.AddParticipant{
		{Name: "mpesa-ke", Country: "KE", Currency: kes, Role: settlement.RoleOperator, PayoutIncrementMinor: 100, PayoutMinMinor: 1000, PayoutMaxMinor: 25_000_000},
		{Name: "gcash-ph", Country: "PH", Currency: php, Role: settlement.RoleOperator, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 5_000_000},
		{Name: "momo-ug", Country: "UG", Currency: ugx, Role: settlement.RoleOperator, PayoutIncrementMinor: 1, PayoutMinMinor: 500, PayoutMaxMinor: 5_000_000},
		{Name: "fx-house", Country: "MU", Currency: fx.MustCurrency("USD"), Role: settlement.RoleProvider, PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 1},
	}
	dawn = time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC)
)

// world drives the pure state machine the way that the engine does, and keeps what the database would
// answer about ids and transfers.
type world struct {
	rules    string // "" for today's
	t        require.TestingT
	state    *State
	now      time.Time
	commands int64
	sequence map[string]uint64
	known    map[ledger.IntentKey]ledger.KnownIntent
	ended    map[settlement.TransferID]ledger.FinishedTransfer
	batches  []*ledger.Batch
	inputs   []Inputs // of each batch, as they were before it
	events   map[settlement.TransferID][]messaging.State
	letters  map[ledger.LetterKey]ledger.Letter
	hits     map[ledger.Hit]ledger.Screened // of the next batch
	evidence map[ledger.EvidenceKey]ledger.Evidence
	fees     feesSeen
	reviewed reviewed
}

func emptyState(t require.TestingT) *State {
	empty, err := Restore(&ledger.Snapshot{
		Carries: map[fx.Currency]fx.NanoMinor{}, Positions: map[int32]messaging.Position{}, Newest: map[int32]string{}, DecidedAt: dawn,
	})
	require.NoError(t, err)
	return empty
}

func newWorld(t require.TestingT) *world {
	w := &world{
		reviewed: reviewed{second: accountant.New()},
		t:        t, state: emptyState(t), now: dawn, sequence: map[string]uint64{},
		known: map[ledger.IntentKey]ledger.KnownIntent{}, ended: map[settlement.TransferID]ledger.FinishedTransfer{},
		events: map[settlement.TransferID][]messaging.State{}, letters: map[ledger.LetterKey]ledger.Letter{}, evidence: map[ledger.EvidenceKey]ledger.Evidence{},
	}
	var open []settlement.Command
	for _, m := range members {
		if m.Role != settlement.RoleProvider {
			m.SigningKey = signingKey(t)
		}
		open = append(open, w.command(settlement.CommandAddParticipant, m))
	}
	var quotes settlement.Quotes
	for _, pair := range []struct {
		from, to fx.Currency
		rate     string
		fee      int64
	}{
		{kes, php, "0.4501", 0}, {php, kes, "20000/9003", 0}, {kes, ugx, "27.3", 0}, {ugx, kes, "10/273", 0}, {ugx, php, "0.016", 50}, {php, ugx, "62.5", 100},
	} {
		quotes.Quotes = append(quotes.Quotes, fx.Quote{
			ID: "q-" + pair.from.String() + "-" + pair.to.String(), Provider: "fx-house", From: pair.from, To: pair.to,
			Rate: fx.MustRate(pair.rate), FeeMinor: pair.fee, Expires: dawn.Add(time.Hour),
		})
	}
	open = append(open, w.command(settlement.CommandQuotes, quotes))
	b := w.decide(open)
	for _, r := range b.CommandResults {
		require.Empty(t, r.Fault)
	}
	return w
}

// signingKey makes a public key; the state machine never sees a signature.
func signingKey(t require.TestingT) string {
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	return signer.PublicKey()
}

func (w *world) command(kind settlement.CommandKind, body any) settlement.Command {
	text, err := json.Marshal(body)
	require.NoError(w.t, err)
	w.commands++
	return settlement.Command{ID: w.commands, Key: fmt.Sprint(w.commands), Kind: kind, Body: text}
}

// creditLine leaves a credit line unsecured and sets it.
func (w *world) creditLine(participant string, currency fx.Currency, minor int64) []settlement.Command {
	return []settlement.Command{
		w.command(settlement.CommandCreditTerms, settlement.CreditTerms{Participant: participant, Currency: currency, UnsecuredMinor: minor}),
		w.command(settlement.CommandCreditLine, settlement.CreditLine{Participant: participant, Currency: currency, AmountMinor: minor}),
	}
}

func (w *world) fund(participant string, currency fx.Currency, minor int64) settlement.Command {
	return w.command(settlement.CommandFund, settlement.Fund{Participant: participant, Currency: currency, AmountMinor: minor})
}

// message is the next message on a participant's stream.
func (w *world) message(participant string, kind messaging.PayloadKind) Message {
	w.sequence[participant]++
	return Message{
		Received: messaging.Received{
			Participant: participant, Kind: kind, Sequence: w.sequence[participant], StreamCreated: dawn, Time: w.now,
			Hash: sha256.Sum256([]byte(fmt.Sprint(participant, w.sequence[participant]))),
		},
		participant: w.state.byName[participant],
	}
}

func (w *world) intents(participant string, intents ...messaging.Intent) Message {
	m := w.message(participant, messaging.PayloadIntent)
	for _, intent := range intents {
		raw, err := json.Marshal(intent)
		require.NoError(w.t, err)
		m.intents = append(m.intents, messaging.DecodedIntent{Intent: intent, Raw: raw, Fault: intent.CheckStructure()})
		m.hashes = append(m.hashes, sha256.Sum256(raw))
	}
	payload, err := json.Marshal(messaging.IntentEnvelope{Version: messaging.Version, Participant: participant, Intents: intents})
	require.NoError(w.t, err)
	m.Payload = payload
	return m
}

func (w *world) outcomes(participant string, outcomes ...messaging.Outcome) Message {
	m := w.message(participant, messaging.PayloadOutcome)
	m.outcomes = outcomes
	return m
}

// decide makes the next batch and holds it against the invariants.
func (w *world) decide(commands []settlement.Command, messages ...Message) *ledger.Batch {
	sortMessages(messages)
	finished, known, letters := maps.Clone(w.ended), maps.Clone(w.known), maps.Clone(w.letters)
	in := Inputs{
		Rules: cmp.Or(w.rules, Rules), Now: w.now, Commands: commands, Messages: messages, Known: known, Finished: finished,
		Evidence: w.evidence, Closing: ByTimetable, Letters: letters, Hits: w.hits, TakenAgain: map[ledger.LetterKey]Message{},
	}
	for key, letter := range letters {
		if m, err := Again(letter.Envelope, letter.Closed, w.state.participants[key.Participant-1], nil); err == nil {
			in.TakenAgain[key] = m
		}
	}
	w.hits = nil
	before := in
	before.Known, before.Finished, before.Evidence = maps.Clone(known), maps.Clone(finished), maps.Clone(w.evidence)
	before.Letters = maps.Clone(letters)
	w.inputs = append(w.inputs, before)
	given := w.forAccountant(before)
	b, err := w.state.Decide(in)
	require.NoError(w.t, err)
	for _, row := range b.Intents {
		w.known[ledger.IntentKey{Participant: row.Participant, ID: row.ID}] = ledger.KnownIntent{
			Hash: row.Hash, Transfer: row.Transfer, Fault: row.Fault, Detail: row.Detail,
		}
	}
	for _, e := range b.Events {
		w.events[e.Transfer] = append(w.events[e.Transfer], e.State)
	}
	maps.Copy(w.ended, finished)
	maps.Copy(w.letters, letters)
	w.batches = append(w.batches, b)
	w.review(given, b)
	w.fees.check(w, b)
	w.checkInvariants(b)
	return b
}

// nth is the id of the nth transfer, from 1.
func (w *world) nth(n int) settlement.TransferID {
	for _, b := range w.batches {
		if n <= len(b.Transfers) {
			return b.Transfers[n-1].ID
		}
		n -= len(b.Transfers)
	}
	require.Fail(w.t, "no such transfer")
	return 0
}

// checkInvariants recomputes from the postings alone what the engine keeps in memory.
func (w *world) checkInvariants(last *ledger.Batch) {
	balance, currencyOf := map[int64]int64{}, map[int64]fx.Currency{}
	for _, b := range w.batches {
		for _, a := range b.Accounts {
			currencyOf[a.ID] = a.Currency
		}
		for _, p := range b.Postings {
			require.Equal(w.t, p.Currency, currencyOf[p.Debit])
			require.Equal(w.t, p.Currency, currencyOf[p.Credit])
			balance[p.Debit] -= p.AmountMinor
			balance[p.Credit] += p.AmountMinor
		}
	}
	zero := map[fx.Currency]int64{}
	for _, a := range w.state.accounts {
		require.Equal(w.t, balance[a.ID], a.balance(), "balance of account %d", a.ID)
		zero[a.Currency] += a.balance()
		if a.mayOwe() {
			require.GreaterOrEqual(w.t, w.state.available(a), int64(0), "account %d past its liquidity", a.ID)
		}
	}
	for currency, sum := range zero {
		require.Zero(w.t, sum, "sum of %s", currency)
	}
	w.checkStanding()
	w.checkAtRails()
	w.checkBundles()
	for id, states := range w.events {
		seen, finals := map[messaging.State]bool{}, 0
		for _, s := range states {
			require.False(w.t, seen[s], "transfer %s entered %s twice", id, s)
			seen[s] = true
			if s.Final() {
				finals++
			}
		}
		require.LessOrEqual(w.t, finals, 1, "transfer %s has %v", id, states)
		require.Equal(w.t, finals == 0, w.state.open[id] != nil, "transfer %s with %v", id, states)
	}
	if last.Clearing.Returns == 0 {
		require.LessOrEqual(w.t, last.Clearing.FIFO, last.Clearing.Reached)
	}
	require.LessOrEqual(w.t, last.Clearing.Reached, last.Clearing.Bound)
	require.Equal(w.t, last.LogIndex, last.Log[0].Index)
	for _, blob := range last.Blobs {
		if hash := hex.EncodeToString(blob.Hash[:]); strings.Contains(string(last.Log[0].Body), hash) {
			canonical := jsontext.Value(slices.Clone(blob.Body))
			require.NoError(w.t, canonical.Canonicalize())
			require.Equal(w.t, string(canonical), string(blob.Body), "the record is canonical as it was written")
		}
	}
}

// intent is a sound intent between two members at their quote, fixing the destination.
func (w *world) intent(id, from, to string, destinationMinor int64) messaging.Intent {
	debtor, creditor := w.state.byName[from], w.state.byName[to]
	destination := fx.Money{Minor: destinationMinor, Currency: creditor.Currency}
	i := messaging.Intent{
		ID: id, CreditorParticipant: to,
		Debtor:      messaging.Party{Name: "Wanjiku Kamau", Account: "254700000001"},
		Creditor:    messaging.Party{Name: "Maria Santos", Account: "639170000001"},
		Source:      messaging.NewAmount(destination),
		Destination: messaging.NewAmount(destination),
		Deadline:    w.now.Add(30 * time.Minute),
	}
	if debtor.Currency != creditor.Currency {
		i.Quote, i.Fixed = "q-"+debtor.Currency.String()+"-"+creditor.Currency.String(), fx.FixedDestination
		conversion, err := w.state.quotes[i.Quote].Convert(fx.FixedDestination, destination)
		require.NoError(w.t, err)
		i.Source = messaging.NewAmount(conversion.Source)
	}
	return i
}

// replay decides every batch again from nothing but the recorded inputs.
func (w *world) replay() []*ledger.Batch {
	again := emptyState(w.t)
	batches := make([]*ledger.Batch, len(w.inputs))
	for i, in := range w.inputs {
		in.Known, in.Finished, in.Evidence = maps.Clone(in.Known), maps.Clone(in.Finished), maps.Clone(in.Evidence)
		in.Letters = maps.Clone(in.Letters)
		closings := map[settlement.WindowID]time.Time{}
		for _, e := range w.batches[i].WindowEvents {
			if e.State == settlement.WindowOpen && !e.Moment.IsZero() {
				closings[e.Window] = e.Moment
			}
		}
		in.Closing = AsRecorded(closings)
		in.Messages = slices.Clone(in.Messages)
		for k := range in.Messages {
			in.Messages[k].participant = again.byName[in.Messages[k].Participant]
		}
		b, err := again.Decide(in)
		require.NoError(w.t, err)
		batches[i] = b
	}
	return batches
}

// encoded is batches as one text.
func encoded(t require.TestingT, batches []*ledger.Batch) string {
	text, err := json.Marshal(batches, json.Deterministic(true))
	require.NoError(t, err)
	return string(text)
}

// statuses decodes what a batch tells a participant about its transfers.
func statuses(t *testing.T, b *ledger.Batch, participant string) []messaging.Change {
	t.Helper()
	var changes []messaging.Change
	for _, m := range b.Outbox {
		if m.Participant == participant && m.Kind == messaging.PayloadStatus {
			status, err := messaging.DecodeStatus(participant, m.Payload)
			require.NoError(t, err)
			changes = append(changes, status.Changes...)
		}
	}
	return changes
}

// instructions decodes what a batch tells a participant to pay.
func instructions(t require.TestingT, b *ledger.Batch, participant string) []messaging.Instruction {
	var all []messaging.Instruction
	for _, m := range b.Outbox {
		if m.Participant == participant && m.Kind == messaging.PayloadPayout {
			payout, err := messaging.DecodePayout(participant, m.Payload)
			require.NoError(t, err)
			all = append(all, payout.Instructions...)
		}
	}
	return all
}
