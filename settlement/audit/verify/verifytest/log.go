// Package verifytest makes up settlement logs: participants send what they sign, batches are decided by the rules of
// today, and an export of them verifies. It needs neither database nor broker.
package verifytest

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/decide"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// Log is a log in the making. What is asked for and sent is of the next batch.
type Log struct {
	Key   string    // the log's verifier key
	Now   time.Time // of the next batch, which moves it on by a second
	Rules string    // of the next batch; of today where none are named

	t       testing.TB
	folder  *audit.Folder
	signer  note.Signer
	salter  *messaging.Salter
	tree    audit.Tree
	state   *decide.State
	seen    decide.Inputs // what a ledger would remember
	senders map[string]*sender

	commands []settlement.Command
	asked    int64
	messages []audit.Message
}

// sender is a participant that signs.
type sender struct {
	signer   *messaging.Signer
	verifier *messaging.Verifier
	sequence uint64
}

// New begins a log whose export is in a folder. Commit ends it.
func New(tb testing.TB, dir string) *Log {
	tb.Helper()
	secret, key, err := note.GenerateKey(rand.Reader, "verify.test/log")
	require.NoError(tb, err)
	signer, err := note.NewSigner(secret)
	require.NoError(tb, err)
	folder, err := audit.OpenFolder(dir, key)
	require.NoError(tb, err)
	state, err := decide.Restore(&ledger.Snapshot{
		Carries: map[fx.Currency]fx.NanoMinor{}, Positions: map[int32]messaging.Position{}, Newest: map[int32]string{},
	})
	require.NoError(tb, err)
	return &Log{
		Key: key, Now: time.Date(2026, 4, 13, 6, 0, 0, 0, time.UTC),
		t: tb, folder: folder, signer: signer, state: state, senders: map[string]*sender{},
		salter: messaging.NewSalter([messaging.SaltSecretSize]byte{1}),
		seen: decide.Inputs{
			Known: map[ledger.IntentKey]ledger.KnownIntent{}, Finished: map[settlement.TransferID]ledger.FinishedTransfer{},
			Letters: map[ledger.LetterKey]ledger.Letter{}, Evidence: map[ledger.EvidenceKey]ledger.Evidence{},
		},
	}
}

// Ask asks for a command.
func (l *Log) Ask(kind settlement.CommandKind, body any) {
	text, err := json.Marshal(body)
	require.NoError(l.t, err)
	l.asked++
	l.commands = append(l.commands, settlement.Command{ID: l.asked, Kind: kind, Body: text})
}

// Join takes in an operator with its own key and money.
func (l *Log) Join(name string, currency fx.Currency, prefundMinor int64) {
	raw := sha256.Sum256([]byte(name)) // two logs of one story are the same, but for who signs them
	pair, err := nkeys.FromRawSeed(nkeys.PrefixByteUser, raw[:])
	require.NoError(l.t, err)
	seed, err := pair.Seed()
	require.NoError(l.t, err)
	s := &sender{}
	s.signer, err = messaging.NewSigner(seed)
	require.NoError(l.t, err)
	s.verifier, err = messaging.NewVerifier(s.signer.PublicKey())
	require.NoError(l.t, err)
	l.senders[name] = s
	const mostMinor = 1_000_000_000
	l.Ask(settlement.CommandAddParticipant, settlement.AddParticipant{
		Name: name, Country: "KE", Currency: currency, Role: settlement.RoleOperator, SigningKey: s.signer.PublicKey(),
		PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: mostMinor,
	})
	if prefundMinor > 0 {
		l.Ask(settlement.CommandFund, settlement.Fund{Participant: name, Currency: currency, AmountMinor: prefundMinor, Evidence: "slip-" + name})
	}
}

// Line gives an operator a credit line that nothing stands behind.
func (l *Log) Line(name string, currency fx.Currency, minor int64) {
	l.Ask(settlement.CommandCreditTerms, settlement.CreditTerms{Participant: name, Currency: currency, UnsecuredMinor: minor})
	l.Ask(settlement.CommandCreditLine, settlement.CreditLine{Participant: name, Currency: currency, AmountMinor: minor})
}

// Intent is a sound intent within one currency.
func (l *Log) Intent(id, to string, amount fx.Money) messaging.Intent {
	return messaging.Intent{
		ID: id, CreditorParticipant: to, Source: messaging.NewAmount(amount), Destination: messaging.NewAmount(amount),
		Debtor:   messaging.Party{Name: "Wanjiku Kamau", Account: "254700000001"},
		Creditor: messaging.Party{Name: "Achieng Otieno", Account: "254700000002"},
		Deadline: l.Now.Add(time.Hour),
	}
}

// Bundle makes intents the legs of one bundle; senders names who sends each.
func (l *Log) Bundle(id string, senders []string, intents []messaging.Intent) {
	legs := make([]messaging.Leg, len(intents))
	for n := range intents {
		legs[n] = messaging.LegOf(senders[n], &intents[n])
	}
	all, err := messaging.NewBundle(id, legs)
	require.NoError(l.t, err)
	for n := range intents {
		intents[n].Bundle = &all[n]
	}
}

// Send has a participant send intents, in as many messages as they take.
func (l *Log) Send(from string, intents ...messaging.Intent) {
	payloads, err := messaging.EncodeIntents(from, intents, l.salter)
	require.NoError(l.t, err)
	l.post(from, messaging.PayloadIntent, payloads)
}

// Report has a participant say how payouts and refunds ended.
func (l *Log) Report(from string, outcomes ...messaging.Outcome) {
	payloads, err := messaging.EncodeOutcomes(from, outcomes, l.salter)
	require.NoError(l.t, err)
	l.post(from, messaging.PayloadOutcome, payloads)
}

func (l *Log) post(from string, kind messaging.PayloadKind, payloads [][]byte) {
	s := l.senders[from]
	for _, payload := range payloads {
		open, _ := messaging.Open(payload)
		signature, err := s.signer.Sign(kind, open)
		require.NoError(l.t, err)
		s.sequence++
		l.messages = append(l.messages, audit.Message{
			Participant: from, Kind: string(kind), Sequence: s.sequence, ReceivedAt: l.Now, Signature: signature, Open: open,
		})
	}
}

// Paid is the outcome of a transfer that was paid out.
func Paid(t *settlement.Transfer) messaging.Outcome {
	return messaging.Outcome{
		Transfer: t.ID.String(), Kind: messaging.KindPayout, State: messaging.OutcomePaid, Amount: messaging.NewAmount(t.Destination),
	}
}

// Batch decides the next batch, and adds it to the export.
func (l *Log) Batch() *ledger.Batch {
	in := l.seen
	in.Rules, in.Now, in.Commands, in.Closing, in.Silent = cmp.Or(l.Rules, decide.Rules), l.Now, l.commands, decide.ByTimetable, true
	open := map[string][]byte{}
	for _, m := range l.messages {
		decoded := decide.DecodeLogged(m, l.senders[m.Participant].verifier)
		require.Nil(l.t, decoded.Unread())
		in.Messages = append(in.Messages, decoded)
		open[fmt.Sprint(m.Participant, m.Sequence)] = m.Open
	}
	l.state.Order(in.Messages)
	b, err := l.state.Decide(in)
	require.NoError(l.t, err)
	for _, r := range b.CommandResults {
		require.Empty(l.t, r.Fault)
	}
	l.write(b, open)
	l.commands, l.messages, l.Now = nil, nil, l.Now.Add(time.Second)
	return b
}

func (l *Log) write(b *ledger.Batch, open map[string][]byte) {
	slices.SortFunc(b.Log, func(x, y ledger.LogEntry) int { return cmp.Compare(x.Index, y.Index) })
	for _, e := range b.Log {
		require.NoError(l.t, l.folder.Append(e.Index, e.Body))
		l.tree.Append(audit.Leaf(e.Body))
	}
	for _, blob := range b.Blobs {
		_, err := l.folder.Blob(blob.Body)
		require.NoError(l.t, err)
	}
	if b.Inputs.Headers == nil {
		return
	}
	inputs, err := audit.JoinMessages(b.Inputs.Headers, func(participant string, sequence uint64) ([]byte, error) {
		return open[fmt.Sprint(participant, sequence)], nil
	})
	require.NoError(l.t, err)
	hash, err := l.folder.Blob(inputs)
	require.NoError(l.t, err)
	require.Equal(l.t, b.Inputs.Hash, hash)
}

// Commit signs what there is, and ends the export.
func (l *Log) Commit() {
	signed, err := audit.Checkpoint{Origin: audit.Origin(l.signer.Name()), Size: l.tree.Size(), Root: l.tree.Root()}.Sign(l.signer)
	require.NoError(l.t, err)
	require.NoError(l.t, l.folder.Commit(signed))
	require.NoError(l.t, l.folder.Close())
}
