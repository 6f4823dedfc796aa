package decide

import (
	"slices"
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// health is what a participant last said of its own rail. Nobody else can, and nothing is decided by it but what the
// participant is asked: clearing goes on, and payouts wait at the rail. What is not said again lapses.
type health struct {
	down  bool
	since time.Time // when it came to be so, and never after the batch that took it
	said  time.Time // by the participant's clock: what it said before comes too late
	heard time.Time // the batch's clock, of the last word or of its lapse

	waiting int64
}

// lapses is when a rail that is down counts as down no longer, unless its participant says so again.
func (h *health) lapses() time.Time { return h.heard.Add(messaging.DownHolds) }

// silentSince is from when on silence about instructions counts: of a rail that is down nothing is expected, and when
// it is back it has what waits before it.
func (h *health) silentSince() time.Time {
	if h.down {
		return h.lapses()
	}
	return h.heard
}

// takeHealth takes what a participant says of its rail. A dead letter's is not taken: it says nothing of now.
func (d *decision) takeHealth(m Message) {
	if m.health == nil {
		return
	}
	known := d.rails[m.participant.ID-1].health
	word := ledger.RailHealth{
		Participant: m.participant.ID, Sequence: m.Sequence, State: m.health.State,
		Since: microseconds(m.health.Since), SaidAt: microseconds(m.health.At), Waiting: m.health.Waiting,
	}
	if !d.counts(word, known, microseconds(m.Time)) {
		return
	}
	if word.Since.After(d.Now) { // by a clock that is ahead
		word.Since = d.Now
	}
	if known.down && word.State == messaging.RailDown {
		word.Since = known.since
	}
	d.setHealth(word)
}

// counts tells whether a word that the broker took at a moment changes what is known, or says it again.
func (d *decision) counts(word ledger.RailHealth, known health, took time.Time) bool {
	switch {
	case !word.SaidAt.After(known.said) && d.Now.Before(known.lapses()): // a later one overtook it
		return false
	case word.State == messaging.RailUp:
		return known.down
	case d.Now.Before(known.heard.Add(messaging.DownAgain)): // or one could have everybody told things all day
		return false
	default: // it may have lapsed before it was read
		return took.Add(messaging.DownHolds).After(d.Now)
	}
}

// lapseHealth takes back that rails are down whose participants have not said so again.
func (d *decision) lapseHealth() error {
	for i, r := range d.rails {
		if h := r.health; h.down && !h.lapses().After(d.Now) {
			d.setHealth(ledger.RailHealth{
				Participant: d.participants[i].ID, State: ledger.RailSilent, Since: d.Now, SaidAt: h.said, Waiting: h.waiting,
			})
		}
	}
	return nil
}

// setHealth has a word count, and everybody told where it changes something.
func (d *decision) setHealth(h ledger.RailHealth) {
	h.HeardAt = d.Now
	p := d.participants[h.Participant-1]
	if (h.State == messaging.RailDown) != d.rails[p.ID-1].health.down && !slices.Contains(d.turned, p) {
		d.turned = append(d.turned, p)
	}
	d.State.setHealth(h)
	d.batch.Rails = append(d.batch.Rails, h)
}

func (s *State) setHealth(h ledger.RailHealth) {
	s.rails[h.Participant-1].health = health{
		down: h.State == messaging.RailDown, since: h.Since, said: h.SaidAt, heard: h.HeardAt, waiting: h.Waiting,
	}
}

// railRecord is a word about a rail, of its participant or of its silence.
type railRecord struct {
	Participant int32               `json:"participant"`
	SaidAt      time.Time           `json:"said_at"`
	Sequence    uint64              `json:"sequence,omitzero"`
	Since       time.Time           `json:"since"`
	State       messaging.RailState `json:"state"`
	Waiting     int64               `json:"waiting"`
}

func (d *decision) recordRails() (rails []railRecord) {
	for _, h := range d.batch.Rails {
		rails = append(rails, railRecord{
			Participant: h.Participant, SaidAt: h.SaidAt, Sequence: h.Sequence, Since: h.Since, State: h.State, Waiting: h.Waiting,
		})
	}
	return rails
}

// news lists the participants of whom everybody learns from this batch: all where that changed, or those whose rails
// went down or came back.
func (d *decision) news() (peers []messaging.Peer) {
	of := d.turned
	if d.refreshed {
		of = d.participants
	}
	for _, p := range of {
		if p.Suspended || p.Role == settlement.RoleProvider {
			continue
		}
		peer := p.Peer()
		if h := d.rails[p.ID-1].health; h.down {
			peer.DownSince = h.since
		}
		peers = append(peers, peer)
	}
	return peers
}
