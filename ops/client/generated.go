// Code generated from ops/api/testdata/openapi.json. DO NOT EDIT.

package client

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Account is the document's schema of that name.
type Account struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	Owner string `json:"owner"` // scheme is the scheme.
}

// AccountLack is the document's schema of that name.
type AccountLack struct {
	Account   Account `json:"account"`
	Short     Amount  `json:"short"`
	Transfers int64   `json:"transfers"`
}

// AccountMove is the document's schema of that name.
type AccountMove struct {
	Account Account `json:"account"`
	Balance Amount  `json:"balance"` // After it.
	Credit  Amount  `json:"credit"`
	Debit   Amount  `json:"debit"`
}

// AccountPrice is the document's schema of that name.
type AccountPrice struct {
	Account  Account `json:"account"`
	Currency string  `json:"currency"`
	Price    string  `json:"price"`
}

// AdapterWord is the document's schema of that name.
type AdapterWord struct {
	Answers      bool           `json:"answers"`           // Within two seconds. What follows is empty where it does not.
	Breaker      string         `json:"breaker,omitzero"`  // The worst of breakers.
	Breakers     jsontext.Value `json:"breakers,omitzero"` // By endpoint of the rail.
	Exceptions   int64          `json:"exceptions"`        // Cases for a person that the adapter keeps.
	Rail         string         `json:"rail,omitzero"`
	Since        time.Time      `json:"since,omitzero"`
	State        string         `json:"state,omitzero"`
	Unknown      int64          `json:"unknown"`                // Those of them of which the rail has not said what became of them.
	UnknownSince time.Time      `json:"unknown_since,omitzero"` // When the oldest of them was instructed.
	Untold       int64          `json:"untold"`                 // Ended operations of which the switch has not been told.
	Waiting      int64          `json:"waiting"`                // Operations that have not ended.
}

// Amount is the document's schema of that name.
type Amount struct {
	Amount   string `json:"amount"`   // In major units, as a decimal.
	Currency string `json:"currency"` // ISO 4217, or a community's unit.
}

// Batch is the document's schema of that name.
type Batch struct {
	Accepted  int64     `json:"accepted"` // Intents that entered the queue.
	Bound     string    `json:"bound"`    // That no choice passes, in the same unit.
	Cleared   int64     `json:"cleared"`
	Coarser   int64     `json:"coarser"`
	DecidedAt time.Time `json:"decided_at"`
	FIFO      string    `json:"fifo"` // What first-in-first-out would have reached.
	ID        string    `json:"id"`
	LogIndex  string    `json:"log_index"`
	Numeraire string    `json:"numeraire,omitzero"`
	Queued    int64     `json:"queued"`        // That wait after it.
	Reached   string    `json:"reached"`       // Weighted value of its choice, in millionths of the numeraire times 2^coarser.
	Tier      string    `json:"tier,omitzero"` // What found its choice; none where there was nothing to choose.
	Window    string    `json:"window"`        // Of the default group.
	WrittenAt time.Time `json:"written_at"`
}

// BatchCommand is the document's schema of that name.
type BatchCommand struct {
	Checker string `json:"checker,omitzero"`
	Fault   string `json:"fault,omitzero"`
	ID      string `json:"id"`
	Kind    string `json:"kind"`
	Maker   string `json:"maker,omitzero"`
}

// BatchStory is the document's schema of that name.
type BatchStory struct {
	Accepted  int64          `json:"accepted"` // Intents that entered the queue.
	Bound     string         `json:"bound"`    // That no choice passes, in the same unit.
	Cleared   int64          `json:"cleared"`
	Coarser   int64          `json:"coarser"`
	Commands  []BatchCommand `json:"commands"`
	DecidedAt time.Time      `json:"decided_at"`
	FIFO      string         `json:"fifo"` // What first-in-first-out would have reached.
	ID        string         `json:"id"`
	Lacking   []AccountLack  `json:"lacking"` // What transfers that wait lack, the most first.
	LogIndex  string         `json:"log_index"`
	LogSize   string         `json:"log_size"`
	Moved     []AccountMove  `json:"moved"`
	Numeraire string         `json:"numeraire,omitzero"`
	Prices    []AccountPrice `json:"prices"`        // Shadow prices of liquidity that bound its choice, the highest first.
	Queued    int64          `json:"queued"`        // That wait after it.
	Reached   string         `json:"reached"`       // Weighted value of its choice, in millionths of the numeraire times 2^coarser.
	Tier      string         `json:"tier,omitzero"` // What found its choice; none where there was nothing to choose.
	Window    string         `json:"window"`        // Of the default group.
	WrittenAt time.Time      `json:"written_at"`
}

// BundleOfALeg is the document's schema of that name.
type BundleOfALeg struct {
	Digest string `json:"digest"`
	ID     string `json:"id"`
	Legs   int64  `json:"legs"`
	Place  int64  `json:"place"`
}

// Charge is the document's schema of that name.
type Charge struct {
	Amount Amount `json:"amount"`
	Kind   string `json:"kind"`
	Payee  string `json:"payee"` // scheme is the scheme.
	Payer  string `json:"payer"`
	Rule   string `json:"rule"`
}

// DecisionBody is the document's schema of that name.
type DecisionBody struct {
	Reason string `json:"reason"` // Why. It is kept for ever.
}

// Difference is the document's schema of that name.
type Difference struct {
	Day         string    `json:"day"`
	Detail      string    `json:"detail"`
	Direction   string    `json:"direction,omitzero"` // in or out; none where the statement has no such line.
	How         string    `json:"how,omitzero"`       // It was resolved: matched, explained, corrected, written_off, retried. None while it is open.
	ID          string    `json:"id"`
	Kind        string    `json:"kind"`
	Movement    string    `json:"movement,omitzero"`
	Ours        Amount    `json:"ours"` // What the log says.
	Participant string    `json:"participant"`
	Rail        Amount    `json:"rail"` // What the statement says.
	RailAt      time.Time `json:"rail_at,omitzero"`
	RailRef     string    `json:"rail_ref,omitzero"`
	Request     string    `json:"request,omitzero"` // By which two people resolved it.
	Transfer    string    `json:"transfer,omitzero"`
}

// Emergency is the document's schema of that name.
type Emergency struct {
	Answers    []EmergencyAnswer `json:"answers"`
	Coming     []Amount          `json:"coming"` // Decided, and not paid yet.
	DeclaredAt time.Time         `json:"declared_at"`
	ID         string            `json:"id"`
	Kind       string            `json:"kind"`
	Needed     string            `json:"needed"`
	Open       bool              `json:"open"`
	Paid       []Amount          `json:"paid"`
	Place      string            `json:"place,omitzero"`
	Pool       string            `json:"pool"` // That declared it, by its own log.
	Until      time.Time         `json:"until"`
	Votes      string            `json:"votes"`
}

// EmergencyAnswer is the document's schema of that name.
type EmergencyAnswer struct {
	Amount *Amount `json:"amount,omitzero"`
	Pledge string  `json:"pledge"`
	Pool   string  `json:"pool"`
	State  string  `json:"state"` // pledged, until a payout is made of it; then due, funded, paid, returned or lapsed.
}

// Exception is the document's schema of that name.
type Exception struct {
	About       string    `json:"about"` // The kind of instruction; return for one that lacks liquidity.
	At          time.Time `json:"at"`
	Kind        string    `json:"kind"`        // Nobody says a word of it any more; or a rail contradicts what is final.
	Participant string    `json:"participant"` // Whose rail it is about, or whose liquidity.
	Transfer    string    `json:"transfer"`
}

// Exposure is the document's schema of that name.
type Exposure struct {
	CreditLine Amount `json:"credit_line"`
	Currency   string `json:"currency"`
	In         Amount `json:"in"`         // What cross-currency transfers brought in the open window.
	Out        Amount `json:"out"`        // What they took.
	Position   Amount `json:"position"`   // What it holds, or owes below zero.
	Prefunding Amount `json:"prefunding"` // Of the provider behind it.
}

// Hold is the document's schema of that name.
type Hold struct {
	AcceptedAt  time.Time `json:"accepted_at"`
	Batch       string    `json:"batch"` // That brought it into this state.
	By          string    `json:"by"`
	Creditor    string    `json:"creditor"`
	Deadline    time.Time `json:"deadline"`
	Debtor      string    `json:"debtor"`
	Destination Amount    `json:"destination"`
	HeldAt      time.Time `json:"held_at"`
	ID          string    `json:"id"`
	Intent      string    `json:"intent"`          // The debtor's own id.
	List        string    `json:"list,omitzero"`   // Of screening.
	Reason      string    `json:"reason,omitzero"` // ISO 20022 status reason code.
	ReceivedAt  time.Time `json:"received_at"`     // When the broker had it.
	Since       time.Time `json:"since"`
	Source      Amount    `json:"source"`
	State       string    `json:"state"`
}

// Instruction is the document's schema of that name.
type Instruction struct {
	Amount      Amount    `json:"amount"`
	EndedAt     time.Time `json:"ended_at,omitzero"`
	Evidence    string    `json:"evidence,omitzero"`
	GivenAt     time.Time `json:"given_at"`
	ID          string    `json:"id"`
	Kind        string    `json:"kind"`
	Participant string    `json:"participant"`
	Result      string    `json:"result,omitzero"` // confirmed, refused, lapsed; none while it is open.
	ValueDate   string    `json:"value_date"`
	Waits       bool      `json:"waits"`           // For witnesses: the agent was not told.
	Window      string    `json:"window,omitzero"` // None of a withdrawal.
}

// Lack is the document's schema of that name.
type Lack struct {
	Account Account `json:"account"`
	Short   Amount  `json:"short"`
}

// Limits is the document's schema of that name.
type Limits struct {
	PayoutIncrement Amount `json:"payout_increment"` // Payouts are multiples of it.
	PayoutMax       Amount `json:"payout_max"`
	PayoutMin       Amount `json:"payout_min"`
}

// LimitsWantedBody is the document's schema of that name.
type LimitsWantedBody struct {
	PayoutIncrement Amount `json:"payout_increment"` // Payouts are multiples of it.
	PayoutMax       Amount `json:"payout_max"`
	PayoutMin       Amount `json:"payout_min"`
	Reason          string `json:"reason"` // Why. It is kept for ever.
}

// Line is the document's schema of that name.
type Line struct {
	Account  string    `json:"account"`
	Amount   Amount    `json:"amount"` // A debit is below zero.
	At       time.Time `json:"at"`
	Balance  Amount    `json:"balance"` // After it.
	Batch    string    `json:"batch"`
	For      string    `json:"for"`  // The posting's kind.
	Kind     string    `json:"kind"` // The account's.
	Posting  string    `json:"posting"`
	Transfer string    `json:"transfer,omitzero"`
}

// LogStatus is the document's schema of that name.
type LogStatus struct {
	At         time.Time   `json:"at,omitzero"`
	Batch      string      `json:"batch"`
	Checkpoint string      `json:"checkpoint"`      // The newest, signed: a C2SP checkpoint.
	Policy     string      `json:"policy,omitzero"` // Of witnesses; none where nothing waits for them.
	Size       string      `json:"size"`
	SplitViews []SplitView `json:"split_views"` // Witnesses that know another log. There must be none.
	Witnessed  *Witnessed  `json:"witnessed,omitzero"`
}

// Look is the document's schema of that name.
type Look struct {
	At    string `json:"at"`
	Look  string `json:"look"`
	Means string `json:"means"` // What a finding means.
}

// Operation is the document's schema of that name.
type Operation struct {
	Amount     Amount    `json:"amount"`
	ID         string    `json:"id"` // The adapter's; a resolve_operation names it.
	Instructed time.Time `json:"instructed"`
	Kind       string    `json:"kind"`
	May        []string  `json:"may"`              // What two people may say of it now: paid, failed.
	RailID     string    `json:"rail_id,omitzero"` // By which the rail knows it.
	State      string    `json:"state"`
	Steps      []Look    `json:"steps"`             // In which order people look.
	Transfer   string    `json:"transfer,omitzero"` // None of a refund that the adapter owes by itself.
	Until      time.Time `json:"until,omitzero"`    // When that passes, where it is known.
	Why        string    `json:"why,omitzero"`      // Why an end is not among them.
}

// Order is the document's schema of that name.
type Order struct {
	Destination *Amount   `json:"destination,omitzero"` // What arrives.
	DownSince   time.Time `json:"down_since,omitzero"`  // The rail that pays out is down: the payout may wait.
	Expires     time.Time `json:"expires,omitzero"`     // Pay before.
	Fee         *Amount   `json:"fee,omitzero"`         // Of the source, inside it.
	Intent      string    `json:"intent"`               // The id that the switch sees.
	Paid        string    `json:"paid,omitzero"`        // The rail's receipt of the payer's payment.
	Quote       string    `json:"quote,omitzero"`
	Reason      string    `json:"reason,omitzero"` // ISO 20022 status reason code, where it ended badly.
	Recall      string    `json:"recall,omitzero"` // What the switch answered to a recall.
	Ref         string    `json:"ref"`
	Source      *Amount   `json:"source,omitzero"` // What the payer pays.
	State       string    `json:"state"`           // open, lapsed, collected; from then on its transfer's.
	Total       *Amount   `json:"total,omitzero"`  // What sending costs against the reference rate, of the destination.
	Transfer    string    `json:"transfer,omitzero"`
}

// OrderWanted is the document's schema of that name.
type OrderWanted struct {
	Amount    Amount `json:"amount"`
	Creditor  Party  `json:"creditor"`
	Fixed     string `json:"fixed"` // Which side amount is of; the other follows from the newest quote.
	Payer     Party  `json:"payer"`
	Ref       string `json:"ref"` // Your own; it names the order for ever.
	Reference string `json:"reference,omitzero"`
	To        string `json:"to"` // The creditor's participant.
}

// Outcome is the document's schema of that name.
type Outcome struct {
	At          time.Time `json:"at"`
	Batch       string    `json:"batch"`
	Kind        string    `json:"kind"`
	Participant string    `json:"participant"`
	RailCode    string    `json:"rail_code,omitzero"`
	RailRef     string    `json:"rail_ref,omitzero"` // The rail's receipt.
	Reason      string    `json:"reason,omitzero"`
	ResolvedBy  string    `json:"resolved_by,omitzero"`
	State       string    `json:"state"`
	Verdict     string    `json:"verdict"` // What the switch made of it.
}

// PageBatch is the document's schema of that name.
type PageBatch struct {
	Items []Batch `json:"items"`
	Next  string  `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageDifference is the document's schema of that name.
type PageDifference struct {
	Items []Difference `json:"items"`
	Next  string       `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageEmergency is the document's schema of that name.
type PageEmergency struct {
	Items []Emergency `json:"items"`
	Next  string      `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageException is the document's schema of that name.
type PageException struct {
	Items []Exception `json:"items"`
	Next  string      `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageExposure is the document's schema of that name.
type PageExposure struct {
	Items []Exposure `json:"items"`
	Next  string     `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageHold is the document's schema of that name.
type PageHold struct {
	Items []Hold `json:"items"`
	Next  string `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageInstruction is the document's schema of that name.
type PageInstruction struct {
	Items []Instruction `json:"items"`
	Next  string        `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageLine is the document's schema of that name.
type PageLine struct {
	Items []Line `json:"items"`
	Next  string `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageOperation is the document's schema of that name.
type PageOperation struct {
	Items []Operation `json:"items"`
	Next  string      `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageParticipant is the document's schema of that name.
type PageParticipant struct {
	Items []Participant `json:"items"`
	Next  string        `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PagePool is the document's schema of that name.
type PagePool struct {
	Items []Pool `json:"items"`
	Next  string `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PagePoolUse is the document's schema of that name.
type PagePoolUse struct {
	Items []PoolUse `json:"items"`
	Next  string    `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageQuote is the document's schema of that name.
type PageQuote struct {
	Items []Quote `json:"items"`
	Next  string  `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageRail is the document's schema of that name.
type PageRail struct {
	Items []Rail `json:"items"`
	Next  string `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageRequest is the document's schema of that name.
type PageRequest struct {
	Items []Request `json:"items"`
	Next  string    `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageStanding is the document's schema of that name.
type PageStanding struct {
	Items []Standing `json:"items"`
	Next  string     `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageTransfer is the document's schema of that name.
type PageTransfer struct {
	Items []Transfer `json:"items"`
	Next  string     `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageWebhook is the document's schema of that name.
type PageWebhook struct {
	Items []Webhook `json:"items"`
	Next  string    `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageWebhookDelivery is the document's schema of that name.
type PageWebhookDelivery struct {
	Items []WebhookDelivery `json:"items"`
	Next  string            `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// PageWindow is the document's schema of that name.
type PageWindow struct {
	Items []Window `json:"items"`
	Next  string   `json:"next,omitzero"` // The cursor of the next page; without it this is the last.
}

// Participant is the document's schema of that name.
type Participant struct {
	Country   string `json:"country"` // ISO 3166-1 alpha-2.
	Currency  string `json:"currency"`
	Name      string `json:"name"`
	Reserves  bool   `json:"reserves"` // Its rail sets money aside before a transfer to it clears.
	Role      string `json:"role"`
	Suspended bool   `json:"suspended"` // Its new intents are refused.
}

// Party is the document's schema of that name.
type Party struct {
	Account string `json:"account"`          // An MSISDN in E.164 without +, a VPA, a wallet's or an account's number.
	Address string `json:"address,omitzero"` // Of the payer, above the scheme's threshold.
	Country string `json:"country,omitzero"` // ISO 3166-1 alpha-2.
	Name    string `json:"name"`
	Town    string `json:"town,omitzero"`
}

// Pool is the document's schema of that name.
type Pool struct {
	Funds       []PoolFund `json:"funds"` // Where it shows balances.
	HeardAt     time.Time  `json:"heard_at,omitzero"`
	Log         *PoolLog   `json:"log,omitzero"`
	Members     string     `json:"members,omitzero"` // Where it shows its members.
	Needs       string     `json:"needs"`            // That are open, where it shows them; offers likewise.
	Offers      string     `json:"offers"`
	Participant string     `json:"participant"`
	Purpose     string     `json:"purpose,omitzero"`
	Shows       []string   `json:"shows"`          // Sections of its log that everybody may see.
	State       string     `json:"state"`          // Silent or refused: what is shown is from heard_at. Split: its key signed two histories of its log, and nothing is shown.
	Title       string     `json:"title,omitzero"` // By its own word, as purpose.
	Why         string     `json:"why,omitzero"`   // It is not current: for the pool and the switch's own people.
}

// PoolFund is the document's schema of that name.
type PoolFund struct {
	Amount Amount `json:"amount"`
	Name   string `json:"name"`
}

// PoolLog is the document's schema of that name.
type PoolLog struct {
	Checkpoint string `json:"checkpoint"` // Signed by the pool: a C2SP checkpoint.
	Hidden     string `json:"hidden"`
	Root       string `json:"root"`
	Shown      string `json:"shown"` // Lines that everybody may see; each was held against the checkpoint.
	Size       string `json:"size"`  // Entries.
}

// PoolPledge is the document's schema of that name.
type PoolPledge struct {
	Each    *Amount   `json:"each,omitzero"` // For one emergency. None where nothing that the pool shows says the currency.
	ID      string    `json:"id"`
	InForce bool      `json:"in_force"`
	Kinds   []string  `json:"kinds"`
	Places  []string  `json:"places"` // None for anywhere.
	To      string    `json:"to"`
	Total   *Amount   `json:"total,omitzero"`
	Until   time.Time `json:"until"`
}

// PoolPosting is the document's schema of that name.
type PoolPosting struct {
	Category string    `json:"category"`
	ID       string    `json:"id"`
	Place    string    `json:"place,omitzero"`
	Quantity string    `json:"quantity"`
	Side     string    `json:"side"`
	Unit     string    `json:"unit"`
	Until    time.Time `json:"until"`
	Urgency  string    `json:"urgency"` // 1 to 4, the last the most.
}

// PoolStory is the document's schema of that name.
type PoolStory struct {
	Emergencies []Emergency   `json:"emergencies"` // That it declared, the newest first.
	Funds       []PoolFund    `json:"funds"`       // Where it shows balances.
	HeardAt     time.Time     `json:"heard_at,omitzero"`
	Hides       []string      `json:"hides"`
	Log         *PoolLog      `json:"log,omitzero"`
	Members     string        `json:"members,omitzero"` // Where it shows its members.
	Needs       string        `json:"needs"`            // That are open, where it shows them; offers likewise.
	Offers      string        `json:"offers"`
	Participant string        `json:"participant"`
	Pledges     []PoolPledge  `json:"pledges"`
	Postings    []PoolPosting `json:"postings"`
	Purpose     string        `json:"purpose,omitzero"`
	Shows       []string      `json:"shows"` // Sections of its log that everybody may see.
	State       string        `json:"state"` // Silent or refused: what is shown is from heard_at. Split: its key signed two histories of its log, and nothing is shown.
	Ties        []PoolTie     `json:"ties"`
	Title       string        `json:"title,omitzero"` // By its own word, as purpose.
	Why         string        `json:"why,omitzero"`   // It is not current: for the pool and the switch's own people.
}

// PoolTie is the document's schema of that name.
type PoolTie struct {
	From    string   `json:"from"`
	Kind    string   `json:"kind"` // From has pledged to To, or paid it on a pledge; or is a member of it.
	Paid    []Amount `json:"paid"`
	Pledged []Amount `json:"pledged"` // In force.
	To      string   `json:"to"`
}

// PoolUse is the document's schema of that name.
type PoolUse struct {
	Currency string `json:"currency"`
	Group    string `json:"group"`
	In       Amount `json:"in"`
	Left     Amount `json:"left"`    // For the provider to cover; below zero the pool owed it.
	Matched  Amount `json:"matched"` // Met within the pool.
	Out      Amount `json:"out"`
	Window   string `json:"window"`
}

// Posting is the document's schema of that name.
type Posting struct {
	Amount   Amount    `json:"amount"`
	At       time.Time `json:"at"`
	Batch    string    `json:"batch"`
	Credit   Account   `json:"credit"`
	Debit    Account   `json:"debit"`
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Transfer string    `json:"transfer"` // The transfer, or its return.
}

// Pulse is the document's schema of that name.
type Pulse struct {
	Accepted int64         `json:"accepted"`
	Accounts []PulseOfOne  `json:"accounts"` // That may owe: what the open window moved on each.
	At       time.Time     `json:"at"`
	Batch    string        `json:"batch"` // The newest. It is the event's id, too.
	Cleared  int64         `json:"cleared"`
	Expired  int64         `json:"expired"`
	Minute   PulseMinute   `json:"minute"`    // The minute up to the newest batch.
	OldestMs int64         `json:"oldest_ms"` // How long the newest batch's oldest message had been with the broker when it was written.
	Paid     int64         `json:"paid"`
	Queued   int64         `json:"queued"` // That wait after the newest batch.
	Returned int64         `json:"returned"`
	Waiting  []QueuedValue `json:"waiting"` // What waits to clear; as of a moment before, and not in the first event after Last-Event-ID.
}

// PulseMinute is the document's schema of that name.
type PulseMinute struct {
	Accepted int64 `json:"accepted"`
	Cleared  int64 `json:"cleared"`
	Paid     int64 `json:"paid"`
}

// PulseOfOne is the document's schema of that name.
type PulseOfOne struct {
	Account Account `json:"account"`
	In      Amount  `json:"in"`
	May     Amount  `json:"may"` // Of prefunding and credit line together.
	Out     Amount  `json:"out"`
	Used    Amount  `json:"used"` // What it stands below zero.
}

// QueuedValue is the document's schema of that name.
type QueuedValue struct {
	Oldest    time.Time `json:"oldest"`
	Transfers int64     `json:"transfers"`
	Value     Amount    `json:"value"`
}

// Quote is the document's schema of that name.
type Quote struct {
	Expires  time.Time `json:"expires"`
	Fee      Amount    `json:"fee"` // On each transfer.
	From     string    `json:"from"`
	ID       string    `json:"id"`
	Mid      string    `json:"mid,omitzero"` // The reference rate that it was made against.
	Provider string    `json:"provider"`
	Rate     string    `json:"rate"` // Major units of to per major unit of from.
	To       string    `json:"to"`
}

// Rail is the document's schema of that name.
type Rail struct {
	Adapter      *AdapterWord `json:"adapter,omitzero"` // None where the switch knows no address of it.
	HeardAt      time.Time    `json:"heard_at,omitzero"`
	Participant  string       `json:"participant"`
	Since        time.Time    `json:"since,omitzero"`         // None where it never said a word: it has always been up.
	State        string       `json:"state"`                  // silent said that it was down, and nothing since.
	Suspended    bool         `json:"suspended"`              // Of its participant: new intents of it and to it are refused.
	Unknown      int64        `json:"unknown"`                // Those of them of which it said that it does not know.
	UnknownSince time.Time    `json:"unknown_since,omitzero"` // When it said so of the first.
	Unread       int64        `json:"unread,omitzero"`        // Messages to the adapter that it has not acknowledged.
	Untaken      int64        `json:"untaken,omitzero"`       // Messages from the adapter that no batch has taken up.
	Waiting      int64        `json:"waiting"`                // Payouts and refunds that it was told and has not ended, as the books have it.
	WaitingSince time.Time    `json:"waiting_since,omitzero"` // When it was told the oldest of them.
}

// Rate is the document's schema of that name.
type Rate struct {
	Currency string `json:"currency"`
	On       string `json:"on"`
	PerBase  string `json:"per_base"` // Major units, exactly: a decimal or a fraction.
	Source   string `json:"source"`
}

// RateSheet is the document's schema of that name.
type RateSheet struct {
	Base    string    `json:"base"`
	From    time.Time `json:"from"`
	Needed  int64     `json:"needed"`
	Rates   []Rate    `json:"rates"`
	Serial  string    `json:"serial"`
	Signers int64     `json:"signers"` // Of the rate committee.
	TakenAt time.Time `json:"taken_at"`
	Until   time.Time `json:"until"`
}

// RecallWantedBody is the document's schema of that name.
type RecallWantedBody struct {
	Reason string `json:"reason"` // ISO 20022 code.
}

// Receipt is the document's schema of that name.
type Receipt struct {
	Checkpoint  string        `json:"checkpoint"`  // Signed by the log: a C2SP checkpoint.
	Intent      string        `json:"intent"`      // The sender's id.
	Open        string        `json:"open"`        // The intent as it was signed, without personal data.
	Participant string        `json:"participant"` // The sender.
	Steps       []ReceiptStep `json:"steps"`       // In the order of the log.
	Transfer    string        `json:"transfer"`
	Version     string        `json:"version"`
}

// ReceiptStep is the document's schema of that name.
type ReceiptStep struct {
	Entry   string   `json:"entry"` // The batch's, to the byte.
	Index   string   `json:"index"` // Of the entry in the log.
	Line    string   `json:"line"`
	LogPath []string `json:"log_path"` // From the entry up to the checkpoint's root: SHA-256 in base64.
	Path    []string `json:"path"`     // From the line up to the root of the entry's steps.
	Place   string   `json:"place"`    // Of the line among the batch's steps.
}

// ReplayBody is the document's schema of that name.
type ReplayBody struct {
	Since time.Time `json:"since"` // Everything since this moment is told again, under the same ids; also what was told to nobody.
}

// Request is the document's schema of that name.
type Request struct {
	Checker     string         `json:"checker,omitzero"`
	Consequence string         `json:"consequence"` // What will happen once it is approved, for people.
	DecidedAt   time.Time      `json:"decided_at,omitzero"`
	DoneAt      time.Time      `json:"done_at,omitzero"`
	Fault       string         `json:"fault,omitzero"`
	ID          string         `json:"id"`
	Kind        string         `json:"kind"`
	MadeAt      time.Time      `json:"made_at"`
	Maker       string         `json:"maker"`
	Participant string         `json:"participant,omitzero"` // That it is about.
	Plan        jsontext.Value `json:"plan"`                 // Exactly what is carried out.
	Reason      string         `json:"reason,omitzero"`      // Why the checker decided so.
	State       string         `json:"state"`                // approved is being carried out; failed was not done, or not all of it: see fault.
}

// RequestWantedBody is the document's schema of that name.
type RequestWantedBody struct {
	Body   jsontext.Value `json:"body"`   // The command's, as the ledger takes it: amounts are in minor units.
	Kind   string         `json:"kind"`   // One of those made of one body: the documentation of ayni request lists them.
	Reason string         `json:"reason"` // Why. It is kept for ever.
}

// RotationBody is the document's schema of that name.
type RotationBody struct {
	AtOnce bool `json:"at_once,omitzero"` // The key before ends now, because somebody may know it. Else it signs too for a day.
}

// SplitView is the document's schema of that name.
type SplitView struct {
	NoticedAt time.Time `json:"noticed_at"`
	Said      string    `json:"said"`
	Size      string    `json:"size"`
	Witness   string    `json:"witness"`
}

// Standing is the document's schema of that name.
type Standing struct {
	Available   Amount    `json:"available"` // How much more it may owe.
	Claims      Amount    `json:"claims"`    // What defaulters owe it; below zero what it owes as one.
	Collateral  Amount    `json:"collateral"`
	CreditLine  Amount    `json:"credit_line"`
	Currency    string    `json:"currency"`
	Fees        Amount    `json:"fees"`        // Earned and not paid out.
	Guaranteed  Amount    `json:"guaranteed"`  // Set aside by others for its credit line.
	Participant string    `json:"participant"` // scheme is the FX pool.
	Pledged     Amount    `json:"pledged"`     // Set aside for others' credit lines.
	Position    Amount    `json:"position"`    // What clearing made it owe (below zero) or earn.
	Prefunding  Amount    `json:"prefunding"`
	Price       string    `json:"price"` // Shadow price of its liquidity in the newest choice; 0 where it does not bind.
	Rail        string    `json:"rail"`
	RailSince   time.Time `json:"rail_since,omitzero"`
	Reserved    Amount    `json:"reserved"` // On its way to or from the settlement agent.
	Suspended   bool      `json:"suspended"`
	UsedPercent string    `json:"used_percent"` // Of prefunding and credit line.
}

// Step is the document's schema of that name.
type Step struct {
	About    string    `json:"about,omitzero"`
	At       time.Time `json:"at"`
	Batch    string    `json:"batch"`
	LogIndex string    `json:"log_index"` // Of the entry that proves it.
	Reason   string    `json:"reason,omitzero"`
	Until    time.Time `json:"until,omitzero"`
	What     string    `json:"what"` // A state; or asked, unheard, recalled, recall_refused, held, released, late, opened, reserving, reserved, gross.
}

// SuspensionWantedBody is the document's schema of that name.
type SuspensionWantedBody struct {
	Reason    string `json:"reason"` // Why. It is kept for ever.
	Suspended bool   `json:"suspended"`
}

// Transfer is the document's schema of that name.
type Transfer struct {
	AcceptedAt  time.Time `json:"accepted_at"`
	Batch       string    `json:"batch"` // That brought it into this state.
	Creditor    string    `json:"creditor"`
	Deadline    time.Time `json:"deadline"`
	Debtor      string    `json:"debtor"`
	Destination Amount    `json:"destination"`
	ID          string    `json:"id"`
	Intent      string    `json:"intent"`          // The debtor's own id.
	Reason      string    `json:"reason,omitzero"` // ISO 20022 status reason code.
	ReceivedAt  time.Time `json:"received_at"`     // When the broker had it.
	Since       time.Time `json:"since"`
	Source      Amount    `json:"source"`
	State       string    `json:"state"`
}

// TransferBack is the document's schema of that name.
type TransferBack struct {
	ID       string    `json:"id"`
	Outcomes []Outcome `json:"outcomes"`
	Timeline []Step    `json:"timeline"`
}

// TransferStory is the document's schema of that name.
type TransferStory struct {
	AcceptedAt  time.Time     `json:"accepted_at"`
	Batch       string        `json:"batch"`           // That brought it into this state.
	Bundle      *BundleOfALeg `json:"bundle,omitzero"` // That it clears with, or not at all.
	Charges     []Charge      `json:"charges"`
	Creditor    string        `json:"creditor"`
	Deadline    time.Time     `json:"deadline"`
	Debtor      string        `json:"debtor"`
	Destination Amount        `json:"destination"`
	Hash        string        `json:"hash"` // SHA-256 of the intent's bytes.
	ID          string        `json:"id"`
	Intent      string        `json:"intent"`   // The debtor's own id.
	Message     string        `json:"message"`  // The place of its message in the debtor's stream, and its own in that message.
	Outcomes    []Outcome     `json:"outcomes"` // What rails said.
	Postings    []Posting     `json:"postings"`
	Quote       string        `json:"quote,omitzero"`  // By which currency was exchanged.
	Reason      string        `json:"reason,omitzero"` // ISO 20022 status reason code.
	ReceivedAt  time.Time     `json:"received_at"`     // When the broker had it.
	Return      *TransferBack `json:"return,omitzero"` // What sends it back.
	Since       time.Time     `json:"since"`
	Source      Amount        `json:"source"`
	State       string        `json:"state"`
	Timeline    []Step        `json:"timeline"`        // States, and what happened beside them, in order.
	Waits       *WhyItWaits   `json:"waits,omitzero"`  // Why it has not cleared.
	Window      string        `json:"window,omitzero"` // That its clearing is in.
}

// Webhook is the document's schema of that name.
type Webhook struct {
	About        string    `json:"about,omitzero"` // For people.
	Events       []string  `json:"events"`         // That are told; all of none.
	FailingSince time.Time `json:"failing_since,omitzero"`
	ID           string    `json:"id"`
	KeyAt        time.Time `json:"key_at"` // When its keys began.
	MadeAt       time.Time `json:"made_at"`
	MadeBy       string    `json:"made_by"`
	OldKeyUntil  time.Time `json:"old_key_until,omitzero"` // Until when the keys before sign too.
	Owner        string    `json:"owner,omitzero"`         // The participant whose events are told; none for the switch's own staff, who is told of everybody's.
	Paused       bool      `json:"paused,omitzero"`        // Nothing is sent, and nothing lost: what happens meanwhile is told afterwards.
	PublicKey    string    `json:"public_key"`             // Verifies signatures v1a. It is no secret; that is for v1.
	Reason       string    `json:"reason,omitzero"`        // Why it is paused.
	State        string    `json:"state"`
	TookAt       time.Time `json:"took_at,omitzero"` // When it last took something.
	URL          string    `json:"url"`              // Where events are posted: https, and an address that the whole world reaches.
	Waiting      int64     `json:"waiting"`          // Deliveries, counted up to 1,000; what is more waits in the ledger.
}

// WebhookAttempt is the document's schema of that name.
type WebhookAttempt struct {
	At     time.Time `json:"at"`
	Number int64     `json:"number"`
	Reason string    `json:"reason,omitzero"`
	Status int64     `json:"status,omitzero"`
	TookMs int64     `json:"took_ms"`
}

// WebhookDelivery is the document's schema of that name.
type WebhookDelivery struct {
	At       time.Time `json:"at"` // When it happened.
	Attempts int64     `json:"attempts"`
	DueAt    time.Time `json:"due_at,omitzero"` // When it is tried next.
	EndedAt  time.Time `json:"ended_at,omitzero"`
	ID       string    `json:"id"`              // The event's, for ever: the header webhook-id.
	Reason   string    `json:"reason,omitzero"` // Why that failed.
	State    string    `json:"state"`           // dropped was refused too often: only you have it sent again.
	Status   int64     `json:"status,omitzero"` // Of HTTP, of the last attempt; none where there was no answer.
	Type     string    `json:"type"`
}

// WebhookDeliveryStory is the document's schema of that name.
type WebhookDeliveryStory struct {
	At       time.Time        `json:"at"` // When it happened.
	Attempts int64            `json:"attempts"`
	DueAt    time.Time        `json:"due_at,omitzero"` // When it is tried next.
	EndedAt  time.Time        `json:"ended_at,omitzero"`
	ID       string           `json:"id"`              // The event's, for ever: the header webhook-id.
	Reason   string           `json:"reason,omitzero"` // Why that failed.
	State    string           `json:"state"`           // dropped was refused too often: only you have it sent again.
	Status   int64            `json:"status,omitzero"` // Of HTTP, of the last attempt; none where there was no answer.
	Tries    []WebhookAttempt `json:"tries"`           // The last 50, newest first.
	Type     string           `json:"type"`
}

// WebhookSecret is the document's schema of that name.
type WebhookSecret struct {
	Secret string    `json:"secret"` // Keep it where nobody reads it.
	Until  time.Time `json:"until"`  // When it is shown no more.
}

// WebhookSettings is the document's schema of that name.
type WebhookSettings struct {
	About  string   `json:"about,omitzero"`  // For people.
	Events []string `json:"events"`          // That are told; all of none.
	Paused bool     `json:"paused,omitzero"` // Nothing is sent, and nothing lost: what happens meanwhile is told afterwards.
	URL    string   `json:"url"`             // Where events are posted: https, and an address that the whole world reaches.
}

// WhyItWaits is the document's schema of that name.
type WhyItWaits struct {
	By    string    `json:"by,omitzero"`
	Cause string    `json:"cause"`
	Lacks []Lack    `json:"lacks"` // Of whose liquidity. A participant sees its own.
	Until time.Time `json:"until,omitzero"`
}

// Window is the document's schema of that name.
type Window struct {
	ClosedAt   time.Time   `json:"closed_at,omitzero"`
	Currencies []WindowSum `json:"currencies"`  // Of closed windows.
	FirstBatch string      `json:"first_batch"` // Of those whose flows it nets.
	Group      string      `json:"group"`       // Of currencies that settle together.
	ID         string      `json:"id"`
	LastBatch  string      `json:"last_batch"` // The newest while it is open.
	OpenedAt   time.Time   `json:"opened_at"`
	Since      time.Time   `json:"since"`
	State      string      `json:"state"`
}

// WindowDefault is the document's schema of that name.
type WindowDefault struct {
	Amount Amount  `json:"amount"`
	Batch  string  `json:"batch"`
	Kind   string  `json:"kind"`
	Owed   Account `json:"owed"`
	Payer  Account `json:"payer"`
}

// WindowFill is the document's schema of that name.
type WindowFill struct {
	Buy      Amount `json:"buy"`
	Provider string `json:"provider"`
	Quote    string `json:"quote"`
	Sell     Amount `json:"sell"`
}

// WindowPosition is the document's schema of that name.
type WindowPosition struct {
	Account Account `json:"account"`
	In      Amount  `json:"in"`
	Net     Amount  `json:"net"` // What it earned, or owes below zero.
	Out     Amount  `json:"out"`
}

// WindowStep is the document's schema of that name.
type WindowStep struct {
	At       time.Time `json:"at"`
	Batch    string    `json:"batch"`
	LogIndex string    `json:"log_index"`
	State    string    `json:"state"`
}

// WindowStory is the document's schema of that name.
type WindowStory struct {
	ClosedAt     time.Time        `json:"closed_at,omitzero"`
	Currencies   []WindowSum      `json:"currencies"`  // Of closed windows.
	Defaults     []WindowDefault  `json:"defaults"`    // The steps of the default procedure.
	FirstBatch   string           `json:"first_batch"` // Of those whose flows it nets.
	Group        string           `json:"group"`       // Of currencies that settle together.
	ID           string           `json:"id"`
	Instructions []Instruction    `json:"instructions"`
	LastBatch    string           `json:"last_batch"` // The newest while it is open.
	OpenedAt     time.Time        `json:"opened_at"`
	Positions    []WindowPosition `json:"positions"` // Of an open window as of now.
	Since        time.Time        `json:"since"`
	State        string           `json:"state"`
	Steps        []WindowStep     `json:"steps"`
	Trades       []WindowTrade    `json:"trades"` // What the FX pool needed from outside.
}

// WindowSum is the document's schema of that name.
type WindowSum struct {
	Gross Amount `json:"gross"` // What all owed, each obligation by itself.
	Net   Amount `json:"net"`   // What those who owed after netting have to bring.
}

// WindowTrade is the document's schema of that name.
type WindowTrade struct {
	Buy   Amount       `json:"buy"`
	Fills []WindowFill `json:"fills"`
	Sell  Amount       `json:"sell"`
}

// Witnessed is the document's schema of that name.
type Witnessed struct {
	At   time.Time `json:"at"`
	Note string    `json:"note"` // The checkpoint with its cosignatures.
	Size string    `json:"size"`
}

// ApproveRequest is POST /v1/requests/{id}/approval: approve what another person asked for. key names the write: said again, it is done once.
func (c *Client) ApproveRequest(ctx context.Context, id string, key string, body DecisionBody) (*Request, error) {
	var answer Request
	err := c.write(ctx, "POST", "/v1/requests/"+url.PathEscape(id)+"/approval", key, "", body, &answer)
	return &answer, err
}

// ChangeLimits is PUT /v1/participants/{name}/limits: ask for other limits. key names the write: said again, it is done once.
func (c *Client) ChangeLimits(ctx context.Context, name string, ifMatch string, key string, body LimitsWantedBody) (*Request, error) {
	var answer Request
	err := c.write(ctx, "PUT", "/v1/participants/"+url.PathEscape(name)+"/limits", key, ifMatch, body, &answer)
	return &answer, err
}

// ChangeSuspension is PUT /v1/participants/{name}/suspension: ask to suspend a participant, or to let it in again. key names the write: said again, it is done once.
func (c *Client) ChangeSuspension(ctx context.Context, name string, ifMatch string, key string, body SuspensionWantedBody) (*Request, error) {
	var answer Request
	err := c.write(ctx, "PUT", "/v1/participants/"+url.PathEscape(name)+"/suspension", key, ifMatch, body, &answer)
	return &answer, err
}

// ChangeWebhook is PUT /v1/webhooks/{id}: change a webhook, pause it or have it go on. key names the write: said again, it is done once.
func (c *Client) ChangeWebhook(ctx context.Context, id string, ifMatch string, key string, body WebhookSettings) (*Webhook, error) {
	var answer Webhook
	err := c.write(ctx, "PUT", "/v1/webhooks/"+url.PathEscape(id), key, ifMatch, body, &answer)
	return &answer, err
}

// GetBatch is GET /v1/batches/{id}: what a batch moved, and what bound it.
func (c *Client) GetBatch(ctx context.Context, id string) (*BatchStory, error) {
	var answer BatchStory
	_, err := c.read(ctx, "/v1/batches/"+url.PathEscape(id), nil, &answer)
	return &answer, err
}

// GetDifference is GET /v1/differences/{id}: look a difference up.
func (c *Client) GetDifference(ctx context.Context, id string) (*Difference, error) {
	var answer Difference
	_, err := c.read(ctx, "/v1/differences/"+url.PathEscape(id), nil, &answer)
	return &answer, err
}

// GetLog is GET /v1/log: how far the settlement log is, and who vouches for it.
func (c *Client) GetLog(ctx context.Context) (*LogStatus, error) {
	var answer LogStatus
	_, err := c.read(ctx, "/v1/log", nil, &answer)
	return &answer, err
}

// GetOrder is GET /v1/orders/{ref}: where an order is.
func (c *Client) GetOrder(ctx context.Context, ref string) (*Order, error) {
	var answer Order
	_, err := c.read(ctx, "/v1/orders/"+url.PathEscape(ref), nil, &answer)
	return &answer, err
}

// GetParticipant is GET /v1/participants/{name}: look a participant up. tag is its ETag, for whoever changes it.
func (c *Client) GetParticipant(ctx context.Context, name string) (value *Participant, tag string, err error) {
	var answer Participant
	tag, err = c.read(ctx, "/v1/participants/"+url.PathEscape(name), nil, &answer)
	return &answer, tag, err
}

// GetParticipantLimits is GET /v1/participants/{name}/limits: what a participant pays out. tag is its ETag, for whoever changes it.
func (c *Client) GetParticipantLimits(ctx context.Context, name string) (value *Limits, tag string, err error) {
	var answer Limits
	tag, err = c.read(ctx, "/v1/participants/"+url.PathEscape(name)+"/limits", nil, &answer)
	return &answer, tag, err
}

// GetPool is GET /v1/pools/{pool}: look a pool up.
func (c *Client) GetPool(ctx context.Context, pool string) (*PoolStory, error) {
	var answer PoolStory
	_, err := c.read(ctx, "/v1/pools/"+url.PathEscape(pool), nil, &answer)
	return &answer, err
}

// GetRates is GET /v1/rates: the scheme's reference rates. tag is its ETag, for whoever changes it.
func (c *Client) GetRates(ctx context.Context) (value *RateSheet, tag string, err error) {
	var answer RateSheet
	tag, err = c.read(ctx, "/v1/rates", nil, &answer)
	return &answer, tag, err
}

// GetReceipt is GET /v1/transfers/{id}/receipt: the receipt of a transfer.
func (c *Client) GetReceipt(ctx context.Context, id string) (*Receipt, error) {
	var answer Receipt
	_, err := c.read(ctx, "/v1/transfers/"+url.PathEscape(id)+"/receipt", nil, &answer)
	return &answer, err
}

// GetRequest is GET /v1/requests/{id}: look a request up.
func (c *Client) GetRequest(ctx context.Context, id string) (*Request, error) {
	var answer Request
	_, err := c.read(ctx, "/v1/requests/"+url.PathEscape(id), nil, &answer)
	return &answer, err
}

// GetTransfer is GET /v1/transfers/{id}: the story of a transfer.
func (c *Client) GetTransfer(ctx context.Context, id string) (*TransferStory, error) {
	var answer TransferStory
	_, err := c.read(ctx, "/v1/transfers/"+url.PathEscape(id), nil, &answer)
	return &answer, err
}

// GetWebhook is GET /v1/webhooks/{id}: how a webhook does. tag is its ETag, for whoever changes it.
func (c *Client) GetWebhook(ctx context.Context, id string) (value *Webhook, tag string, err error) {
	var answer Webhook
	tag, err = c.read(ctx, "/v1/webhooks/"+url.PathEscape(id), nil, &answer)
	return &answer, tag, err
}

// GetWebhookDelivery is GET /v1/webhooks/{id}/deliveries/{event}: how a delivery went.
func (c *Client) GetWebhookDelivery(ctx context.Context, id string, event string) (*WebhookDeliveryStory, error) {
	var answer WebhookDeliveryStory
	_, err := c.read(ctx, "/v1/webhooks/"+url.PathEscape(id)+"/deliveries/"+url.PathEscape(event), nil, &answer)
	return &answer, err
}

// GetWebhookSecret is GET /v1/webhooks/{id}/secret: the secret of a webhook.
func (c *Client) GetWebhookSecret(ctx context.Context, id string) (*WebhookSecret, error) {
	var answer WebhookSecret
	_, err := c.read(ctx, "/v1/webhooks/"+url.PathEscape(id)+"/secret", nil, &answer)
	return &answer, err
}

// GetWindow is GET /v1/windows/{id}: what settling a window takes and took.
func (c *Client) GetWindow(ctx context.Context, id string) (*WindowStory, error) {
	var answer WindowStory
	_, err := c.read(ctx, "/v1/windows/"+url.PathEscape(id), nil, &answer)
	return &answer, err
}

// ListAccountsQuery is what ListAccounts asks for. What is zero is not asked for.
type ListAccountsQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
}

func (q ListAccountsQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	return v
}

// ListAccounts is GET /v1/participants/{name}/accounts: list what a participant has and owes.
func (c *Client) ListAccounts(ctx context.Context, name string, query ListAccountsQuery) (*PageStanding, error) {
	var answer PageStanding
	_, err := c.read(ctx, "/v1/participants/"+url.PathEscape(name)+"/accounts", query.values(), &answer)
	return &answer, err
}

// ListBatchesQuery is what ListBatches asks for. What is zero is not asked for.
type ListBatchesQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
}

func (q ListBatchesQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	return v
}

// ListBatches is GET /v1/batches: list clearing batches.
func (c *Client) ListBatches(ctx context.Context, query ListBatchesQuery) (*PageBatch, error) {
	var answer PageBatch
	_, err := c.read(ctx, "/v1/batches", query.values(), &answer)
	return &answer, err
}

// ListDifferencesQuery is what ListDifferences asks for. What is zero is not asked for.
type ListDifferencesQuery struct {
	Cursor      string // The last page's next. The same filters go with it.
	Limit       int64  // Items on a page.
	Participant string
	Open        bool // Only those without a resolution.
}

func (q ListDifferencesQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	if q.Participant != "" {
		v.Set("participant", q.Participant)
	}
	if q.Open {
		v.Set("open", "true")
	}
	return v
}

// ListDifferences is GET /v1/differences: list what rails' statements and the ledger say differently.
func (c *Client) ListDifferences(ctx context.Context, query ListDifferencesQuery) (*PageDifference, error) {
	var answer PageDifference
	_, err := c.read(ctx, "/v1/differences", query.values(), &answer)
	return &answer, err
}

// ListEmergenciesQuery is what ListEmergencies asks for. What is zero is not asked for.
type ListEmergenciesQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
	Open   bool   // Only those to which money may still be sent.
}

func (q ListEmergenciesQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	if q.Open {
		v.Set("open", "true")
	}
	return v
}

// ListEmergencies is GET /v1/emergencies: list emergencies that pools declared.
func (c *Client) ListEmergencies(ctx context.Context, query ListEmergenciesQuery) (*PageEmergency, error) {
	var answer PageEmergency
	_, err := c.read(ctx, "/v1/emergencies", query.values(), &answer)
	return &answer, err
}

// ListExceptionsQuery is what ListExceptions asks for. What is zero is not asked for.
type ListExceptionsQuery struct {
	Cursor      string // The last page's next. The same filters go with it.
	Limit       int64  // Items on a page.
	Participant string
	Open        bool // Only those that did not go on since.
}

func (q ListExceptionsQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	if q.Participant != "" {
		v.Set("participant", q.Participant)
	}
	if q.Open {
		v.Set("open", "true")
	}
	return v
}

// ListExceptions is GET /v1/exceptions: list cases for a person.
func (c *Client) ListExceptions(ctx context.Context, query ListExceptionsQuery) (*PageException, error) {
	var answer PageException
	_, err := c.read(ctx, "/v1/exceptions", query.values(), &answer)
	return &answer, err
}

// ListExposuresQuery is what ListExposures asks for. What is zero is not asked for.
type ListExposuresQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
}

func (q ListExposuresQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	return v
}

// ListExposures is GET /v1/fx/exposures: what the FX pool holds in each currency now.
func (c *Client) ListExposures(ctx context.Context, query ListExposuresQuery) (*PageExposure, error) {
	var answer PageExposure
	_, err := c.read(ctx, "/v1/fx/exposures", query.values(), &answer)
	return &answer, err
}

// ListHoldsQuery is what ListHolds asks for. What is zero is not asked for.
type ListHoldsQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
}

func (q ListHoldsQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	return v
}

// ListHolds is GET /v1/holds: list transfers that were held.
func (c *Client) ListHolds(ctx context.Context, query ListHoldsQuery) (*PageHold, error) {
	var answer PageHold
	_, err := c.read(ctx, "/v1/holds", query.values(), &answer)
	return &answer, err
}

// ListInstructionsQuery is what ListInstructions asks for. What is zero is not asked for.
type ListInstructionsQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
}

func (q ListInstructionsQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	return v
}

// ListInstructions is GET /v1/settlements: list what the settlement agent has still to do.
func (c *Client) ListInstructions(ctx context.Context, query ListInstructionsQuery) (*PageInstruction, error) {
	var answer PageInstruction
	_, err := c.read(ctx, "/v1/settlements", query.values(), &answer)
	return &answer, err
}

// ListOperationsQuery is what ListOperations asks for. What is zero is not asked for.
type ListOperationsQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
	State  string
}

func (q ListOperationsQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	if q.State != "" {
		v.Set("state", q.State)
	}
	return v
}

// ListOperations is GET /v1/rails/{name}/operations: what a rail has not ended.
func (c *Client) ListOperations(ctx context.Context, name string, query ListOperationsQuery) (*PageOperation, error) {
	var answer PageOperation
	_, err := c.read(ctx, "/v1/rails/"+url.PathEscape(name)+"/operations", query.values(), &answer)
	return &answer, err
}

// ListParticipantsQuery is what ListParticipants asks for. What is zero is not asked for.
type ListParticipantsQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
}

func (q ListParticipantsQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	return v
}

// ListParticipants is GET /v1/participants: list participants.
func (c *Client) ListParticipants(ctx context.Context, query ListParticipantsQuery) (*PageParticipant, error) {
	var answer PageParticipant
	_, err := c.read(ctx, "/v1/participants", query.values(), &answer)
	return &answer, err
}

// ListPoolUsesQuery is what ListPoolUses asks for. What is zero is not asked for.
type ListPoolUsesQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
}

func (q ListPoolUsesQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	return v
}

// ListPoolUses is GET /v1/fx/windows: what met within the FX pool, and what was left to providers.
func (c *Client) ListPoolUses(ctx context.Context, query ListPoolUsesQuery) (*PagePoolUse, error) {
	var answer PagePoolUse
	_, err := c.read(ctx, "/v1/fx/windows", query.values(), &answer)
	return &answer, err
}

// ListPoolsQuery is what ListPools asks for. What is zero is not asked for.
type ListPoolsQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
	Shows  string // Only those that show this section: needs, pledges, balance, …
}

func (q ListPoolsQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	if q.Shows != "" {
		v.Set("shows", q.Shows)
	}
	return v
}

// ListPools is GET /v1/pools: list pools.
func (c *Client) ListPools(ctx context.Context, query ListPoolsQuery) (*PagePool, error) {
	var answer PagePool
	_, err := c.read(ctx, "/v1/pools", query.values(), &answer)
	return &answer, err
}

// ListPostingsQuery is what ListPostings asks for. What is zero is not asked for.
type ListPostingsQuery struct {
	Cursor     string // The last page's next. The same filters go with it.
	Limit      int64  // Items on a page.
	FirstBatch int64
	LastBatch  int64 // The newest, where it is not named.
}

func (q ListPostingsQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	if q.FirstBatch != 0 {
		v.Set("first_batch", strconv.FormatInt(q.FirstBatch, 10))
	}
	if q.LastBatch != 0 {
		v.Set("last_batch", strconv.FormatInt(q.LastBatch, 10))
	}
	return v
}

// ListPostings is GET /v1/participants/{name}/accounts/{currency}/postings: list a participant's postings in a currency, with the running balance.
func (c *Client) ListPostings(ctx context.Context, name string, currency string, query ListPostingsQuery) (*PageLine, error) {
	var answer PageLine
	_, err := c.read(ctx, "/v1/participants/"+url.PathEscape(name)+"/accounts/"+url.PathEscape(currency)+"/postings", query.values(), &answer)
	return &answer, err
}

// ListQuotesQuery is what ListQuotes asks for. What is zero is not asked for.
type ListQuotesQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
}

func (q ListQuotesQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	return v
}

// ListQuotes is GET /v1/quotes: list providers' quotes that have not expired.
func (c *Client) ListQuotes(ctx context.Context, query ListQuotesQuery) (*PageQuote, error) {
	var answer PageQuote
	_, err := c.read(ctx, "/v1/quotes", query.values(), &answer)
	return &answer, err
}

// ListRailsQuery is what ListRails asks for. What is zero is not asked for.
type ListRailsQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
}

func (q ListRailsQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	return v
}

// ListRails is GET /v1/rails: how rails are.
func (c *Client) ListRails(ctx context.Context, query ListRailsQuery) (*PageRail, error) {
	var answer PageRail
	_, err := c.read(ctx, "/v1/rails", query.values(), &answer)
	return &answer, err
}

// ListRequestsQuery is what ListRequests asks for. What is zero is not asked for.
type ListRequestsQuery struct {
	Cursor      string // The last page's next. The same filters go with it.
	Limit       int64  // Items on a page.
	State       string
	Participant string // That they are about.
	Kind        string
}

func (q ListRequestsQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	if q.State != "" {
		v.Set("state", q.State)
	}
	if q.Participant != "" {
		v.Set("participant", q.Participant)
	}
	if q.Kind != "" {
		v.Set("kind", q.Kind)
	}
	return v
}

// ListRequests is GET /v1/requests: list what was asked for.
func (c *Client) ListRequests(ctx context.Context, query ListRequestsQuery) (*PageRequest, error) {
	var answer PageRequest
	_, err := c.read(ctx, "/v1/requests", query.values(), &answer)
	return &answer, err
}

// ListStandingsQuery is what ListStandings asks for. What is zero is not asked for.
type ListStandingsQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
}

func (q ListStandingsQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	return v
}

// ListStandings is GET /v1/standings: list what everybody has and owes.
func (c *Client) ListStandings(ctx context.Context, query ListStandingsQuery) (*PageStanding, error) {
	var answer PageStanding
	_, err := c.read(ctx, "/v1/standings", query.values(), &answer)
	return &answer, err
}

// ListTransfersQuery is what ListTransfers asks for. What is zero is not asked for.
type ListTransfersQuery struct {
	Cursor   string // The last page's next. The same filters go with it.
	Limit    int64  // Items on a page.
	Q        string // An id of any kind, whole: the transfer's, its return's, the intent's, a bundle's digest, a rail's receipt.
	Debtor   string
	Creditor string
	State    string
	Waiting  bool      // Only those that have not ended.
	Currency string    // Of what was sent or what is received.
	Min      string    // Of the amount in that currency, included.
	Max      string    // Of the amount in that currency, included.
	From     time.Time // Accepted from then on.
	Until    time.Time // Accepted before.
	Batch    int64     // That accepted them, moved money for them, or saw them expire.
}

func (q ListTransfersQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	if q.Q != "" {
		v.Set("q", q.Q)
	}
	if q.Debtor != "" {
		v.Set("debtor", q.Debtor)
	}
	if q.Creditor != "" {
		v.Set("creditor", q.Creditor)
	}
	if q.State != "" {
		v.Set("state", q.State)
	}
	if q.Waiting {
		v.Set("waiting", "true")
	}
	if q.Currency != "" {
		v.Set("currency", q.Currency)
	}
	if q.Min != "" {
		v.Set("min", q.Min)
	}
	if q.Max != "" {
		v.Set("max", q.Max)
	}
	if !q.From.IsZero() {
		v.Set("from", q.From.UTC().Format(time.RFC3339Nano))
	}
	if !q.Until.IsZero() {
		v.Set("until", q.Until.UTC().Format(time.RFC3339Nano))
	}
	if q.Batch != 0 {
		v.Set("batch", strconv.FormatInt(q.Batch, 10))
	}
	return v
}

// ListTransfers is GET /v1/transfers: find transfers.
func (c *Client) ListTransfers(ctx context.Context, query ListTransfersQuery) (*PageTransfer, error) {
	var answer PageTransfer
	_, err := c.read(ctx, "/v1/transfers", query.values(), &answer)
	return &answer, err
}

// ListWebhookDeliveriesQuery is what ListWebhookDeliveries asks for. What is zero is not asked for.
type ListWebhookDeliveriesQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
	State  string
}

func (q ListWebhookDeliveriesQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	if q.State != "" {
		v.Set("state", q.State)
	}
	return v
}

// ListWebhookDeliveries is GET /v1/webhooks/{id}/deliveries: what is sent to a webhook, and was.
func (c *Client) ListWebhookDeliveries(ctx context.Context, id string, query ListWebhookDeliveriesQuery) (*PageWebhookDelivery, error) {
	var answer PageWebhookDelivery
	_, err := c.read(ctx, "/v1/webhooks/"+url.PathEscape(id)+"/deliveries", query.values(), &answer)
	return &answer, err
}

// ListWebhooksQuery is what ListWebhooks asks for. What is zero is not asked for.
type ListWebhooksQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
}

func (q ListWebhooksQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	return v
}

// ListWebhooks is GET /v1/webhooks: list webhooks.
func (c *Client) ListWebhooks(ctx context.Context, query ListWebhooksQuery) (*PageWebhook, error) {
	var answer PageWebhook
	_, err := c.read(ctx, "/v1/webhooks", query.values(), &answer)
	return &answer, err
}

// ListWindowsQuery is what ListWindows asks for. What is zero is not asked for.
type ListWindowsQuery struct {
	Cursor string // The last page's next. The same filters go with it.
	Limit  int64  // Items on a page.
}

func (q ListWindowsQuery) values() url.Values {
	v := url.Values{}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.FormatInt(q.Limit, 10))
	}
	return v
}

// ListWindows is GET /v1/windows: list settlement windows.
func (c *Client) ListWindows(ctx context.Context, query ListWindowsQuery) (*PageWindow, error) {
	var answer PageWindow
	_, err := c.read(ctx, "/v1/windows", query.values(), &answer)
	return &answer, err
}

// MakeRequest is POST /v1/requests: ask for something. key names the write: said again, it is done once.
func (c *Client) MakeRequest(ctx context.Context, key string, body RequestWantedBody) (*Request, error) {
	var answer Request
	err := c.write(ctx, "POST", "/v1/requests", key, "", body, &answer)
	return &answer, err
}

// MakeWebhook is POST /v1/webhooks: have events told. key names the write: said again, it is done once.
func (c *Client) MakeWebhook(ctx context.Context, key string, body WebhookSettings) (*Webhook, error) {
	var answer Webhook
	err := c.write(ctx, "POST", "/v1/webhooks", key, "", body, &answer)
	return &answer, err
}

// PingWebhook is POST /v1/webhooks/{id}/ping: try a webhook. key names the write: said again, it is done once.
func (c *Client) PingWebhook(ctx context.Context, id string, key string) (*WebhookDelivery, error) {
	var answer WebhookDelivery
	err := c.write(ctx, "POST", "/v1/webhooks/"+url.PathEscape(id)+"/ping", key, "", nil, &answer)
	return &answer, err
}

// PlaceOrder is POST /v1/orders: price a transfer, and have it made once it is paid. key names the write: said again, it is done once.
func (c *Client) PlaceOrder(ctx context.Context, key string, body OrderWanted) (*Order, error) {
	var answer Order
	err := c.write(ctx, "POST", "/v1/orders", key, "", body, &answer)
	return &answer, err
}

// RecallOrder is POST /v1/orders/{ref}/recall: ask for an order's money back while it is under way. key names the write: said again, it is done once.
func (c *Client) RecallOrder(ctx context.Context, ref string, key string, body RecallWantedBody) (*Order, error) {
	var answer Order
	err := c.write(ctx, "POST", "/v1/orders/"+url.PathEscape(ref)+"/recall", key, "", body, &answer)
	return &answer, err
}

// RefuseRequest is POST /v1/requests/{id}/refusal: refuse what somebody asked for. key names the write: said again, it is done once.
func (c *Client) RefuseRequest(ctx context.Context, id string, key string, body DecisionBody) (*Request, error) {
	var answer Request
	err := c.write(ctx, "POST", "/v1/requests/"+url.PathEscape(id)+"/refusal", key, "", body, &answer)
	return &answer, err
}

// RemoveWebhook is DELETE /v1/webhooks/{id}: end a webhook. key names the write: said again, it is done once.
func (c *Client) RemoveWebhook(ctx context.Context, id string, key string) (*Webhook, error) {
	var answer Webhook
	err := c.write(ctx, "DELETE", "/v1/webhooks/"+url.PathEscape(id), key, "", nil, &answer)
	return &answer, err
}

// ReplayWebhook is POST /v1/webhooks/{id}/replay: have everything since a moment sent again. key names the write: said again, it is done once.
func (c *Client) ReplayWebhook(ctx context.Context, id string, key string, body ReplayBody) (*Webhook, error) {
	var answer Webhook
	err := c.write(ctx, "POST", "/v1/webhooks/"+url.PathEscape(id)+"/replay", key, "", body, &answer)
	return &answer, err
}

// ReplayWebhookDelivery is POST /v1/webhooks/{id}/deliveries/{event}/replay: have one event sent again. key names the write: said again, it is done once.
func (c *Client) ReplayWebhookDelivery(ctx context.Context, id string, event string, key string) (*WebhookDelivery, error) {
	var answer WebhookDelivery
	err := c.write(ctx, "POST", "/v1/webhooks/"+url.PathEscape(id)+"/deliveries/"+url.PathEscape(event)+"/replay", key, "", nil, &answer)
	return &answer, err
}

// RotateWebhookSecret is POST /v1/webhooks/{id}/secret: have other keys. key names the write: said again, it is done once.
func (c *Client) RotateWebhookSecret(ctx context.Context, id string, key string, body RotationBody) (*Webhook, error) {
	var answer Webhook
	err := c.write(ctx, "POST", "/v1/webhooks/"+url.PathEscape(id)+"/secret", key, "", body, &answer)
	return &answer, err
}
