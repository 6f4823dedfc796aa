package messaging

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Versions of payloads.
const (
	Version     = 1 // of what the switch says
	VersionOpen = 2 // of what participants send: an open line, and the closed lines that it names
)

// ValidParticipant tells whether name can name a participant.
func ValidParticipant(name string) bool { return participantName.MatchString(name) }

// Party is a person or a group at one end of a transfer: the travel-rule data (FATF recommendation 16).
type Party struct {
	Name    string `json:"name"`
	Account string `json:"account"`           // MSISDN in E.164 without "+", VPA, wallet or account number
	Address string `json:"address,omitempty"` // required of the originator above the scheme's threshold
	Country string `json:"country,omitempty"` // ISO 3166-1 alpha-2; the participant's own where nothing is said
	Town    string `json:"town,omitempty"`    // required of the beneficiary above the scheme's threshold
}

// Amount is money at the text edge: a plain decimal and its currency. It stays text until Money is
// asked for, so that a refusal can say what was written.
type Amount struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// NewAmount writes m as text.
func NewAmount(m fx.Money) Amount {
	return Amount{Amount: m.Text(), Currency: m.Currency.String()}
}

// Money reads the text. Errors are *fx.AmountError and *fx.UnknownCurrencyError.
func (a Amount) Money() (fx.Money, error) {
	c, err := fx.ParseCurrency(a.Currency)
	if err != nil {
		return fx.Money{}, err
	}
	return fx.ParseMoney(a.Amount, c)
}

// Priority says how much a transfer should count where not everything can clear at once (ISO 20022
// InstrPrty: HIGH, NORM).
type Priority string

// The priorities. No priority is normal.
const (
	PriorityNormal Priority = "normal"
	PriorityHigh   Priority = "high"
)

// Intent asks the switch to move money from the sending participant's customer to another's.
// ID is the sender's own and is used once, for ever: the same id with the same bytes gets the same
// answer again, with other bytes it is refused.
type Intent struct {
	ID                  string    `json:"id"`
	CreditorParticipant string    `json:"creditor_participant"`
	Debtor              Party     `json:"debtor"`
	Creditor            Party     `json:"creditor"`
	Source              Amount    `json:"source"`          // what the debtor's participant owes
	Destination         Amount    `json:"destination"`     // what the creditor's participant pays out
	Quote               string    `json:"quote,omitempty"` // required when the currencies differ
	Fixed               fx.Fixed  `json:"fixed,omitempty"` // the side that the sender fixed; required with Quote
	Priority            Priority  `json:"priority,omitempty"`
	Bundle              *Bundle   `json:"bundle,omitempty"` // nil of one that clears by itself
	Deadline            time.Time `json:"deadline"`         // leaves the queue, uncleared, at this moment
	Purpose             string    `json:"purpose,omitempty"`
	Reference           string    `json:"reference,omitempty"`
}

// IntentEnvelope is what a payload of intent.<participant> says. It is written as an open line and closed lines; by itself,
// it was the payload of version 1.
type IntentEnvelope struct {
	Version     int      `json:"version"`
	Participant string   `json:"participant"`
	Intents     []Intent `json:"intents"`
	Recalls     []Recall `json:"recalls,omitempty"` // an envelope may hold only these
}

// Kind says what an instruction or an outcome is about.
type Kind string

// The kinds of instruction.
const (
	KindPayout Kind = "payout" // the creditor's rail pays the creditor
	KindRefund Kind = "refund" // the debtor's rail gives the debtor's money back

	KindQuery   Kind = "query"   // says again what became of what was told about the transfer; nothing is done
	KindRecall  Kind = "recall"  // does not pay out, if the rail was not called yet
	KindReserve Kind = "reserve" // the creditor's rail sets money aside for a payout that may come
	KindRelease Kind = "release" // the payout will not come: what was set aside is free again
)

// OutcomeState is how an instruction ended, or that nobody knows yet.
type OutcomeState string

// The outcomes. Paid and Failed are final; Unknown is not failed: it is neither repeated nor returned.
const (
	OutcomePaid    OutcomeState = "paid"
	OutcomeFailed  OutcomeState = "failed"
	OutcomeUnknown OutcomeState = "unknown"

	OutcomeReserved OutcomeState = "reserved" // of a reserve: the payout can be made
	OutcomeReleased OutcomeState = "released" // of a release
	OutcomeRefused  OutcomeState = "refused"  // of a recall: it is too late
)

// Outcome is what a rail did with an instruction.
type Outcome struct {
	Transfer   string       `json:"transfer"`
	Kind       Kind         `json:"kind"`
	State      OutcomeState `json:"state"`
	Amount     Amount       `json:"amount"`             // as the rail confirmed it
	RailRef    string       `json:"rail_ref,omitempty"` // the rail's receipt or transaction number
	Reason     string       `json:"reason,omitempty"`   // ISO 20022 status reason code, when failed
	RailCode   string       `json:"rail_code,omitempty"`
	RailText   string       `json:"rail_text,omitempty"`
	ResolvedBy string       `json:"resolved_by,omitempty"` // response, callback, query, operator
}

// OutcomeEnvelope is what a payload of outcome.<participant> says, written as an IntentEnvelope is.
type OutcomeEnvelope struct {
	Version     int         `json:"version"`
	Participant string      `json:"participant"`
	Outcomes    []Outcome   `json:"outcomes"`
	Rail        *RailHealth `json:"rail,omitempty"` // an envelope may hold only this
}

// Instruction tells a participant to pay out or to refund. Transfer and Kind together are its identity,
// for ever: whoever receives it twice acts once.
type Instruction struct {
	Transfer     string `json:"transfer"`
	Kind         Kind   `json:"kind"`
	Intent       string `json:"intent"` // the debtor's id of the transfer
	Amount       Amount `json:"amount"`
	Debtor       Party  `json:"debtor"`
	Creditor     Party  `json:"creditor"`
	Counterparty string `json:"counterparty"` // the participant at the other end
	Reference    string `json:"reference,omitempty"`
	Reason       string `json:"reason,omitempty"` // why money is refunded
}

// PayoutMessage is the payload of payout.<participant>.
type PayoutMessage struct {
	Version      int           `json:"version"`
	Participant  string        `json:"participant"`
	Batch        int64         `json:"batch"`
	LogIndex     int64         `json:"log_index"`
	Instructions []Instruction `json:"instructions"`
}

// State is where a transfer is in its life.
type State string

// The states of a transfer. Rejected, Expired, Paid and Returned are final.
const (
	StateQueued        State = "queued"
	StateRejected      State = "rejected"
	StateExpired       State = "expired"
	StateCleared       State = "cleared"
	StatePaid          State = "paid"
	StateReturnPending State = "return_pending"
	StateReturned      State = "returned"
)

// Final tells whether a transfer in this state never changes again.
func (s State) Final() bool {
	return s == StateRejected || s == StateExpired || s == StatePaid || s == StateReturned
}

// Change is one step of one of the participant's transfers. It is sent to the debtor's participant.
type Change struct {
	Intent   string `json:"intent"`
	Transfer string `json:"transfer,omitempty"` // empty where the intent never became one
	State    State  `json:"state"`
	Fault    Fault  `json:"fault,omitempty"`
	Reason   string `json:"reason,omitempty"` // ISO 20022 status reason code
	Detail   string `json:"detail,omitempty"`
}

// Peer is another participant as everybody may know it: where money can go, and in which steps.
type Peer struct {
	Participant          string `json:"participant"`
	Country              string `json:"country"`
	Currency             string `json:"currency"`
	PayoutIncrementMinor int64  `json:"payout_increment_minor"` // payouts are multiples of this
	PayoutMinMinor       int64  `json:"payout_min_minor"`
	PayoutMaxMinor       int64  `json:"payout_max_minor"`

	DownSince time.Time `json:"down_since,omitzero"` // since when it says that its rail is down, and payouts wait
}

// WindowChange tells of a settlement window's life.
type WindowChange struct {
	Window   int64  `json:"window"`
	State    string `json:"state"`
	Currency string `json:"currency"`
	NetMinor int64  `json:"net_minor,string"` // what this participant received (paid, if negative)
}

// LiquidityAlarm tells that a position passed a step of what it may use, upwards: half, three quarters, nine
// tenths of its prefunding and credit line together.
type LiquidityAlarm struct {
	Currency    string `json:"currency"`
	UsedMinor   int64  `json:"used_minor,string"`
	LimitMinor  int64  `json:"limit_minor,string"`
	PercentStep int    `json:"percent_step"`
}

// SettlementInstruction is money that moves at the settlement agent, outside the switch: what a pacs.009
// between financial institutions says. EndToEndID is its identity, for ever.
type SettlementInstruction struct {
	EndToEndID       string `json:"end_to_end_id"`
	Kind             string `json:"kind"`            // pay_in, pay_out or withdrawal
	Window           int64  `json:"window,omitzero"` // of a payment in or out
	Amount           Amount `json:"amount"`
	ValueDate        string `json:"value_date"` // YYYY-MM-DD
	InstructingAgent string `json:"instructing_agent"`
	InstructedAgent  string `json:"instructed_agent"`
}

// StatusMessage is the payload of status.<participant>. Quotes and peers are those that hold from now, fees
// those that hold and those that were announced.
type StatusMessage struct {
	Version     int            `json:"version"`
	Participant string         `json:"participant"`
	Batch       int64          `json:"batch"`
	LogIndex    int64          `json:"log_index"`
	Changes     []Change       `json:"changes,omitempty"`
	Quotes      []fx.Quote     `json:"quotes,omitempty"`
	Peers       []Peer         `json:"peers,omitempty"`
	Windows     []WindowChange `json:"windows,omitempty"`
	Fees        []Fees         `json:"fees,omitempty"`
	Recalls     []RecallAnswer `json:"recalls,omitempty"`

	Liquidity   []LiquidityAlarm        `json:"liquidity,omitempty"`
	Settlements []SettlementInstruction `json:"settlements,omitempty"`
}
