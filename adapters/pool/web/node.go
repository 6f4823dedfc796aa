package web

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
)

// SignedPrefix stands before an act's bytes in what a member signs.
const SignedPrefix = "ayni.pool.act.v1\n"

// Node is a pool as its pages know it. Its methods are called from many goroutines; the views that they return
// belong to the caller. Members are named by member id.
type Node interface {
	Reader
	Keys
	Desk
}

// Reader gives what a member may see, or the public. An error that is ErrNotShown or ErrUnknown is said to the
// reader; any other is the node's failure.
type Reader interface {
	Overview(ctx context.Context, member string) (Overview, error)
	Contributions(ctx context.Context, member string) (Contributions, error)
	Turns(ctx context.Context, member string) (Turns, error)
	Proposals(ctx context.Context, member string) (Proposals, error)
	Proposal(ctx context.Context, member, id string) (Proposal, error)
	Board(ctx context.Context, member string) (Board, error)
	// Book gives a page of the book, the newest movement first: before is "" or the Older of the page before.
	Book(ctx context.Context, member, before string) (Book, error)
	Members(ctx context.Context, member string) (Members, error)
	// Report gives the pool's report on itself to a member, or to the public where member is "".
	Report(ctx context.Context, member string) (Report, error)
	Public(ctx context.Context) (Public, error)
}

// Keys tells whose a key is now: ErrUnknown where it is no member's, a removed one's, or an old one.
type Keys interface {
	MemberOf(ctx context.Context, key ed25519.PublicKey) (member string, err error)
}

// Desk writes acts for members to sign, and takes them signed.
type Desk interface {
	// Draft writes the act that a form asks for. What is wrong with the form is a *FormError.
	Draft(ctx context.Context, form Form) (Draft, error)
	// Choices are what the fields of a form may hold that have few values, by name, with what is filled in already.
	Choices(ctx context.Context, form Form) (map[string][]Choice, error)
	// Act hands in a signed act. A refusal is an answer; an error means that the act may be handed in again.
	Act(ctx context.Context, signed Signed) (Answer, error)
}

// Errors that pages tell their reader.
var (
	ErrNotShown = errors.New("pool: not shown to this reader") // by the charter's visibility
	ErrUnknown  = errors.New("pool: there is no such thing")
)

// Task is what a form asks for.
type Task string

// The tasks, each with the fields that its form has.
const (
	TaskVote     Task = "vote"     // proposal, choice: for, against, abstain, object
	TaskPost     Task = "post"     // kind: need or offer; category, quantity, urgency, place, until (YYYY-MM-DD), text
	TaskWithdraw Task = "withdraw" // posting
	TaskMatch    Task = "match"    // match, choice: accept or decline
	TaskJoin     Task = "join"     // code, name, contact, key (base64url)

	// of templates/ask.html
	TaskPayout     Task = "payout"     // fund, purpose, payee, receiver, to, account, amount, unit, fixed, max_cost, reference, days, reason
	TaskInvite     Task = "invite"     // none: the draft's one document is the code that the act names
	TaskVouch      Task = "vouch"      // member
	TaskDelegate   Task = "delegate"   // decision, member, until
	TaskUndelegate Task = "undelegate" // decision
	TaskPay        Task = "pay"        // member, amount, unit, words
	TaskPayMe      Task = "pay_me"     // to, receiver, account; none of them to have it kept
	TaskFeedback   Task = "feedback"   // match, done: yes or no, stars
	TaskAskSwap    Task = "ask_swap"   // swap: group/seat/other seat
	TaskAgreeSwap  Task = "agree_swap" // swap
	TaskStatement  Task = "statement"  // proposal, words
	TaskAppeal     Task = "appeal"     // sanction, words
)

// Form is what somebody filled in. Fields are trimmed, valid UTF-8, of bounded length, and only those of the task.
type Form struct {
	Task   Task
	Member string // who is signed in; "" where the task is to join
	Fields map[string]string
}

// Choice is a value of a form's field.
type Choice struct {
	Value string
	Group string // of the word that says it ("kind"); "" where Text does
	Text  string
}

// FormError says which field of a form is wrong; Fault is a message's key ("fault.<name>").
type FormError struct {
	Field string // "" where it is the whole
	Fault string
}

func (e *FormError) Error() string { return fmt.Sprintf("pool: form: %s: %s", e.Field, e.Fault) }

// Draft is an act to sign, as act.New writes it, with everything that its body names by hash. A device signs only if
// every hash in the body is of one of these, and if each of these is named by the body or by another of them.
type Draft struct {
	Act       []byte
	Documents [][]byte // canonical JSON that SHA-256 names (hex), such as the proposal that a ballot is about
	Closed    [][]byte // blobs as act.Close writes them, which act.Commit names, such as a person's details
}

// Signed is a draft with its signature over SignedPrefix and the act.
type Signed struct {
	Draft
	Key       ed25519.PublicKey // that signed; nil where the form named none: then it is the member's current one
	Signature []byte            // 64 bytes; not yet verified
}

// Answer is what became of an act.
type Answer struct {
	Accepted bool
	Index    int64  // of the log's entry, which holds refusals too
	Fault    string // why it was refused, in the fault's own name ("expired"); "" where it was accepted
	Detail   string // more about the refusal, in English
	Member   string // the member that the act made, where it was to join
}
