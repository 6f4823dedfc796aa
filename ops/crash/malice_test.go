//go:build linux

package crash

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/messaging"
)

// overheard is how many messages of each participant are kept to be said again.
const overheard = 64

// overhear keeps a sample of what a participant said, intents and outcomes.
func (s *stage) overhear(ctx context.Context, participant string) error {
	heard := make(chan messaging.Received)
	dice := rand.New(rand.NewPCG(s.seed, uint64(s.world.dice("overhear "+participant, 1<<30))))
	go func() {
		for seen := 1; ; seen++ {
			select {
			case m := <-heard:
				if m.Signature == "" || len(m.Payload) > messaging.MaxEnvelopeBytes {
					continue // our own poison
				}
				s.mu.Lock()
				sample := s.sample[participant]
				if len(sample) < overheard {
					s.sample[participant] = append(sample, m)
				} else if at := dice.IntN(seen); at < overheard {
					sample[at] = m
				}
				s.mu.Unlock()
			case <-ctx.Done():
				return
			}
		}
	}()
	err := s.hub.Read(ctx, participant, messaging.Position{}, heard)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the suite is over
	}
	return fmt.Errorf("%soverhearing %s: %w", violation, participant, err)
}

// as sends messages onto a participant's stream with its credentials, whatever they are. Where the broker
// is away, there is nothing to spoil.
func (s *stage) as(ctx context.Context, p participantConfig, messages []messaging.Message) {
	broker := s.children["broker"].answer()
	client, err := messaging.ConnectClient(ctx, messaging.ClientConfig{
		Endpoint:    messaging.Endpoint{URL: broker.URL, Creds: broker.Creds[p.Name]},
		Participant: p.Name, Signer: p.signer(), Salter: p.salter(), SwitchKey: s.switchKey,
	})
	if err != nil {
		return
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if client.Send(ctx, messages...) == nil { // it may have been killed meanwhile
		s.mu.Lock()
		s.happened["messages nobody wanted"] += len(messages)
		s.mu.Unlock()
	}
}

// repeat says again, in another order and under ids of its own, what each participant said: the broker
// cannot know it for a repetition, no more than after its window is over.
func (s *stage) repeat(ctx context.Context, dice *rand.Rand) {
	for _, p := range s.participants {
		var again []messaging.Message
		s.mu.Lock()
		for range min(len(s.sample[p.Name]), 8) {
			m := s.sample[p.Name][dice.IntN(len(s.sample[p.Name]))]
			again = append(again, messaging.Message{
				Kind: m.Kind, ID: fmt.Sprintf("again-%d", dice.Uint64()), Payload: m.Payload, Signature: m.Signature, Key: m.Key,
			})
		}
		s.mu.Unlock()
		s.as(ctx, p, again)
	}
}

// oldMail says again what the switch told the adapters, instructions among it, in any order and under ids
// that the broker does not know.
func (s *stage) oldMail(ctx context.Context, dice *rand.Rand) {
	var again []messaging.Outgoing
	s.ifPossible(s.asSuperuser(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT participant, kind, payload FROM ledger.outbox WHERE participant <> ''
			ORDER BY random() LIMIT 60`)
		if err != nil {
			return err
		}
		var m messaging.Outgoing
		_, err = pgx.ForEachRow(rows, []any{&m.Participant, &m.Kind, &m.Payload}, func() error {
			m.ID = fmt.Sprintf("again-%d", dice.Uint64())
			again = append(again, m)
			m.Payload = nil
			return nil
		})
		return err
	}))
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if s.hub.Publish(ctx, again) == nil { // the broker may be away
		s.mu.Lock()
		s.happened["old messages of the switch"] += len(again)
		s.mu.Unlock()
	}
}

// otherBytes says something else under ids that were used: each must be refused, and what was said first
// goes its way.
func (s *stage) otherBytes(ctx context.Context, dice *rand.Rand) {
	p := s.participants[dice.IntN(len(s.participants))]
	var changed []messaging.Message
	s.mu.Lock()
	sample := s.sample[p.Name]
	s.mu.Unlock()
	for _, m := range sample {
		decoded, err := messaging.DecodeIntents(p.Name, m.Payload)
		poisoned := func(d messaging.DecodedIntent) bool { return d.Fault != nil }
		if m.Kind != messaging.PayloadIntent || err != nil || len(changed) == 4 || slices.ContainsFunc(decoded, poisoned) {
			continue
		}
		intents := make([]messaging.Intent, len(decoded))
		for i := range decoded {
			intents[i] = decoded[i].Intent
			intents[i].Creditor.Account = "thief"
		}
		payloads, err := messaging.EncodeIntents(p.Name, intents, p.salter())
		if err != nil {
			s.fail(err)
		}
		for _, payload := range payloads {
			changed = append(changed, messaging.Message{
				Kind: messaging.PayloadIntent, ID: fmt.Sprintf("changed-%d", dice.Uint64()), Payload: payload,
				Signature: p.sign(messaging.PayloadIntent, payload),
			})
		}
	}
	s.as(ctx, p, changed)
}

// poison sends what cannot be read, in every way that there is, well signed and not.
func (s *stage) poison(ctx context.Context, dice *rand.Rand) {
	p := s.participants[dice.IntN(len(s.participants))]
	garbage := make([]byte, 300)
	for i := range garbage {
		garbage[i] = byte(dice.Uint32())
	}
	payloads := [][]byte{
		garbage, nil, []byte("{"), []byte("null"), []byte(`{"version":2,"participant":"` + p.Name + `","intents":[]}`),
		[]byte(`{"version":2,"participant":"somebody-else","intents":[{"id":"x"}]}`),
		[]byte(`{"version":1,"participant":"` + p.Name + `","intents":[{"id":"x"}]}`),
		[]byte(`{"version":9,"participant":"` + p.Name + `","intents":[{"id":"x"}]}`),
		[]byte(`{"version":2,"participant":"` + p.Name + `","intents":[{"id":"poison-` + fmt.Sprint(dice.Uint32()) + `","source":7}]}`),
		[]byte(`{"version":2,"participant":"` + p.Name + `","outcomes":[{"transfer":"T0000000000001","kind":"payout","state":"paid"}]}`),
		[]byte(strings.Repeat("[", 100_000)),
		bytes.Repeat([]byte(" "), messaging.MaxEnvelopeBytes+1),
	}
	var messages []messaging.Message
	for i, payload := range payloads {
		for _, kind := range []messaging.PayloadKind{messaging.PayloadIntent, messaging.PayloadOutcome} {
			signature := p.sign(kind, payload)
			if dice.IntN(3) == 0 {
				signature = []string{"", "no base64", strings.Repeat("A", 86)}[dice.IntN(3)]
			}
			messages = append(messages, messaging.Message{
				Kind: kind, ID: fmt.Sprintf("poison-%d-%d", i, dice.Uint64()), Payload: payload, Signature: signature,
			})
		}
	}
	s.as(ctx, p, messages)
}
