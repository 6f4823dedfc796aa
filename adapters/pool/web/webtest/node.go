// Package webtest is a chama in memory that stands where a pool's node stands, to try its pages against.
package webtest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Name is the pool's.
const Name = "chama-umoja"

// Code is an invitation's that was not used yet.
const Code = "karibu-umoja-2026"

// Node is the chama. Its methods may be called from many goroutines.
type Node struct {
	now     func() time.Time
	mu      sync.Mutex
	keys    map[act.Key]string // to members
	people  []web.Member
	votes   map[string]string // choices on the payout, by member
	posts   []web.Posting
	acts    []web.Signed // as they were accepted
	hidden  bool         // the public sees nothing
	failing error
	tamper  func(*web.Draft)
}

var _ web.Node = (*Node)(nil)

// New makes the chama with three members, m1 to m3; the first has the given key.
func New(now func() time.Time, key ed25519.PublicKey) *Node {
	return &Node{now: now, keys: map[act.Key]string{act.Key(key): "m1"}, people: people(now()), votes: map[string]string{"m2": "for"}, posts: postings(now())}
}

// Close hides everything from the public.
func (n *Node) Close() { n.locked(func() { n.hidden = true }) }

// Fail has everything fail that is asked from now on; nil ends it.
func (n *Node) Fail(err error) { n.locked(func() { n.failing = err }) }

// Tamper has drafts changed before they are handed out, as a hostile node would; nil ends it.
func (n *Node) Tamper(with func(*web.Draft)) { n.locked(func() { n.tamper = with }) }

// Give gives a member another key: the one before is nobody's.
func (n *Node) Give(member string, key ed25519.PublicKey) {
	n.locked(func() {
		for old, whose := range n.keys {
			if whose == member {
				delete(n.keys, old)
			}
		}
		n.keys[act.Key(key)] = member
	})
}

// Acts are those that were accepted, in order.
func (n *Node) Acts() (acts []web.Signed) {
	n.locked(func() { acts = append(acts, n.acts...) })
	return acts
}

func (n *Node) locked(do func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	do()
}

// MemberOf implements web.Keys.
func (n *Node) MemberOf(_ context.Context, key ed25519.PublicKey) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	member, ok := n.keys[act.Key(key)]
	if !ok {
		return "", web.ErrUnknown
	}
	return member, nil
}

// proposal is what the payout's ballots name by hash.
type proposal struct {
	Decision string    `json:"decision"`
	Expires  time.Time `json:"expires"`
	ID       string    `json:"id"`
	Pool     string    `json:"pool"`
	Subject  payout    `json:"subject"`
	Version  int64     `json:"version"`
}

type payout struct {
	Amount      amount         `json:"amount"`
	Beneficiary act.Commitment `json:"beneficiary"`
	Fixed       string         `json:"fixed"`
	Fund        string         `json:"fund"`
	MaxCost     amount         `json:"max_cost"`
	Purpose     string         `json:"purpose"`
	Reference   string         `json:"reference"`
	To          string         `json:"to"`
}

type amount struct {
	Minor int64  `json:"minor"`
	Unit  string `json:"unit"`
}

// ballotPapers are the payout as members vote on it, and whom it is for.
func (n *Node) ballotPapers() (document, beneficiary []byte, err error) {
	beneficiary, err = act.Close([16]byte{1, 2, 3}, map[string]string{"account": "+254 711 000 222", "name": "Hospitali ya Pumwani"})
	if err != nil {
		return nil, nil, err
	}
	document, err = audit.Canonical(proposal{
		Decision: "payout", Expires: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC), ID: "p1", Pool: Name, Version: 2,
		Subject: payout{
			Amount: amount{12_500_00, "KES"}, Beneficiary: act.Commit(beneficiary), Fixed: "destination", Fund: "welfare",
			MaxCost: amount{12_700_00, "KES"}, Purpose: "hospital", Reference: "bill 4471", To: "mpesa-ke",
		},
	})
	return document, beneficiary, err
}

// Draft implements web.Desk.
func (n *Node) Draft(_ context.Context, form web.Form) (web.Draft, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.failing != nil {
		return web.Draft{}, n.failing
	}
	draft, body, err := n.body(form)
	if err != nil {
		return web.Draft{}, err
	}
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	draft.Act, err = act.New(act.Act{
		By: form.Member, Expires: n.now().Add(time.Hour), ID: hex.EncodeToString(id[:]), Kind: string(form.Task), Pool: Name, Version: 2,
	}, body)
	if err == nil && n.tamper != nil {
		n.tamper(&draft)
	}
	return draft, err
}

func (n *Node) body(form web.Form) (draft web.Draft, body map[string]string, err error) {
	f := form.Fields
	switch form.Task {
	case web.TaskVote:
		if f["proposal"] != "p1" {
			return draft, nil, &web.FormError{Fault: "unknown"}
		}
		document, beneficiary, err := n.ballotPapers()
		hash := sha256.Sum256(document)
		return web.Draft{Documents: [][]byte{document}, Closed: [][]byte{beneficiary}},
			map[string]string{"choice": f["choice"], "hash": hex.EncodeToString(hash[:]), "proposal": "p1"}, err
	case web.TaskPost:
		if until, err := time.Parse(time.DateOnly, f["until"]); err != nil || until.Before(n.now()) {
			return draft, nil, &web.FormError{Field: "until", Fault: "bad_date"}
		}
		closed, hash, err := n.closed(map[string]string{"text": f["text"]})
		return web.Draft{Closed: [][]byte{closed}}, map[string]string{
			"category": f["category"], "kind": f["kind"], "place": f["place"], "quantity": f["quantity"], "text": hash, "until": f["until"], "urgency": f["urgency"],
		}, err
	case web.TaskInvite:
		code := []byte("0123456789abcdef0123456789abcdef")
		hash := sha256.Sum256(code)
		return web.Draft{Documents: [][]byte{code}}, map[string]string{"code": hex.EncodeToString(hash[:])}, nil
	case web.TaskPayout:
		if f["amount"] == "much" {
			return draft, nil, &web.FormError{Field: "amount", Fault: "bad_amount"}
		}
		return draft, f, nil
	case web.TaskJoin:
		if f["code"] != Code {
			return draft, nil, &web.FormError{Field: "code", Fault: "bad_code"}
		}
		closed, hash, err := n.closed(map[string]string{"contact": f["contact"], "name": f["name"]})
		return web.Draft{Closed: [][]byte{closed}}, map[string]string{"code": f["code"], "person": hash}, err
	default:
		return draft, f, nil
	}
}

func (n *Node) closed(value map[string]string) (closed []byte, hash string, err error) {
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // never fails
	closed, err = act.Close(salt, value)
	commitment := act.Commit(closed)
	return closed, hex.EncodeToString(commitment[:]), err
}

// Act implements web.Desk.
func (n *Node) Act(_ context.Context, signed web.Signed) (web.Answer, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.failing != nil {
		return web.Answer{}, n.failing
	}
	answer := web.Answer{Index: int64(40 + len(n.acts))}
	a, err := act.Read(signed.Act)
	if err != nil {
		answer.Fault, answer.Detail = "malformed", err.Error()
		return answer, nil
	}
	key := n.keyOf(a.By, signed.Key)
	switch s := (act.Signed{Open: signed.Act, Key: key, Signature: signed.Signature}); {
	case !s.Verify():
		answer.Fault, answer.Detail = "bad_signature", fmt.Sprintf("not of key %s", key)
	case a.Kind != string(web.TaskJoin) && n.keys[key] != a.By:
		answer.Fault = "not_a_member"
	default:
		n.accept(a, key, signed, &answer)
	}
	return answer, nil
}

func (n *Node) keyOf(member string, given ed25519.PublicKey) act.Key {
	if given != nil {
		return act.Key(given)
	}
	for key, whose := range n.keys {
		if whose == member {
			return key
		}
	}
	return act.Key{}
}

func (n *Node) accept(a act.Act, key act.Key, signed web.Signed, answer *web.Answer) {
	var body map[string]string
	if err := a.Decode(&body); err != nil {
		answer.Fault, answer.Detail = "malformed", err.Error()
		return
	}
	switch web.Task(a.Kind) {
	case web.TaskVote:
		if n.votes[a.By] != "" {
			answer.Fault, answer.Detail = "already", a.By+" voted "+n.votes[a.By]
			return
		}
		n.votes[a.By] = body["choice"]
	case web.TaskJoin:
		answer.Member = fmt.Sprintf("m%d", len(n.people)+1)
		n.keys[key] = answer.Member
		n.people = append(n.people, web.Member{Person: web.Person{ID: answer.Member}, Since: n.now(), Standing: "invited"})
	case web.TaskPost:
		n.posts = append(n.posts, web.Posting{ID: fmt.Sprintf("b%d", len(n.posts)+1), Kind: body["kind"], Category: body["category"], State: "open", By: web.Person{ID: a.By}, Until: n.now(), Urgency: 2})
	default:
	}
	n.acts = append(n.acts, signed)
	answer.Accepted = true
}
