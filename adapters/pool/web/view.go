package web

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Names of kinds, states, roles and measures are tokens: a page says them in the reader's language where its table
// has a message for them ("state.open"), and as they are where not. Titles and texts are members' own words.

// Person is a member as a page names it.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"` // "" where it is closed to this reader, or erased
}

// Overview is what a member sees first.
type Overview struct {
	You     Member    `json:"you"`
	Funds   []Balance `json:"funds"`
	Due     []Due     `json:"due"`           // the member's own, the earliest first
	Turn    *Seat     `json:"turn,omitzero"` // the member's next
	Credit  []Credit  `json:"credit"`
	ToSign  int       `json:"to_sign"` // proposals that wait for this member
	Notices []Notice  `json:"notices"`
}

// Notice is something that the member should know.
type Notice struct {
	Kind string    `json:"kind"` // "late", "reminder", "covered", "sanction", "match", …
	At   time.Time `json:"at,omitzero"`
	Text string    `json:"text"` // more, in members' own words; may be ""
	Link string    `json:"link"` // path of the page that shows it; may be ""
}

// Balance is what stands on an account.
type Balance struct {
	Name    string   `json:"name"` // of a fund, or the account's path
	Purpose string   `json:"purpose"`
	Amount  fx.Money `json:"amount"`
	Reserve bool     `json:"reserve"`
}

// Credit is a member's account in a unit that members issue mutually: below zero it owes the others.
type Credit struct {
	Amount  fx.Money  `json:"amount"`
	MayOwe  fx.Money  `json:"may_owe"`
	MayHold *fx.Money `json:"may_hold,omitzero"` // nil for any amount
}

// Due is what a member has to pay.
type Due struct {
	Name   string    `json:"name"`
	Amount fx.Money  `json:"amount"`
	By     time.Time `json:"by,omitzero"`
	Late   bool      `json:"late"`
}

// Contributions are what a member owes and has paid, and how to pay.
type Contributions struct {
	Due    []Due          `json:"due"`
	Paid   []Contribution `json:"paid"`   // the newest first
	Totals []fx.Money     `json:"totals"` // by unit, of everything paid
	PayIn  []PayIn        `json:"pay_in"`
}

// Contribution is one payment of a member to the pool.
type Contribution struct {
	At        time.Time `json:"at,omitzero"`
	Name      string    `json:"name"` // of the due
	Amount    fx.Money  `json:"amount"`
	Rail      string    `json:"rail"`
	Reference string    `json:"reference"`
	State     string    `json:"state"` // paid, pending, covered, returned
}

// PayIn is a way to pay the pool.
type PayIn struct {
	Rail      string `json:"rail"`
	Account   string `json:"account"`   // paybill, VPA or number
	Reference string `json:"reference"` // that matches the payment with this member
}

// Book is a page of the pool's book.
type Book struct {
	Funds     []Balance  `json:"funds"`
	Movements []Movement `json:"movements"` // the newest first
	Older     string     `json:"older"`     // "" on the last page
	Proof     Proof      `json:"proof"`
}

// Movement is one posting.
type Movement struct {
	Index  int64     `json:"index"` // of the log's entry that made it
	At     time.Time `json:"at,omitzero"`
	From   string    `json:"from"`
	To     string    `json:"to"`
	Amount fx.Money  `json:"amount"`
	What   string    `json:"what"`
}

// Proof is the log's checkpoint that a view stands under.
type Proof struct {
	Size       int64  `json:"size"`
	Checkpoint string `json:"checkpoint"` // the signed note
}

// Members are the pool's members.
type Members struct {
	Members []Member `json:"members"`
}

// Member is a person or a pool that belongs to this one.
type Member struct {
	Person
	Pool     bool      `json:"pool"`
	Roles    []Role    `json:"roles"`
	Since    time.Time `json:"since,omitzero"`
	Standing string    `json:"standing"` // good, late, reduced_limits, suspended, left, …
}

// Role is an office that a member holds.
type Role struct {
	Name  string    `json:"name"`
	Until time.Time `json:"until,omitzero"` // zero for as long as the membership lasts
}

// Report is the pool's report on itself by Ostrom's eight principles.
type Report struct {
	Principles []Principle `json:"principles"`
	Proof      Proof       `json:"proof"`
}

// Principle is one of the eight, in Ostrom's order. What is said of it comes in English.
type Principle struct {
	Number int      `json:"number"` // from 1 to 8
	Rules  []string `json:"rules"`  // that answer it
	Data   []string `json:"data"`   // that show it
	Gaps   []string `json:"gaps"`   // that remain; none where nothing is missing
}

// Public is what the pool shows to everybody. Sections that are not shown are left out of Shown.
type Public struct {
	Pool      string     `json:"pool"` // participant name
	Title     string     `json:"title"`
	Purpose   string     `json:"purpose"`
	Shown     []string   `json:"shown"` // sections, by name: "balance", "payouts", …
	Hidden    []string   `json:"hidden"`
	Funds     []Balance  `json:"funds"`
	Payouts   []Movement `json:"payouts"`
	Income    []Movement `json:"income"` // contributions
	Postings  []Posting  `json:"postings"`
	Members   []Member   `json:"members"`
	Decisions []Proposal `json:"decisions"`
	Pledges   []Pledge   `json:"pledges"`
	Groups    []Group    `json:"groups"`
	Credit    []Balance  `json:"credit"`    // what is owed in all, by unit
	Sanctions []Fact     `json:"sanctions"` // measure, and how many are in force
	Report    bool       `json:"report"`    // the public may read the report
	Proof     Proof      `json:"proof"`
}

// Pledge is what the pool promised to pay on an emergency's declaration.
type Pledge struct {
	To     string    `json:"to"`
	Cap    fx.Money  `json:"cap"`
	On     string    `json:"on"` // condition, in the pool's own words
	Until  time.Time `json:"until,omitzero"`
	Called bool      `json:"called"`
}
