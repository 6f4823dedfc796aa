// Package decide decides clearing batches, and is pure: the state, the ordered inputs and the batch's clock give the
// batch to the byte. It waits for nothing and knows neither database nor broker, so that an auditor can decide again
// what an engine decided.
//
// A State is restored from a ledger.Snapshot and moves on by each batch (state.go, decide.go). A batch carries out
// commands (command.go and what it calls), reads messages (read.go), takes intents in (intake.go), chooses and clears
// (choose.go, value.go, weigh.go, clear.go), moves lives on (life.go, outcome.go, patience.go), closes and settles windows
// (group.go, window.go, waterfall.go), and writes its record by the rules of its time (record.go, earlier.go).
package decide

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
	"github.com/ayni-switch/ayni/settlement/fee"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// State is what is known after a batch. It moves only by Decide; when a batch could not be written, the
// state is thrown away and loaded again.
type State struct {
	lastBatch    int64
	decidedAt    time.Time
	lastTransfer settlement.TransferID
	lastPosting  int64
	lastOutbox   int64
	lastCommand  int64

	participants []*settlement.Participant // by ID, gapless from 1
	byName       map[string]*settlement.Participant
	provider     *settlement.Participant // who stands behind the FX pool; nil where nobody does

	accounts  []account // by ID - 1
	accountAt map[accountKey]int
	homes     []int               // by participant ID - 1: the place of its position in its own currency, -1 for none
	pools     map[fx.Currency]int // places of the FX pools
	carries   map[fx.Currency]fx.NanoMinor

	quotes    map[string]fx.Quote
	committee fx.Committee // who signs reference rates; without keys where nobody does
	sheet     fx.Sheet     // the newest, serial 0 where there was none
	positions map[int32]messaging.Position

	open      map[settlement.TransferID]*transfer
	openCount map[int32]int    // open transfers of each debtor
	newest    map[int32]string // the greatest id that each debtor used, by bytes: what is greater is new
	queue     []*transfer      // what waits to be cleared, oldest first

	grossQueue []*transfer                         // what waits to be settled by itself, oldest first
	sidelined  map[settlement.TransferID]*transfer // what is queued and kept from both
	earliest   time.Time                           // nothing that is queued is due before; zero where nothing ever is
	rails      []*rail                             // by participant's ID - 1
	grossFrom  map[pair]int64                      // amounts of the source from which transfers are settled by themselves
	hours      map[fx.Currency]settlement.Hours
	screens    map[string]screenList

	standing
	settling
	tree audit.Tree

	fees fee.Book // schedules in force and announced

	bundling
	travel  settlement.TravelRule // zero where none is in force
	atRails atRails

	sinceOpen int // transfers since what is open was last written down, or this engine began to lead
}

type accountKey struct {
	participant int32
	kind        ledger.AccountKind
	currency    fx.Currency
}

// account is an account with its running totals, its credit line, and its flows in the open window.
type account struct {
	ledger.Account
	debits, credits   int64
	creditLineMinor   int64
	grossIn, grossOut int64
}

func (a account) balance() int64 { return a.credits - a.debits }

// transfer is an open transfer. A return knows what it sends back, and the other way round.
type transfer struct {
	settlement.Transfer
	state    messaging.State
	original *transfer
	back     *transfer
	life     *life   // beside the states; nil for most
	bundle   *bundle // that it waits in; nil where it waits alone, or no more
	stands   lineup
	atRail   bool // and counted as such (atRails)

	name string   // of its ID, as messages have it
	told tellings // where the batch in the making tells of it

	charges []ledger.Charge // what it costs; none where no schedule was in force. A return has its original's
}

// tellings is the place of a transfer's change in a batch's mail. Only its last change is told.
type tellings struct {
	batch int64
	place int
}

// age orders the queue: a return is as old as the transfer that it sends back.
func (t *transfer) age() settlement.TransferID {
	if t.original != nil {
		return t.original.ID
	}
	return t.ID
}

// Restore builds the state from what the database holds.
func Restore(s *ledger.Snapshot) (*State, error) {
	st := &State{
		lastBatch: s.LastBatch, decidedAt: s.DecidedAt, lastTransfer: s.LastTransfer, lastPosting: s.LastPosting,
		lastOutbox: s.LastOutbox, lastCommand: s.LastCommand,
		byName: map[string]*settlement.Participant{}, accountAt: map[accountKey]int{}, pools: map[fx.Currency]int{}, carries: s.Carries,
		quotes: map[string]fx.Quote{}, positions: s.Positions,
		open: map[settlement.TransferID]*transfer{}, openCount: map[int32]int{}, newest: s.Newest, tree: s.Tree,
		sidelined: map[settlement.TransferID]*transfer{}, grossFrom: map[pair]int64{}, hours: map[fx.Currency]settlement.Hours{},
		screens: map[string]screenList{}, atRails: newAtRails(), bundling: newBundling(s.Broken, s.BundlesCleared),
	}
	for _, p := range s.Participants {
		st.admit(&p)
	}
	for _, a := range s.Accounts {
		index := st.addAccount(a)
		balance := s.Balances[a.ID]
		st.accounts[index].debits, st.accounts[index].credits = balance.Debits, balance.Credits
		st.accounts[index].creditLineMinor = s.CreditLines[a.ID]
		st.accounts[index].grossIn, st.accounts[index].grossOut = balance.GrossIn, balance.GrossOut
	}
	for _, q := range s.Quotes {
		st.quotes[q.ID] = q
	}
	st.restoreStanding(s)
	st.restoreSettling(s)
	st.committee = s.Committee
	if s.RateSheet != nil {
		signed, err := fx.ParseSignedSheet(s.RateSheet)
		if err != nil {
			return nil, fmt.Errorf("engine: the newest rate sheet no longer reads: %w", err)
		}
		st.sheet = signed.Sheet
	}
	for _, announced := range s.FeeSchedules {
		var err error
		if st.fees, err = st.fees.Add(announced.Schedule, announced.At); err != nil {
			return nil, fmt.Errorf("engine: a fee schedule no longer holds: %w", err)
		}
	}
	if err := st.restoreRules(s.Rules); err != nil {
		return nil, err
	}
	for _, h := range s.Rails {
		st.setHealth(h)
	}
	if err := st.restoreTransfers(s); err != nil {
		return nil, err
	}
	return st, nil
}

func (s *State) restoreTransfers(from *ledger.Snapshot) error {
	decoded := map[ledger.EnvelopeKey][]messaging.DecodedIntent{}
	for key, body := range from.Bodies {
		decode := messaging.DecodeRequests
		if messaging.IsFirst(body.Payload) {
			decode = messaging.DecodeRequestsFirst
		}
		intents, _, err := decode(s.participants[key.Participant-1].Name, body.Whole())
		if err != nil {
			return fmt.Errorf("engine: envelope %d of participant %d no longer decodes: %w", key.Sequence, key.Participant, err)
		}
		decoded[key] = intents
	}
	for _, o := range from.Open {
		intents := decoded[ledger.EnvelopeKey{Participant: o.Debtor, Sequence: o.Envelope.Sequence}]
		if int(o.Envelope.Place) >= len(intents) {
			return fmt.Errorf("engine: transfer %s has no intent at its place", o.ID)
		}
		intent := intents[o.Envelope.Place].Intent
		t := &transfer{Transfer: o.Transfer, state: o.State, name: o.ID.String()}
		t.DebtorParty, t.CreditorParty, t.Reference, t.Priority = orErased(intent.Debtor), orErased(intent.Creditor), intent.Reference, intent.Priority
		t.charges = from.Charges[t.ID]
		if t.ReturnOf != 0 { // its original has a smaller id and is open as long as it is
			t.original = s.open[t.ReturnOf]
			if t.original == nil {
				return fmt.Errorf("engine: return %s of transfer %s, which is not open", t.ID, t.ReturnOf)
			}
			t.original.back, t.charges = t, t.original.charges
		} else {
			s.openCount[t.Debtor]++
			if intent.Bundle != nil && t.state == messaging.StateQueued {
				s.bind(t, ledger.BundleNamed(intent.Bundle))
			}
		}
		s.open[t.ID] = t
	}
	s.restoreLives(from)
	return nil
}

// orErased stands for a person whose key was destroyed while a transfer was open: what has to be told still can be.
func orErased(p messaging.Party) messaging.Party {
	if p.Account == "" {
		return messaging.Party{Name: "erased", Account: "erased"}
	}
	return p
}

func (s *State) admit(p *settlement.Participant) {
	s.participants = append(s.participants, p)
	s.homes = append(s.homes, -1)
	s.rails = append(s.rails, &rail{patience: defaultPatience})
	s.byName[p.Name] = p
	if p.Role == settlement.RoleProvider {
		s.provider = p
	}
}

func (s *State) addAccount(a ledger.Account) int {
	index := len(s.accounts)
	s.accounts = append(s.accounts, account{Account: a})
	s.accountAt[accountKey{a.Participant, a.Kind, a.Currency}] = index
	switch {
	case a.Kind == ledger.FX:
		s.pools[a.Currency] = index
	case a.Kind == ledger.Position && a.Currency == s.participants[a.Participant-1].Currency:
		s.homes[a.Participant-1] = index
	}
	return index
}

// position returns the place of a participant's position, or -1. It is asked for several times a transfer, and
// nearly always for the participant's own currency.
func (s *State) position(participant int32, currency fx.Currency) int {
	if home := s.homes[participant-1]; home >= 0 && s.accounts[home].Currency == currency {
		return home
	}
	return s.find(participant, ledger.Position, currency)
}

// pool returns the place of a currency's FX pool, or -1.
func (s *State) pool(currency fx.Currency) int {
	if index, ok := s.pools[currency]; ok {
		return index
	}
	return -1
}

// find returns the place of an account, or -1.
func (s *State) find(participant int32, kind ledger.AccountKind, currency fx.Currency) int {
	if index, ok := s.accountAt[accountKey{participant, kind, currency}]; ok {
		return index
	}
	return -1
}

// prefund returns what stands behind a position or a pool beside its own balance.
func (s *State) prefund(a account) int64 {
	owner := a.Participant
	if a.Kind == ledger.FX {
		if s.provider == nil {
			return 0
		}
		owner = s.provider.ID
	}
	if index := s.find(owner, ledger.Settlement, a.Currency); index >= 0 {
		return s.accounts[index].balance()
	}
	return 0
}

// mayOwe tells whether the account is one that clearing may take below zero, up to its liquidity.
func (a account) mayOwe() bool { return a.Kind == ledger.Position || a.Kind == ledger.FX }

// available is the liquidity left: prefunded balance, credit line and position together.
func (s *State) available(a account) int64 { return s.prefund(a) + a.creditLineMinor + a.balance() }

// forgetQuotes drops promises that expired so long ago that nobody need tell them from unknown ones. The
// snapshot is loaded by the same rule.
func (d *decision) forgetQuotes() error {
	maps.DeleteFunc(d.quotes, func(_ string, q fx.Quote) bool { return !q.Expires.After(d.Now.Add(-ledger.QuoteMemory)) })
	return nil
}

// sortedKeys returns a map's keys in order: maps are never walked in a decision.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
