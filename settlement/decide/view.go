package decide

import (
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Participants are all, by ID, gapless from 1. They are the state's own and change with it.
func (s *State) Participants() []*settlement.Participant { return s.participants }

// Named returns a participant, nil where there is none of that name.
func (s *State) Named(name string) *settlement.Participant { return s.byName[name] }

// ReadTo is how far a participant's stream was taken in.
func (s *State) ReadTo(participant int32) messaging.Position { return s.positions[participant] }

// LastBatch is the newest batch, 0 before the first.
func (s *State) LastBatch() int64 { return s.lastBatch }

// LastCommand is the newest command that was carried out or refused.
func (s *State) LastCommand() int64 { return s.lastCommand }

// LastOutbox is the newest message to participants, and onto the log's subject.
func (s *State) LastOutbox() int64 { return s.lastOutbox }

// Open is how many transfers have no final state, returns included.
func (s *State) Open() int { return len(s.open) }

// Tree is the settlement log's, as the newest batch left it.
func (s *State) Tree() *audit.Tree { return &s.tree }
