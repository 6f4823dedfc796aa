package bulk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// draft is a pack before it is durable.
type draft struct {
	pack
	at       place // of its first line
	lines    []drafted
	intents  []messaging.Intent
	currency fx.Currency
	until    time.Time // its quotes hold longer than that
	next     mark
	holds    string // why it ends before the file does
}

// drafted is a line's new record, and the state that it had.
type drafted struct {
	line   int
	before State
	record *record
}

// send prices the next lines, makes them durable and publishes them.
func (p *pump) send(ctx context.Context, k key, f *file) (progress bool, holds string, err error) {
	prices := p.market.Prices()
	if !prices.Known() {
		return false, "the switch has not said yet whom one can pay", nil
	}
	d, err := p.draft(k, f, prices)
	if err != nil {
		return false, "", err
	}
	if d.next == f.Next {
		return false, d.holds, nil
	}
	if err := p.db.Update(func(tx *bolt.Tx) error { return d.keep(tx, k) }); err != nil {
		return false, "", fmt.Errorf("bulk: %w", err)
	}
	if err := p.cfg.failpoint("pack durable"); err != nil {
		return false, "", err
	}
	if len(d.intents) > 0 {
		p.publish(ctx, string(packKey(d.at)), d.intents)
		err = p.cfg.failpoint("pack published")
	}
	return true, d.holds, err
}

// draft prices the next lines of this sweep, from f.Next on.
func (p *pump) draft(k key, f *file, prices adapters.Prices) (*draft, error) {
	s, err := openSpool(p.path(f.SHA256), f.Next)
	if err != nil {
		return nil, err
	}
	moment := now()
	d := &draft{
		pack:     pack{Deadline: moment.Add(p.cfg.IntentTTL), Quotes: map[string]string{}},
		currency: prices.Currency, until: moment.Add(quoteMargin), next: f.Next,
	}
	err = p.db.View(func(tx *bolt.Tx) error {
		records := lines(tx, k)
		for looked := 0; looked < packScan && len(d.lines) < packLines && d.holds == ""; looked++ {
			at := s.at
			raw, err := s.next()
			if errors.Is(err, io.EOF) {
				if at.Line != f.Lines+firstLine {
					return fmt.Errorf("%w: they end with line %d", errSpool, at.Line-1)
				}
				d.next = at
				return nil
			}
			if err != nil {
				return fmt.Errorf("%w: %w", errSpool, err)
			}
			r, err := loadLine(records, at.Line)
			if err != nil {
				return err
			}
			if r == nil && f.Sweep == 0 || r != nil && r.State == Again {
				p.price(d, place{file: k, line: at.Line, sweep: f.Sweep}, at, raw, r, prices)
			}
			if d.holds == "" {
				d.next = s.at
			}
		}
		return nil
	})
	d.End, d.Unanswered = d.next.Line, len(d.intents)
	return d, errors.Join(err, s.close())
}

// price adds a line to the draft, as an intent or with what is wrong with it, or says that it has to wait.
func (p *pump) price(d *draft, at place, where mark, raw []byte, before *record, prices adapters.Prices) {
	state := Waiting
	if before != nil {
		state = before.State
	}
	l, _, fault := ParseLine(raw)
	var offer fx.Offer
	if fault == nil {
		offer, fault = prices.Offer(l.CreditorParticipant, l.Amount, d.until)
		lacking := fault != nil && (fault.Fault == messaging.FaultQuoteUnknown || fault.Fault == messaging.FaultQuoteExpired)
		if lacking && p.waits(prices.PaidIn(l.CreditorParticipant)) {
			d.holds = fault.Detail
			return
		}
	}
	if fault != nil {
		d.lines = append(d.lines, drafted{at.line, state, refused(fault)})
		return
	}
	delete(p.lacks, offer.Destination.Currency.String())
	r := &record{
		State: Sent, Sweep: at.sweep,
		Source: offer.Source.Minor, Destination: offer.Destination.Minor, Currency: offer.Destination.Currency,
	}
	if offer.Quote.ID != "" {
		d.Quotes[r.Currency.String()] = offer.Quote.ID
	}
	if len(d.intents) == 0 {
		d.at, d.First = at, where
	}
	d.lines = append(d.lines, drafted{at.line, state, r})
	d.intents = append(d.intents, d.intent(at, l, r, d.currency))
}

// waits tells whether a first quote of a currency may still be waited for.
func (p *pump) waits(currency string) bool {
	since, known := p.lacks[currency]
	if !known {
		since = time.Now()
		p.lacks[currency] = since
	}
	return time.Since(since) < p.cfg.patience
}

// keep writes the draft and how far the file was sent, together.
func (d *draft) keep(tx *bolt.Tx, k key) error {
	f, err := loadFile(tx, k)
	if err != nil {
		return err
	}
	records, err := tx.Bucket(bucketLines).CreateBucketIfNotExists(k[:])
	if err != nil {
		return err
	}
	for _, l := range d.lines {
		f.moved(l.before, l.record.State)
		if err := put(records, lineKey(l.line), l.record); err != nil {
			return err
		}
	}
	if d.Unanswered > 0 {
		if err := put(tx.Bucket(bucketPacks), packKey(d.at), d.pack); err != nil {
			return err
		}
	}
	f.Next, f.Currency = d.next, d.currency
	return saveFile(tx, k, f)
}

// publish sends a pack's intents and notes when to do it again. A failure is mended by that.
func (p *pump) publish(ctx context.Context, at string, intents []messaging.Intent) {
	next := sending{wait: p.cfg.Republish}
	if before, again := p.sent[at]; again {
		next.wait = min(2*before.wait, maxRepublish)
	}
	next.due = time.Now().Add(next.wait)
	if err := p.cfg.Switch.PublishIntents(ctx, intents); err != nil {
		p.log.Warn("lines will be published again", "lines", len(intents), "error", err)
		next = sending{due: time.Now().Add(switchRetry), wait: p.cfg.Republish}
	}
	p.sent[at] = next
}

// republish sends again what has no answer yet: at once after a start, then ever slower.
func (p *pump) republish(ctx context.Context, k key, f *file) error {
	due := map[string]pack{}
	unanswered := map[string]bool{}
	err := p.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketPacks).Cursor()
		for at, _ := c.Seek(k[:]); bytes.HasPrefix(at, k[:]); at, _ = c.Next() {
			unanswered[string(at)] = true
			if sent, ok := p.sent[string(at)]; ok && time.Now().Before(sent.due) {
				continue
			}
			var found pack
			if _, err := get(tx.Bucket(bucketPacks), at, &found); err != nil {
				return err
			}
			due[string(at)] = found
		}
		return nil
	})
	if err != nil {
		return err
	}
	maps.DeleteFunc(p.sent, func(at string, _ sending) bool { return at[:len(k)] == string(k[:]) && !unanswered[at] })
	for at, found := range due {
		intents, err := p.remake(k, f, int(at[len(k)]), &found)
		if err != nil {
			return err
		}
		if len(intents) > 0 {
			p.publish(ctx, at, intents)
		}
	}
	return nil
}

// remake makes the intents of a pack that the switch did not answer, to the byte as they were.
func (p *pump) remake(k key, f *file, sweep int, sent *pack) (intents []messaging.Intent, err error) {
	s, err := openSpool(p.path(f.SHA256), sent.First)
	if err != nil {
		return nil, err
	}
	err = p.db.View(func(tx *bolt.Tx) error {
		records := lines(tx, k)
		for s.at.Line < sent.End {
			at := place{file: k, line: s.at.Line, sweep: sweep}
			raw, err := s.next()
			if err != nil {
				return fmt.Errorf("%w: %w", errSpool, err)
			}
			r, err := loadLine(records, at.line)
			if err != nil {
				return err
			}
			if r == nil || r.State != Sent || r.Sweep != sweep {
				continue
			}
			l, _, fault := ParseLine(raw)
			if fault != nil {
				return fmt.Errorf("%w: line %d was sound: %w", errSpool, at.line, fault)
			}
			intents = append(intents, sent.intent(at, l, r, f.Currency))
		}
		return nil
	})
	return intents, errors.Join(err, s.close())
}
