package decide

import (
	"encoding/hex"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// The rules before, so that a ledger that began under them replays to the byte. What they did not know is
// refused as they refused it.
const (
	rulesFIFO = "ayni-fifo-1" // strict first-in-first-out, and nothing said of what was possible
	rulesNet1 = "ayni-net-1"  // ids counted from one, and a longer record
	rulesNet2 = "ayni-net-2"  // nobody denied by screening, nothing asked of where people are, limits for ever, nothing heard of rails
	rulesNet3 = "ayni-net-3"  // every transfer clears by itself
)

// RulesOf are the rules that a batch was decided by. What names none that are known here is decided by the
// newest, and differs.
func RulesOf(entry []byte) string {
	var named struct {
		Rules string `json:"rules"`
	}
	if json.Unmarshal(entry, &named) == nil && slices.Contains([]string{rulesFIFO, rulesNet1, rulesNet2, rulesNet3}, named.Rules) {
		return named.Rules
	}
	return Rules
}

// ShowsNobody tells whether logs of these rules hold nothing personal, so that whoever has one can decide it again.
func ShowsNobody(rules string) bool { return rules == Rules || rules == rulesNet3 }

// beforeNet4 tells whether a batch is decided again by rules before ayni-net-4.
func (d *decision) beforeNet4() bool { return d.Rules == rulesNet3 || d.beforeNet3() }

// beforeNet3 tells whether a batch is decided again by rules before ayni-net-3.
func (d *decision) beforeNet3() bool { return d.Rules == rulesNet2 || d.countsFromOne() }

// countsFromOne tells whether a batch is decided again by rules that counted transfers and postings from one.
func (d *decision) countsFromOne() bool { return d.Rules == rulesFIFO || d.Rules == rulesNet1 }

// earlier tells whether a batch is decided again by the first rules.
func (d *decision) earlier() bool { return d.Rules == rulesFIFO }

// unknownThen tells whether the rules before had no such command.
func (d *decision) unknownThen(kind settlement.CommandKind) bool {
	switch kind {
	case settlement.CommandRates, settlement.CommandRateCommittee:
		return d.earlier()
	case settlement.CommandPatience, settlement.CommandHold, settlement.CommandRelease, settlement.CommandRefuse,
		settlement.CommandScreen, settlement.CommandGross, settlement.CommandHours,
		settlement.CommandWithdraw, settlement.CommandInstructionResult, settlement.CommandCreditTerms, settlement.CommandGuarantee,
		settlement.CommandSettlementGroup, settlement.CommandSettlementMethod, settlement.CommandResettle, settlement.CommandRecover,
		settlement.CommandFees, settlement.CommandRotateKey, settlement.CommandReplayLetter:
		return d.countsFromOne()
	case settlement.CommandLimits, settlement.CommandTravelRule, settlement.CommandWitnesses, settlement.CommandWitnessed:
		return d.beforeNet3()
	default:
		return false
	}
}

// unreadableThen tells whether the rules before could not read a body of quotes.
func (d *decision) unreadableThen(q settlement.Quotes) bool {
	for _, quote := range q.Quotes {
		if d.earlier() && (quote.FeeMinor != 0 || !quote.Mid.IsZero()) {
			return true
		}
	}
	return false
}

// unreadableMessageThen tells whether the rules before could not read a message.
func (d *decision) unreadableMessageThen(m Message) bool {
	return d.beforeNet3() && m.health != nil || d.countsFromOne() && (len(m.recalls) > 0 || slices.ContainsFunc(m.outcomes, func(o messaging.Outcome) bool {
		return o.Kind != messaging.KindPayout && o.Kind != messaging.KindRefund ||
			o.State != messaging.OutcomePaid && o.State != messaging.OutcomeFailed && o.State != messaging.OutcomeUnknown
	}))
}

// malformedThen is the fault of an intent that the rules before could not read.
func (d *decision) malformedThen(intent messaging.DecodedIntent) *messaging.FaultError {
	if d.earlier() && intent.Intent.Priority != "" {
		return &messaging.FaultError{Fault: messaging.FaultSchema, Detail: "priority"}
	}
	if d.beforeNet4() && intent.Intent.Bundle != nil {
		return &messaging.FaultError{Fault: messaging.FaultSchema, Detail: "bundle"}
	}
	if d.beforeNet3() && json.Unmarshal(intent.Raw, new(intentThen), json.RejectUnknownMembers(true)) != nil {
		return &messaging.FaultError{Fault: messaging.FaultSchema, Detail: "a member that is not known"}
	}
	return nil
}

// intentThen is an intent as the rules before ayni-net-3 read it: of people it knew no country and no town.
type intentThen struct {
	messaging.Intent
	Debtor   partyThen `json:"debtor"`
	Creditor partyThen `json:"creditor"`
}

type partyThen struct {
	Name    string `json:"name"`
	Account string `json:"account"`
	Address string `json:"address"`
}

// earlierRecord is the record of a batch as rules that counted from one wrote it.
type earlierRecord struct {
	Streams     []streamRecord          `json:"streams"`
	Commands    []commandRecord         `json:"commands"`
	Intents     []earlierIntent         `json:"intents"`
	Outcomes    []outcomeRecord         `json:"outcomes"`
	DeadLetters []deadLetterRecord      `json:"dead_letters"`
	Expired     []settlement.TransferID `json:"expired"`
	Cleared     []settlement.TransferID `json:"cleared"`
	Clearing    *clearingRecord         `json:"clearing,omitzero"`
	Windows     []windowRecord          `json:"windows"`
	Postings    []earlierPosting        `json:"postings"`
	Balances    []balanceRecord         `json:"balances"`
}

type earlierIntent struct {
	Participant int32                 `json:"participant"`
	Sequence    uint64                `json:"sequence"`
	Place       int32                 `json:"place"`
	Hash        string                `json:"hash"`
	Transfer    settlement.TransferID `json:"transfer,omitempty"`
	Fault       messaging.Fault       `json:"fault,omitempty"`
}

type earlierPosting struct {
	ID          int64                 `json:"id"`
	Transfer    settlement.TransferID `json:"transfer,omitempty"`
	Kind        ledger.PostingKind    `json:"kind"`
	Debit       int64                 `json:"debit"`
	Credit      int64                 `json:"credit"`
	AmountMinor int64                 `json:"amount_minor"`
}

func (d *decision) recordEarlier() *earlierRecord {
	r := &earlierRecord{
		Streams: d.recordStreams(), Commands: d.recordCommands(), Outcomes: d.recordOutcomes(), DeadLetters: d.recordDeadLetters(),
		Expired: d.expired, Cleared: d.cleared, Clearing: d.clearing, Windows: d.windows, Balances: d.recordBalances(),
	}
	for _, n := range d.batch.Intents {
		r.Intents = append(r.Intents, earlierIntent{
			Participant: n.Participant, Sequence: n.Sequence, Place: n.Place, Hash: hex.EncodeToString(n.Hash[:]),
			Transfer: n.Transfer, Fault: n.Fault,
		})
	}
	for _, p := range d.batch.Postings {
		r.Postings = append(r.Postings, earlierPosting{
			ID: p.ID, Transfer: p.Transfer, Kind: p.Kind, Debit: p.Debit, Credit: p.Credit, AmountMinor: p.AmountMinor,
		})
	}
	return r
}
