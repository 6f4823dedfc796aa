package view

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Asking is something that somebody wants to say, of any kind of act.
type Asking struct {
	Member string         // "" of who is none yet
	Kind   string         // of the act
	Body   any            // with JSON names: the kind's body in decide, or a map of the same
	Closed map[string]any // what is personal, by where its commitment goes in the body: "reason", "subject.beneficiary"
}

// actLife is how long a draft may be signed and handed in: long enough to carry it to a device and back.
const actLife = 24 * time.Hour

// Compose writes an act to sign: under the charter in force, and of a vote that of its proposal, under a fresh id. What
// is personal is closed under fresh salts. Whatever the body names by hash and whoever asks may read comes with it:
// proposals, the charter, and what is closed in them. Errors are web.ErrUnknown for an unknown member, and *act.FormError.
func (v *View) Compose(_ context.Context, ask Asking) (draft web.Draft, err error) {
	body, err := bodyOf(ask.Body)
	if err != nil {
		return web.Draft{}, err
	}
	for path, value := range ask.Closed {
		blob, err := closeValue(value)
		if err == nil {
			err = put(body, path, act.Commit(blob))
		}
		if err != nil {
			return web.Draft{}, err
		}
		draft.Closed = append(draft.Closed, blob)
	}
	a := act.Act{
		By: ask.Member, Expires: v.node.Now().Add(actLife), ID: "v" + hex.EncodeToString(fresh()), Kind: ask.Kind, Pool: v.node.Name(),
	}
	_, seen := v.own(ask.Member, func(g *glance) { err = g.attach(&a, &draft, body) })
	if seen != nil {
		return web.Draft{}, seen
	}
	if err == nil {
		draft.Act, err = act.New(a, body)
	}
	return draft, err
}

// attach finds what a body names by hash, and the version of the rules that it is said under.
func (g *glance) attach(a *act.Act, draft *web.Draft, body map[string]any) error {
	a.Version = g.Version()
	rules := g.Charter().Hash()
	for _, c := range named(nil, body) {
		if c == rules {
			document, err := g.Charter().Canonical()
			if err != nil {
				return err
			}
			draft.Documents = append(draft.Documents, document)
			continue
		}
		p := g.hashed(c)
		if p == nil || !g.seesProposal(p) {
			continue
		}
		if a.Kind == "vote" {
			a.Version = p.Version
		}
		draft.Documents = append(draft.Documents, g.Document(p.ID))
		draft.Closed = append(draft.Closed, g.inside(p)...)
	}
	return nil
}

// hashed is the proposal of which a commitment is the hash, nil where there is none.
func (g *glance) hashed(c act.Commitment) *decide.Proposal {
	for _, p := range g.State.Proposals() {
		if c == p.Hash {
			return p
		}
	}
	return nil
}

// bodyOf is a body as JSON holds it, all integers as strings.
func bodyOf(of any) (map[string]any, error) {
	text, err := audit.Canonical(of)
	if err != nil {
		return nil, &act.FormError{Detail: err.Error()}
	}
	var body map[string]any
	if err := json.Unmarshal(text, &body); err != nil || body == nil {
		return nil, &act.FormError{Detail: "its body is no object"}
	}
	return body, nil
}

// put writes a commitment to its place.
func put(body map[string]any, path string, c act.Commitment) error {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		inner, ok := body[name].(map[string]any)
		if !ok {
			return &act.FormError{Detail: fmt.Sprintf("its body has no %q", name)}
		}
		body = inner
	}
	body[names[len(names)-1]] = hex.EncodeToString(c[:])
	return nil
}

// closeValue closes a value under a fresh salt.
func closeValue(value any) ([]byte, error) {
	blob, err := act.Close([16]byte(fresh()), value)
	if err == nil && len(blob) > act.MaxClosedBytes {
		err = &act.FormError{Detail: "a closed value is too long"}
	}
	return blob, err
}

// fresh are 16 random bytes.
func fresh() []byte {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails: crypto/rand ends the program instead
	return raw[:]
}

// Code makes an invitation's code, and what Invitation names it by.
func Code() (code string, invitation decide.Invitation) {
	code = hex.EncodeToString(fresh())
	sum := sha256.Sum256([]byte(code))
	return code, decide.Invitation{Code: hex.EncodeToString(sum[:])}
}
