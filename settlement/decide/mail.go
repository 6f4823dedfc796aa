package decide

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// mail is what a batch says to one participant.
type mail struct {
	changes      []messaging.Change
	instructions []messaging.Instruction
	windows      []messaging.WindowChange
	recalls      []messaging.RecallAnswer
	liquidity    []messaging.LiquidityAlarm
	settlements  []messaging.SettlementInstruction
}

func (d *decision) to(p *settlement.Participant) *mail {
	for len(d.mail) < len(d.participants) {
		d.mail = append(d.mail, nil)
	}
	m := &d.mail[p.ID-1]
	if *m == nil {
		*m = &mail{}
	}
	return *m
}

// tell tells the debtor's participant where a transfer is now. Of several changes in a batch the last is told.
func (d *decision) tell(t *transfer, state messaging.State, reason string) {
	if d.Silent {
		return
	}
	m := d.to(d.participants[t.Debtor-1])
	change := messaging.Change{Intent: t.Intent, Transfer: t.name, State: state, Reason: reason}
	if t.told.batch == d.batch.ID {
		m.changes[t.told.place] = change
		return
	}
	t.told = tellings{batch: d.batch.ID, place: len(m.changes)}
	m.changes = append(m.changes, change)
}

// refuse tells of something that is no open transfer.
func (m *mail) refuse(c messaging.Change) { m.changes = append(m.changes, c) }

// writeMail puts the log's new entries and everybody's messages into the outbox, participants in order
// of name. Peers and quotes go to everybody when either changed, and of peers those whose rails went down or came back.
func (d *decision) writeMail() error {
	if d.Silent {
		return nil
	}
	for _, entry := range d.batch.Log {
		d.send("", messaging.PayloadLog, entry.Body)
	}
	peers := d.news()
	if d.refreshed || len(peers) > 0 {
		for _, p := range d.participants {
			if p.Role != settlement.RoleProvider {
				d.to(p)
			}
		}
	}
	for _, p := range d.addressees() {
		m, name := d.mail[p.ID-1], p.Name
		status := messaging.StatusMessage{
			Version: messaging.Version, Participant: name, Batch: d.batch.ID, LogIndex: d.batch.LogIndex,
			Changes: m.changes, Peers: peers,
		}
		for windows := range slices.Chunk(m.windows, messaging.MaxListed) {
			told := status
			told.Changes, told.Peers, told.Windows = nil, nil, windows
			payloads, err := messaging.EncodeStatuses(told)
			if err != nil {
				return fmt.Errorf("windows for %s: %w", name, err)
			}
			for _, payload := range payloads {
				d.send(name, messaging.PayloadStatus, payload)
			}
		}
		for recalls := range slices.Chunk(m.recalls, messaging.MaxListed) {
			told := status
			told.Changes, told.Peers, told.Recalls = nil, nil, recalls
			payloads, err := messaging.EncodeStatuses(told)
			if err != nil {
				return fmt.Errorf("recalls for %s: %w", name, err)
			}
			for _, payload := range payloads {
				d.send(name, messaging.PayloadStatus, payload)
			}
		}
		if d.retold {
			if err := d.tellFees(status, p); err != nil {
				return err
			}
		}
		if d.refreshed {
			if err := d.tellQuotes(status, d.currentQuotes(p.Currency)); err != nil {
				return err
			}
		}
		for settlements := range slices.Chunk(m.settlements, settlementsATime) {
			told := status
			told.Changes, told.Peers, told.Settlements = nil, nil, settlements
			payloads, err := messaging.EncodeStatuses(told)
			if err != nil {
				return fmt.Errorf("settlements for %s: %w", name, err)
			}
			for _, payload := range payloads {
				d.send(name, messaging.PayloadStatus, payload)
			}
		}
		status.Liquidity = m.liquidity
		payloads, err := messaging.EncodeStatuses(status)
		if err != nil {
			return fmt.Errorf("status for %s: %w", name, err)
		}
		for _, payload := range payloads {
			d.send(name, messaging.PayloadStatus, payload)
		}
		if len(m.instructions) == 0 {
			continue
		}
		payloads, err = messaging.EncodePayouts(messaging.PayoutMessage{
			Version: messaging.Version, Participant: name, Batch: d.batch.ID, LogIndex: d.batch.LogIndex,
			Instructions: m.instructions,
		})
		if err != nil {
			return fmt.Errorf("payouts for %s: %w", name, err)
		}
		for _, payload := range payloads {
			d.send(name, messaging.PayloadPayout, payload)
		}
	}
	return nil
}

// addressees are those whom the batch has something to say, in order of name.
func (d *decision) addressees() []*settlement.Participant {
	var all []*settlement.Participant
	for i, m := range d.mail {
		if m != nil {
			all = append(all, d.participants[i])
		}
	}
	slices.SortFunc(all, func(a, b *settlement.Participant) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// settlementsATime is how many settlement instructions go into one message.
const settlementsATime = messaging.MaxListed

// quotesATime is how many quotes fit into one message however long their rates are.
const quotesATime = 128

// tellQuotes sends quotes ahead of what else there is to say.
func (d *decision) tellQuotes(status messaging.StatusMessage, quotes []fx.Quote) error {
	for some := range slices.Chunk(quotes, quotesATime) {
		status.Changes, status.Peers, status.Quotes = nil, nil, some
		payloads, err := messaging.EncodeStatuses(status)
		if err != nil {
			return fmt.Errorf("quotes for %s: %w", status.Participant, err)
		}
		for _, payload := range payloads {
			d.send(status.Participant, messaging.PayloadStatus, payload)
		}
	}
	return nil
}

func (d *decision) send(participant string, kind messaging.PayloadKind, payload []byte) {
	d.lastOutbox++
	d.batch.Outbox = append(d.batch.Outbox, ledger.OutboxMessage{
		ID: d.lastOutbox, Participant: participant, Kind: kind, Payload: payload,
	})
}
