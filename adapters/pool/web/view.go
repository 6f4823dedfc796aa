package web

import (
	"time"

	"github.com/ayni-switch/ayni/fx"
)

// Names of kinds, states, roles and measures are tokens: a page says them in the reader's language where its table
// has a message for them ("state.open"), and as they are where not. Titles and texts are members' own words.

// Person is a member as a page names it.
type Person struct {
	ID   string
	Name string // "" where it is closed to this reader, or erased
}

// Overview is what a member sees first.
type Overview struct {
	You     Member
	Funds   []Balance
	Due     []Due // the member's own, the earliest first
	Turn    *Seat // the member's next
	Credit  []Credit
	ToSign  int // proposals that wait for this member
	Notices []Notice
}

// Notice is something that the member should know.
type Notice struct {
	Kind string // "late", "reminder", "covered", "sanction", "match", …
	At   time.Time
	Text string // more, in members' own words; may be ""
	Link string // path of the page that shows it; may be ""
}

// Balance is what stands on an account.
type Balance struct {
	Name    string // of a fund, or the account's path
	Purpose string
	Amount  fx.Money
	Reserve bool
}

// Credit is a member's account in a unit that members issue mutually: below zero it owes the others.
type Credit struct {
	Amount  fx.Money
	MayOwe  fx.Money
	MayHold *fx.Money // nil for any amount
}

// Due is what a member has to pay.
type Due struct {
	Name   string
	Amount fx.Money
	By     time.Time
	Late   bool
}

// Contributions are what a member owes and has paid, and how to pay.
type Contributions struct {
	Due    []Due
	Paid   []Contribution // the newest first
	Totals []fx.Money     // by unit, of everything paid
	PayIn  []PayIn
}

// Contribution is one payment of a member to the pool.
type Contribution struct {
	At        time.Time
	Name      string // of the due
	Amount    fx.Money
	Rail      string
	Reference string
	State     string // paid, pending, covered, returned
}

// PayIn is a way to pay the pool.
type PayIn struct {
	Rail      string
	Account   string // paybill, VPA or number
	Reference string // that matches the payment with this member
}

// Book is a page of the pool's book.
type Book struct {
	Funds     []Balance
	Movements []Movement // the newest first
	Older     string     // "" on the last page
	Proof     Proof
}

// Movement is one posting.
type Movement struct {
	Index  int64 // of the log's entry that made it
	At     time.Time
	From   string
	To     string
	Amount fx.Money
	What   string
}

// Proof is the log's checkpoint that a view stands under.
type Proof struct {
	Size       int64
	Checkpoint string // the signed note
}

// Members are the pool's members.
type Members struct {
	Members []Member
}

// Member is a person or a pool that belongs to this one.
type Member struct {
	Person
	Pool     bool
	Roles    []Role
	Since    time.Time
	Standing string // good, late, reduced_limits, suspended, left, …
}

// Role is an office that a member holds.
type Role struct {
	Name  string
	Until time.Time // zero for as long as the membership lasts
}

// Report is the pool's report on itself by Ostrom's eight principles.
type Report struct {
	Principles []Principle
	Proof      Proof
}

// Principle is one of the eight, in Ostrom's order. What is said of it comes in English.
type Principle struct {
	Number int      // from 1 to 8
	Rules  []string // that answer it
	Data   []string // that show it
	Gaps   []string // that remain; none where nothing is missing
}

// Public is what the pool shows to everybody. Sections that are not shown are left out of Shown.
type Public struct {
	Pool      string // participant name
	Title     string
	Purpose   string
	Shown     []string // sections, by name: "balance", "payouts", …
	Hidden    []string
	Funds     []Balance
	Payouts   []Movement
	Income    []Movement // contributions
	Postings  []Posting
	Members   []Member
	Decisions []Proposal
	Pledges   []Pledge
	Groups    []Group
	Credit    []Balance // what is owed in all, by unit
	Sanctions []Fact    // measure, and how many are in force
	Report    bool      // the public may read the report
	Proof     Proof
}

// Pledge is what the pool promised to pay on an emergency's declaration.
type Pledge struct {
	To     string
	Cap    fx.Money
	On     string // condition, in the pool's own words
	Until  time.Time
	Called bool
}
