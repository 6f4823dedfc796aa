package decide

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// How long a rail may be silent about an instruction before it is asked, how often it is asked, each time
// after twice as long, and what no pause exceeds.
const (
	defaultPatience = 15 * time.Minute
	leastPatience   = time.Minute
	mostPatience    = 24 * time.Hour
	maxAsked        = 5
)

// rail is what a participant's rail owes a word about, and how long it may take. Its transfers stand in one
// line for each time that they were asked about, so that the first of a line is the first to fall due, and
// whoever is answered leaves at once: next to nothing for the many that are never asked about.
type rail struct {
	health   health
	patience time.Duration
	asked    [maxAsked + 1]line
	returns  line // transfers whose return lacks the participant's liquidity
}

// line is a row of transfers in the order in which they came.
type line struct{ first, last *transfer }

// lineup is a transfer's place in a line.
type lineup struct {
	line       *line
	since      int64 // microseconds since 1970: a transfer has one of these, and there are many
	prev, next *transfer
}

// stand puts a transfer at the end of a line.
func (t *transfer) stand(in *line, since time.Time) {
	t.leave()
	t.stands = lineup{line: in, since: since.UnixMicro(), prev: in.last}
	if in.last != nil {
		in.last.stands.next = t
	} else {
		in.first = t
	}
	in.last = t
}

// dueAfter is when a transfer that stands in a line has done so for as long, counted from a moment on.
func (t *transfer) dueAfter(pause time.Duration, from time.Time) time.Time {
	since := time.UnixMicro(t.stands.since).UTC()
	if since.Before(from) {
		since = from
	}
	return since.Add(pause)
}

// leave takes a transfer out of its line, if it stands in one.
func (t *transfer) leave() {
	in := t.stands.line
	if in == nil {
		return
	}
	if prev := t.stands.prev; prev != nil {
		prev.stands.next = t.stands.next
	} else {
		in.first = t.stands.next
	}
	if next := t.stands.next; next != nil {
		next.stands.prev = t.stands.prev
	} else {
		in.last = t.stands.prev
	}
	t.stands = lineup{}
}

// railOf is the rail that a transfer waits for.
func (s *State) railOf(t *transfer) *rail {
	if t.awaited() == messaging.KindRefund {
		return s.rails[t.Debtor-1]
	}
	return s.rails[t.Creditor-1]
}

// standBy has a transfer wait for its rail, which has been asked so often.
func (s *State) standBy(t *transfer, asked int, since time.Time) {
	r := s.railOf(t)
	if t.awaited() == awaitedReturn {
		t.stand(&r.returns, since)
	} else {
		t.stand(&r.asked[asked], since)
	}
}

// await has a transfer wait for what its rail says to an instruction of this batch.
func (d *decision) await(t *transfer) { d.standBy(t, 0, d.Now) }

// restoreLines has transfers wait for their rails as they did: since they were told, or last asked.
func (s *State) restoreLines(from *ledger.Snapshot) {
	type wait struct {
		of      *transfer
		since   time.Time
		asked   int
		unheard bool
	}
	waits := make([]wait, 0, len(from.Open))
	at := map[settlement.TransferID]int{}
	for _, o := range from.Open {
		t := s.open[o.ID]
		switch {
		case t.original != nil:
			if w := at[t.ReturnOf]; t.state == messaging.StateCleared { // its original waits for the refund since
				waits[w].since = o.Since
			}
		case t.state != messaging.StateQueued || t.life != nil && t.life.reserving && !t.life.reserved:
			at[t.ID] = len(waits)
			waits = append(waits, wait{of: t, since: o.Since})
		}
	}
	for _, e := range from.Life {
		w, ok := at[e.Transfer]
		if !ok {
			continue
		}
		switch e.Kind {
		case ledger.LifeReserving:
			if waits[w].of.awaited() == messaging.KindReserve {
				waits[w].since = e.At
			}
		case ledger.LifeAsked:
			if e.About == string(waits[w].of.awaited()) {
				waits[w].since = e.At
				waits[w].asked++
			}
		case ledger.LifeUnheard:
			waits[w].unheard = waits[w].unheard || e.About == string(waits[w].of.awaited())
		default:
		}
	}
	slices.SortStableFunc(waits, func(a, b wait) int { return a.since.Compare(b.since) })
	for _, w := range waits {
		if !w.unheard {
			s.standBy(w.of, w.asked, w.since)
		}
	}
}

// pause is how long a rail may be silent after having been asked so often.
func (r *rail) pause(asked int) time.Duration { return min(r.patience<<asked, mostPatience) }

// eachLine hands over every line with the pause that its transfers are given, and from when on.
func (s *State) eachLine(take func(in *line, asked int, pause time.Duration, from time.Time)) {
	for _, r := range s.rails {
		for asked := range r.asked {
			take(&r.asked[asked], asked, r.pause(asked), r.health.silentSince())
		}
		take(&r.returns, maxAsked, r.patience, time.Time{})
	}
}

// nextWord is when the first rail's time to say something is up: about an instruction, or again that it is down.
func (s *State) nextWord() (due time.Time, ok bool) {
	sooner := func(at time.Time) {
		if !ok || at.Before(due) {
			due, ok = at, true
		}
	}
	s.eachLine(func(in *line, _ int, pause time.Duration, from time.Time) {
		if in.first != nil {
			sooner(in.first.dueAfter(pause, from))
		}
	})
	for _, r := range s.rails {
		if r.health.down {
			sooner(r.health.lapses())
		}
	}
	return due, ok
}

// ask asks rails about what they have been silent about for too long. Silence is never taken for a refusal:
// what was asked about in vain, and what stands behind a return without liquidity, becomes a case for a
// person, and waits on.
func (d *decision) ask() error {
	if d.countsFromOne() { // they never asked
		return nil
	}
	type question struct {
		of    *transfer
		asked int
	}
	var due []question
	d.eachLine(func(in *line, asked int, pause time.Duration, from time.Time) {
		for t := in.first; t != nil && !t.dueAfter(pause, from).After(d.Now) && len(due) < MaxItems; t = t.stands.next {
			due = append(due, question{t, asked})
		}
	})
	slices.SortFunc(due, func(a, b question) int { return cmp.Compare(a.of.ID, b.of.ID) })
	for _, q := range due {
		about := q.of.awaited()
		if q.asked == maxAsked {
			q.of.leave()
			d.note(q.of, ledger.LifeEvent{Kind: ledger.LifeUnheard, About: string(about)})
			continue
		}
		d.note(q.of, ledger.LifeEvent{Kind: ledger.LifeAsked, About: string(about)})
		d.tellRail(q.of, messaging.KindQuery, "")
		d.standBy(q.of, q.asked+1, d.Now)
	}
	return nil
}

func (d *decision) publishPatience(p settlement.Patience) (subject, fault string) {
	switch of := d.byName[p.Participant]; {
	case of == nil || of.Role == settlement.RoleProvider:
		return "", fmt.Sprintf("no rail of %q", p.Participant)
	case p.Seconds < int64(leastPatience/time.Second), p.Seconds > int64(mostPatience/time.Second):
		return "", fmt.Sprintf("%d seconds; want %s to %s", p.Seconds, leastPatience, mostPatience)
	}
	d.setPatience(p)
	return p.Participant, ""
}

func (s *State) setPatience(p settlement.Patience) {
	s.rails[s.byName[p.Participant].ID-1].patience = time.Duration(p.Seconds) * time.Second
}
