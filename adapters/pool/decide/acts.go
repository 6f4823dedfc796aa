package decide

import (
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
)

// maxLife is how long before its expiry an act may be signed: what is kept of it to know it again need not last for ever.
const maxLife = 400 * 24 * time.Hour

// kind is one kind of act.
type kind struct {
	section charter.Section
	who     standing // at least
	old     bool     // may be signed under an earlier version, because it names what it is about
	do      func(t *turn, by *Member, a act.Act) *Refusal
}

// kinds are all acts. Each capability's stand beside it.
var kinds = merge(foundingKinds, memberKinds, proposalKinds, contributionKinds, payoutKinds, recoveryKinds, rotationKinds, boardKinds, creditKinds, purseKinds, pullKinds, justiceKinds)

func merge[V any](tables ...map[string]V) map[string]V {
	all := map[string]V{}
	for _, table := range tables {
		for name, entry := range table {
			if _, twice := all[name]; twice {
				panic("pool: two kinds are " + name)
			}
			all[name] = entry
		}
	}
	return all
}

// act decides a signed act.
func (t *turn) act(signed act.Signed) *Refusal {
	if !signed.Verify() {
		return refuse(FaultSignature, "not of key %s", signed.Key)
	}
	a, err := act.Read(signed.Open)
	if err != nil {
		return refuse(FaultForm, "%v", err)
	}
	k, known := kinds[a.Kind]
	by := t.memberOf(signed.Key)
	switch {
	case a.Pool != t.pool:
		return refuse(FaultOtherPool, "%s", a.Pool)
	case !known:
		return refuse(FaultKind, "%s", clip(a.Kind))
	case !t.now.Before(a.Expires):
		return refuse(FaultExpired, "at %s", a.Expires.Format(time.RFC3339))
	case a.Expires.After(t.now.Add(maxLife)):
		return refuse(FaultTooLong, "at %s", a.Expires.Format(time.RFC3339))
	}
	if before, ok := t.done[doneKey(signed)]; ok && before.hash != signed.Hash() {
		return refuse(FaultOtherBytes, "%s is entry %d", a.ID, before.answer.Index)
	}
	if k.who == anybody {
		return k.do(t, &Member{Key: signed.Key}, a)
	}
	switch {
	case by == nil || by.ID != a.By:
		return refuse(FaultStranger, "key %s", signed.Key)
	case by.Key != signed.Key:
		return refuse(FaultSignature, "%s has another key since", by.ID)
	case !t.founded() && a.Kind != kindAgree:
		return later(FaultNotFounded, "%d founders have not agreed", t.founders)
	case by.Standing < k.who:
		return refuse(FaultStanding, "%s is %s", by.ID, by.Standing)
	case !k.old && a.Version != t.rules().Version:
		return refuse(FaultVersion, "version %d is in force, not %d", t.rules().Version, a.Version)
	}
	return k.do(t, by, a)
}

// doneKey is under what an act is known again: each key has ids of its own.
func doneKey(signed act.Signed) string {
	a, err := act.Read(signed.Open)
	if err != nil {
		return signed.Key.String()
	}
	return signed.Key.String() + "/" + a.ID
}

// isTheirs tells whether an act was truly said by its key: nobody else may use up its id.
func (t *turn) isTheirs(signed act.Signed) bool {
	if _, err := act.Read(signed.Open); err != nil {
		return false
	}
	return signed.Verify()
}

// clip shortens a refused text to what a line may carry.
func clip(text string) string { return shorten(text, maxWord) }

// strangers bounds what those may say of whom nothing is known: their refusals are logged up to a number an hour.
type strangers struct {
	since time.Time
	said  int
}

const strangersAnHour = 60

// expected tells whether a stranger joins with a code that somebody was given: no noise of others keeps it out.
func (s *State) expected(signed act.Signed) bool {
	a, err := act.Read(signed.Open)
	var j Joining
	if err != nil || a.Kind != kindJoin || a.Decode(&j) != nil {
		return false
	}
	given := s.invitations[codeHash(j.Code)]
	return given != nil && s.now.Before(given.expires)
}

// strangersMayStillSpeak refuses, unlogged, what strangers say beyond their number.
func (t *turn) strangersMayStillSpeak(in Input) error {
	if in.Act == nil || in.Act.Verify() && (t.memberOf(in.Act.Key) != nil || t.expected(*in.Act)) {
		return nil
	}
	if in.At.Sub(t.strange.since) >= time.Hour {
		t.strange = strangers{since: in.At}
	}
	if t.strange.said++; t.strange.said > strangersAnHour {
		return &InputError{Detail: "strangers say too much"}
	}
	return nil
}
