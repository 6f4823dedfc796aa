package bench

import (
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// SelfShare is the processor time of what is on this machine only because it is measured here, of 1,000 transfers,
// measured by itself before the runs. Without it the rest would be faster.
type SelfShare struct {
	MakeCPUSPer1000    float64 `json:"make_cpu_s_per_1000"`    // inventing payments, writing and signing intents and outcomes
	ReceiveCPUSPer1000 float64 `json:"receive_cpu_s_per_1000"` // participants verify and read payouts and statuses
	IntentBytes        int     `json:"intent_bytes"`           // a mean intent, in its envelope
}

// sharePacks is how many full envelopes are enough to tell.
const sharePacks = 40

// share measures what participants themselves cost, without their connections.
func (m *market) share() (s SelfShare, err error) {
	signer, err := newSigner()
	if err != nil {
		return s, err
	}
	verifier, err := messaging.NewVerifier(signer.PublicKey())
	if err != nil {
		return s, err
	}
	salter, err := newSalter()
	if err != nil {
		return s, err
	}
	sent, size := make([][]messaging.Intent, sharePacks), 0
	made, err := cpuOf(func() (err error) {
		t := m.traffic(sharePacks*messaging.MaxIntents, 0)
		for n := range sent {
			if sent[n], err = m.pack(t); err != nil {
				return err
			}
			intents, err := messaging.EncodeIntents(m.members[0].name, sent[n], salter)
			if err != nil {
				return err
			}
			outcomes, err := messaging.EncodeOutcomes(m.members[0].name, outcomesOf(sent[n]), salter)
			if err != nil {
				return err
			}
			for _, payload := range intents {
				size += len(payload)
				if _, err := signed(signer, messaging.PayloadIntent, payload); err != nil {
					return err
				}
			}
			for _, payload := range outcomes {
				if _, err := signed(signer, messaging.PayloadOutcome, payload); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	answers, err := m.answers(signer, sent)
	if err != nil {
		return s, err
	}
	received, err := cpuOf(func() error {
		for _, a := range answers {
			if err := verifier.Verify(a.Kind, a.Payload, a.Signature); err != nil {
				return err
			}
			if a.Kind == messaging.PayloadPayout {
				_, err = messaging.DecodePayout(m.members[0].name, a.Payload)
			} else {
				_, err = messaging.DecodeStatus(m.members[0].name, a.Payload)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	transfers := float64(sharePacks * messaging.MaxIntents)
	s.MakeCPUSPer1000, s.ReceiveCPUSPer1000 = made.Seconds()/transfers*1000, received.Seconds()/transfers*1000
	s.IntentBytes = size / (sharePacks * messaging.MaxIntents)
	return s, err
}

// pack makes one envelope's intents.
func (m *market) pack(t *traffic) ([]messaging.Intent, error) {
	intents := make([]messaging.Intent, messaging.MaxIntents)
	for n := range intents {
		p, _, err := t.next()
		if err != nil {
			return nil, err
		}
		intents[n] = m.intentOf(p, int64(n), time.Now())
	}
	return intents, nil
}

func transferOf(n int) string { return fmt.Sprintf("T%013d", n) }

func outcomesOf(intents []messaging.Intent) []messaging.Outcome {
	outcomes := make([]messaging.Outcome, len(intents))
	for n, i := range intents {
		outcomes[n] = messaging.Outcome{
			Transfer: transferOf(n), Kind: messaging.KindPayout, State: messaging.OutcomePaid, Amount: i.Destination,
			RailRef: railRef(transferOf(n)),
		}
	}
	return outcomes
}

// answers are what the switch says of intents: that they cleared, to pay them out, and that they were paid.
func (m *market) answers(signer *messaging.Signer, sent [][]messaging.Intent) (all []messaging.Message, err error) {
	name := m.members[0].name
	for _, intents := range sent {
		payout, status := messaging.PayoutMessage{Participant: name}, messaging.StatusMessage{Participant: name}
		for n, i := range intents {
			payout.Instructions = append(payout.Instructions, messaging.Instruction{
				Transfer: transferOf(n), Kind: messaging.KindPayout, Intent: i.ID, Amount: i.Destination, Debtor: i.Debtor,
				Creditor: i.Creditor, Counterparty: name, Reference: i.Reference,
			})
			status.Changes = append(status.Changes, messaging.Change{Intent: i.ID, Transfer: transferOf(n), State: messaging.StateCleared})
		}
		payouts, err := messaging.EncodePayouts(payout)
		if err != nil {
			return nil, err
		}
		statuses, err := messaging.EncodeStatuses(status)
		if err != nil {
			return nil, err
		}
		for kind, payloads := range map[messaging.PayloadKind][][]byte{
			messaging.PayloadPayout: payouts, messaging.PayloadStatus: append(statuses, statuses...),
		} {
			for _, payload := range payloads {
				message, err := signed(signer, kind, payload)
				if err != nil {
					return nil, err
				}
				all = append(all, message)
			}
		}
	}
	return all, nil
}

// cpuOf is the processor time that work took, with what the collector did meanwhile.
func cpuOf(work func() error) (time.Duration, error) {
	before, err := ownUsage()
	if err == nil {
		err = work()
	}
	if err != nil {
		return 0, err
	}
	after, err := ownUsage()
	return after.cpu - before.cpu, err
}
