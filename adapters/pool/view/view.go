package view

import (
	"context"
	"crypto/ed25519"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool"
	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/store"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/messaging"
)

// View shows a pool. Its methods may be called from many goroutines.
type View struct {
	node  *pool.Node
	store *store.Store
	payIn []web.PayIn
}

var _ web.Node = (*View)(nil)

// New makes the view of a node and its store. payIn are the ways to pay the pool, without reference.
func New(node *pool.Node, books *store.Store, payIn ...web.PayIn) *View {
	return &View{node: node, store: books, payIn: payIn}
}

// glance is one look at the state by somebody's eyes. It is used while the node is locked, and not kept.
type glance struct {
	*decide.State
	sight
	me     *decide.Member // nil of who is none
	closed func(act.Commitment) []byte
	now    time.Time
}

// Now is the node's time, and not that of the last input.
func (g *glance) Now() time.Time { return g.now }

// look shows the state to a member. The error is web.ErrUnknown where there is no such member.
func (v *View) look(member string, show func(g *glance)) (see sight, err error) {
	err = web.ErrUnknown
	v.node.Look(func(s *decide.State, closed func(act.Commitment) []byte) {
		if m := s.Member(member); m != nil && s.Charter() != nil {
			see, err = sightOf(s, eyesOf(m)), nil
			show(&glance{State: s, sight: see, me: m, closed: closed, now: v.node.Now()})
		}
	})
	return see, err
}

// lookAs shows the state to an audience that is no member. The error is web.ErrUnknown before the pool is founded.
func (v *View) lookAs(audience charter.Audience, show func(g *glance)) (see sight, err error) {
	err = web.ErrUnknown
	v.node.Look(func(s *decide.State, closed func(act.Commitment) []byte) {
		if s.Charter() != nil {
			see, err = sightOf(s, Of(audience)), nil
			show(&glance{State: s, sight: see, closed: closed, now: v.node.Now()})
		}
	})
	return see, err
}

// own shows the state to a member, or to the public where there is none.
func (v *View) own(member string, show func(g *glance)) (sight, error) {
	if member == "" {
		return v.lookAs(charter.Public, show)
	}
	return v.look(member, show)
}

// isMe tells whether a member is the one who looks.
func (g *glance) isMe(id string) bool { return g.me != nil && g.me.ID == id }

// belongs tells whether whoever looks is a member now: nobody else is told what is personal of others.
func (g *glance) belongs() bool { return g.me != nil && g.me.Belongs() }

// person names somebody, as far as whoever looks may know.
func (g *glance) person(id string) web.Person {
	p := web.Person{ID: id}
	m := g.Member(id)
	if m == nil || !g.isMe(id) && !g.knows(id) {
		return p
	}
	var known messaging.Party
	if blob := g.closed(m.Person); blob != nil && act.Open(blob, &known) == nil {
		p.Name = known.Name
	}
	return p
}

// knows tells whether members may know another's name, and whoever looks is one.
func (g *glance) knows(id string) bool { return g.belongs() && g.sees(charter.SectionMembers, id) }

// text is a closed text, "" where there is none, and erased where its person was.
func (g *glance) text(c act.Commitment) string {
	var text string
	switch blob := g.closed(c); {
	case c.IsZero():
		return ""
	case blob == nil || act.Open(blob, &text) != nil:
		return erased
	}
	return text
}

// erased stands for what was personal and is gone.
const erased = "(erased)"

// MemberOf implements web.Keys.
func (v *View) MemberOf(_ context.Context, key ed25519.PublicKey) (id string, err error) {
	err = web.ErrUnknown
	v.node.View(func(s *decide.State) {
		if len(key) != ed25519.PublicKeySize {
			return
		}
		if m := s.Holder(act.Key(key)); m != nil {
			id, err = m.ID, nil
		}
	})
	return id, err
}

// Eyes are a member's own. The error is web.ErrUnknown where there is no such member.
func (v *View) Eyes(member string) (Eyes, error) {
	see, err := v.look(member, func(*glance) {})
	return see.Eyes, err
}

// Lines returns what of the log eyes may see, the newest first, and the cursor of the next page.
func (v *View) Lines(ctx context.Context, eyes Eyes, q store.LineQuery) ([]store.Line, store.Cursor, error) {
	return v.store.Lines(ctx, v.sight(eyes).query(q))
}

// Shows is which lines of the log eyes may see now.
func (v *View) Shows(eyes Eyes) func(diary.Line) bool { return v.sight(eyes).shows }

// Write writes the log as eyes may see it into a folder, as diary.WriteView does; key is the log's public key.
func (v *View) Write(ctx context.Context, dir, key string, eyes Eyes) error {
	return diary.WriteView(ctx, dir, key, v.store, v.Shows(eyes))
}

func (v *View) sight(eyes Eyes) (see sight) {
	v.node.View(func(s *decide.State) { see = sightOf(s, eyes) })
	return see
}
