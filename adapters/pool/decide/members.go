package decide

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
)

// standing is where a member is in the pool's life, in the order of what it may do.
type standing int

// The standings.
const (
	anybody standing = iota // not a member, and not asked to be
	excluded
	left
	invited   // came with an invitation and is not admitted yet, or a founder who has not agreed
	suspended // may be heard, and pay what it owes
	active
)

func (s standing) String() string {
	return [...]string{"a stranger", "excluded", "left", "invited", "suspended", "active"}[s]
}

const (
	maxMembers     = 10_000
	maxInvitations = 1_000
	maxVouches     = 100
	invitationLife = 60 * 24 * time.Hour
)

// Member is a person or another pool, known by a number.
type Member struct {
	ID       string // m1, m2, …
	Key      act.Key
	Person   act.Commitment // closed: name, and how to reach and pay them
	Pool     string         // participant name, where the member is a pool
	Standing standing
	Entered  time.Time
	Seats    []Seat
	Entry    int64    // of the log, in which it entered
	By       string   // who invited it
	Vouches  []string // members who vouch for it

	dues        map[string]int64 // what it paid, by due
	destination Destination
	past        map[string]Seat // the last that ended, by role
	delegates   map[charter.Kind]delegation
	late        map[string]lateness // by due, and by loan
	reminded    time.Time           // last, without a decision
	reckoned    bool                // whether soonest is
	soonest     time.Time           // it is reminded of a debt; zero for never
	drawn       []*Proposal         // out of its purse
	pull        pull                // for what it may be asked to pay
}

// Seat is a role that a member has.
type Seat struct {
	Role  string
	Since time.Time
	Until time.Time // zero for as long as it is a member
	Terms int       // in a row, this one too
	Entry int64     // of the log, in which the first of these terms began
}

// invitation is a code that somebody was given.
type invitation struct {
	by      string
	expires time.Time
}

const (
	kindInvite = "invite"
	kindJoin   = "join"
	kindVouch  = "vouch"
	kindLeave  = "leave"
	kindRotate = "new_key"
	kindPerson = "person"
)

var memberKinds = map[string]kind{
	kindInvite: {section: charter.SectionMembers, who: active, do: (*turn).invite},
	kindJoin:   {section: charter.SectionMembers, who: anybody, do: (*turn).join},
	kindVouch:  {section: charter.SectionMembers, who: active, do: (*turn).vouch},
	kindLeave:  {section: charter.SectionMembers, who: invited, do: (*turn).leave},
	kindRotate: {section: charter.SectionMembers, who: invited, old: true, do: (*turn).rotateKey},
	kindPerson: {section: charter.SectionMembers, who: invited, do: (*turn).changePerson},
}

// Invitation is the body of kindInvite: the hash of a code that only the invited person is told.
type Invitation struct {
	Code string `json:"code"` // hex of SHA-256
}

// Joining is the body of kindJoin, signed with the newcomer's own key.
type Joining struct {
	Code   string         `json:"code"` // as it was told: 16 to 64 characters
	Person act.Commitment `json:"person"`
	Pool   string         `json:"pool,omitzero"`
}

// Vouching is the body of kindVouch.
type Vouching struct {
	Member string `json:"member"`
}

// Leaving is the body of kindLeave.
type Leaving struct{}

// NewKey is the body of kindRotate: the old key names the new one, and the new one signs that it is at hand.
type NewKey struct {
	Key   act.Key `json:"key"`
	Proof []byte  `json:"proof"` // of the new key under act.Text of the member's id
}

// ChangedPerson is the body of kindPerson.
type ChangedPerson struct {
	Person act.Commitment `json:"person"`
}

// Member finds a member by its id, nil where nobody has it.
func (s *State) Member(id string) *Member {
	if n := numberOf(id, "m"); n > 0 && n <= len(s.members) && s.members[n-1].ID == id {
		return s.members[n-1]
	}
	return nil
}

// numberOf is the number of an id that begins so, 0 where it has none.
func numberOf(id, prefix string) int {
	digits, _ := strings.CutPrefix(id, prefix)
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// memberOf finds whose a key is or was.
func (s *State) memberOf(key act.Key) *Member {
	if id, ok := s.keys[key]; ok {
		return s.Member(id)
	}
	return nil
}

func (t *turn) newMember(key act.Key, person act.Commitment, pool string) *Member {
	m := &Member{
		ID: fmt.Sprintf("m%d", len(t.members)+1), Key: key, Person: person, Pool: pool, Standing: invited,
		dues: map[string]int64{}, past: map[string]Seat{}, delegates: map[charter.Kind]delegation{},
		late: map[string]lateness{},
	}
	t.members = append(t.members, m)
	t.keys[key] = m.ID
	t.tellStanding(m)
	return m
}

// enter makes somebody a member in good standing.
func (t *turn) enter(m *Member) {
	m.Standing, m.Entered, m.Entry = active, t.now, t.entry.Index
	t.tellStanding(m)
}

// stands is a member's line.
type stands struct {
	Member   string `json:"member"`
	Standing string `json:"standing"`
	Key      string `json:"key"`
	Pool     string `json:"pool,omitzero"`
}

func (t *turn) tellStanding(m *Member) {
	m.reckoned = false
	t.say(charter.SectionMembers, []string{m.ID}, "member",
		stands{Member: m.ID, Standing: m.Standing.String(), Key: m.Key.String(), Pool: m.Pool})
}

// Has tells whether a member in good standing has a role now. Everybody has charter.Everybody.
func (m *Member) Has(role string) bool {
	return m.Standing == active &&
		(role == charter.Everybody || slices.ContainsFunc(m.Seats, func(seat Seat) bool { return seat.Role == role }))
}

// hasOne is Has of any of the roles.
func (m *Member) hasOne(roles []string) bool { return slices.ContainsFunc(roles, m.Has) }

func (t *turn) invite(by *Member, a act.Act) *Refusal {
	var i Invitation
	if err := a.Decode(&i); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	if raw, err := hex.DecodeString(i.Code); err != nil || len(raw) != sha256.Size {
		return refuse(FaultForm, "a code's hash is 32 bytes in hex")
	}
	for code, old := range t.invitations {
		if !t.now.Before(old.expires) {
			delete(t.invitations, code)
		}
	}
	switch {
	case t.invitations[i.Code] != nil:
		return refuse(FaultAlready, "that code was given")
	case len(t.invitations) >= maxInvitations:
		return later(FaultTooMany, "%d invitations are open", len(t.invitations))
	}
	t.invitations[i.Code] = &invitation{by: by.ID, expires: t.now.Add(invitationLife)}
	return nil
}

// codeHash is under what an invitation is kept.
func codeHash(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}

func (t *turn) join(newcomer *Member, a act.Act) *Refusal {
	var j Joining
	if err := a.Decode(&j); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	code := codeHash(j.Code)
	given := t.invitations[code]
	switch {
	case !t.founded():
		return later(FaultNotFounded, "%d founders have not agreed", t.founders)
	case t.memberOf(newcomer.Key) != nil:
		return refuse(FaultAlready, "the key is %s's", t.keys[newcomer.Key])
	case given == nil || !t.now.Before(given.expires):
		return refuse(FaultUnknown, "no such invitation")
	case j.Person.IsZero():
		return refuse(FaultCommitments, "nobody joins")
	case len(t.members) >= maxMembers:
		return refuse(FaultTooMany, "%d members", len(t.members))
	}
	delete(t.invitations, code)
	m := t.newMember(newcomer.Key, j.Person, j.Pool)
	m.By = given.by
	t.entry.Lines[0].About = []string{m.ID}
	t.entry.Answer.Made = m.ID
	return nil
}

func (t *turn) vouch(by *Member, a act.Act) *Refusal {
	var v Vouching
	if err := a.Decode(&v); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	m := t.Member(v.Member)
	switch {
	case m == nil:
		return refuse(FaultUnknown, "no member is %q", clip(v.Member))
	case m == by:
		return refuse(FaultConflict, "nobody vouches for themselves")
	case slices.Contains(m.Vouches, by.ID):
		return refuse(FaultAlready, "%s vouches for %s", by.ID, m.ID)
	case len(m.Vouches) >= maxVouches:
		return refuse(FaultTooMany, "%d members vouch for %s", len(m.Vouches), m.ID)
	}
	m.Vouches = append(m.Vouches, by.ID)
	t.say(charter.SectionMembers, []string{m.ID}, "vouched", vouched{Member: m.ID, By: by.ID})
	return nil
}

type vouched struct {
	Member string `json:"member"`
	By     string `json:"by"`
}

// leave ends a membership. What the member owes and is owed stays in the book.
func (t *turn) leave(by *Member, a act.Act) *Refusal {
	if err := a.Decode(&Leaving{}); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	return t.end(by, left)
}

// end takes everything from a member that it has of the pool's, but what the book says.
func (t *turn) end(m *Member, as standing) *Refusal {
	if refused := t.leaveGroups(m, goes[as]); refused != nil {
		return refused
	}
	m.Standing, m.Seats, m.pull.consent = as, nil, Collecting{}
	t.electorate++
	clear(m.delegates)
	for _, id := range t.board.Leave(m.ID, t.now) {
		t.tellPosting(id)
	}
	t.boardChanged()
	t.tellStanding(m)
	return nil
}

// goes is what a group hears of a member who goes.
var goes = map[standing]rotation.Standing{left: rotation.Left, excluded: rotation.Excluded}

func (t *turn) rotateKey(by *Member, a act.Act) *Refusal {
	var n NewKey
	if err := a.Decode(&n); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	proof := act.Signed{Open: []byte(by.ID), Key: n.Key, Signature: n.Proof}
	switch {
	case t.memberOf(n.Key) != nil:
		return refuse(FaultAlready, "the key is or was %s's", t.keys[n.Key])
	case !proof.Verify():
		return refuse(FaultSignature, "the new key has not signed")
	}
	t.giveKey(by, n.Key)
	return nil
}

// giveKey makes a key a member's only one. What the old one signed before stays signed.
func (t *turn) giveKey(m *Member, key act.Key) {
	m.Key, t.keys[key] = key, m.ID
	t.tellStanding(m)
}

func (t *turn) changePerson(by *Member, a act.Act) *Refusal {
	var c ChangedPerson
	if err := a.Decode(&c); err != nil {
		return refuse(FaultForm, "%v", err)
	}
	if c.Person.IsZero() {
		return refuse(FaultCommitments, "it commits to nothing")
	}
	by.Person = c.Person
	return nil
}
