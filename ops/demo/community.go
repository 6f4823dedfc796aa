package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/pool/board"
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/rotation"
	"github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// PoolsReport is the mutual-aid pools' day.
type PoolsReport struct {
	Each      []PoolReport    `json:"each"`
	Round     RoundReport     `json:"round"`
	Needs     NeedsReport     `json:"needs"`
	Emergency EmergencyReport `json:"emergency"`
}

// PoolReport is one pool's. Amounts are minor units of its currency.
type PoolReport struct {
	Name         string           `json:"name"`
	Template     string           `json:"template"`
	Currency     string           `json:"currency"`
	Members      int              `json:"members"`
	Funds        map[string]int64 `json:"funds_minor"`
	PaidInMinor  int64            `json:"paid_in_minor"`  // by members, and as the pot of a round
	PaidOutMinor int64            `json:"paid_out_minor"` // to members, others, and the pot of a round
	Decisions    int              `json:"decisions"`      // carried out after a vote
	Signatures   int              `json:"signatures"`     // of votes
	Entries      int64            `json:"entries"`        // of its log
	Root         string           `json:"root"`
	Verified     string           `json:"verified"`     // what an auditor of its export is told
	View         string           `json:"view"`         // what a member is told of its own redacted view
	PublicLines  map[string]int   `json:"public_lines"` // of pledges and emergencies, by kind, as everybody sees them
	books, logs  bool             // add up, verify
}

// RoundReport is the round of savings across the pools.
type RoundReport struct {
	Host     string      `json:"host"`
	Bundle   string      `json:"bundle"`
	State    string      `json:"state"`
	Receiver string      `json:"receiver"`
	Legs     []LegReport `json:"legs"`
	Batch    int64       `json:"batch"`     // of the switch, that cleared all legs; 0 where not one did
	PotMinor int64       `json:"pot_minor"` // with the receiver's own part, in its money
	PaidOut  string      `json:"paid_out"`  // state of the payout to the member whose turn it is
	whole    bool
}

// LegReport is what one pool sent.
type LegReport struct {
	Pool         string `json:"pool"`
	Currency     string `json:"currency"`
	Minor        int64  `json:"minor"`
	ArrivedMinor int64  `json:"arrived_minor"`
	State        string `json:"state"`
}

// NeedsReport is the needs that were met: with hours by another member, and with a payout abroad.
type NeedsReport struct {
	Pool       string `json:"pool"`
	Match      string `json:"match"`
	HoursMinor int64  `json:"hours_minor"` // paid for it, in hundredths
	PaidBy     string `json:"paid_by"`
	Payout     string `json:"payout"` // state of its transfer
	PaidTo     string `json:"paid_to"`
	Signatures int    `json:"signatures"`
}

// EmergencyReport is a declaration, and what those who had pledged paid on it.
type EmergencyReport struct {
	Pool        string       `json:"pool"`
	Kind        string       `json:"kind"`
	Declaration string       `json:"declaration"`
	Votes       int          `json:"votes"`
	Kept        []KeptReport `json:"kept"`
	MS          int64        `json:"ms"` // from the declaration's entry to that of the last payout that was paid
}

// KeptReport is a pledge that was kept.
type KeptReport struct {
	Pool     string `json:"pool"`
	Currency string `json:"currency"`
	Minor    int64  `json:"minor"`
	State    string `json:"state"`
	Votes    int    `json:"votes"` // on the payout itself: none, the pledge was the decision
}

// community reads every pool's own book and log.
func (p *play) community(ctx context.Context, r *Report) error {
	for _, c := range communities {
		one, err := p.onePool(ctx, c)
		if err != nil {
			return err
		}
		r.Pools.Each = append(r.Pools.Each, one)
	}
	var err error
	if r.Pools.Round, err = p.theRound(ctx); err != nil {
		return err
	}
	r.Pools.Needs = p.theNeeds()
	r.Pools.Emergency, err = p.theEmergency(ctx)
	return err
}

func (p *play) onePool(ctx context.Context, c community) (PoolReport, error) {
	r := PoolReport{
		Name: c.name, Template: c.template, Currency: p.stage.actors[c.name].Currency.String(), Funds: map[string]int64{}, books: true,
	}
	p.stage.pools[c.name].View(func(s *decide.State) {
		r.Members = s.Facts().Members
		sums := map[string]int64{}
		for account, minor := range s.Balances() {
			sums[account.Unit.String()] += minor
			kind, name, _ := strings.Cut(account.Path, "/")
			switch {
			case account.Unit.String() != r.Currency:
			case kind == "fund":
				r.Funds[name] = minor
			case kind == "contributed":
				r.PaidInMinor -= minor
			case kind == "received":
				r.PaidOutMinor += minor
			}
		}
		for _, sum := range sums {
			r.books = r.books && sum == 0
		}
	})
	for _, proposal := range p.stage.proposals(c.name) {
		r.Signatures += len(proposal.Votes)
		if proposal.State == decide.Carried && len(proposal.Votes) > 0 {
			r.Decisions++
		}
	}
	return r, p.verifyPool(ctx, c.name, &r)
}

// verifyPool exports a pool's log, the view of one of its members and that of everybody, and has each verified as anybody could.
func (p *play) verifyPool(ctx context.Context, name string, r *PoolReport) (err error) {
	dir, err := os.MkdirTemp("", "ayni-"+name+"-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // of the system's own place for such
	home := p.stage.pools[name]
	visible := map[string]bool{}
	home.View(func(s *decide.State) {
		for _, audience := range []charter.Audience{charter.Members, charter.Public} {
			for _, v := range s.Charter().Visibility {
				visible[string(audience)+"/"+string(v.Section)] = s.Shown(v.Section, audience)
			}
			visible[string(audience)+"/"+string(decide.SectionWithin)] = s.Shown(decide.SectionWithin, audience)
		}
	})
	shows := func(section, audience string) bool { return visible[audience+"/"+section] }
	whole, member, public := filepath.Join(dir, "whole"), filepath.Join(dir, "member"), filepath.Join(dir, "public")
	if err := diary.WriteExport(ctx, whole, home.Public, home.Store); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	theirs := diary.View{Audience: string(charter.Members), Member: memberName(1)}.Shows(shows)
	if err := diary.WriteView(ctx, member, home.Public, home.Store, theirs); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	everybodys := diary.View{Audience: string(charter.Public)}.Shows(shows)
	if err := diary.WriteView(ctx, public, home.Public, home.Store, everybodys); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	r.logs = true
	for _, copied := range []struct {
		dir  string
		says *string
	}{{whole, &r.Verified}, {member, &r.View}, {public, nil}} {
		read, err := audit.Verify(ctx, audit.Config{Dir: copied.dir, Key: home.Public})
		if err != nil {
			return fmt.Errorf("demo: %w", err)
		}
		r.logs = r.logs && read.OK()
		r.Entries, r.Root = read.Entries, read.Root
		if copied.says != nil {
			*copied.says = read.String()
		}
	}
	r.PublicLines, err = p.publicLines(ctx, name, everybodys)
	return err
}

// publicLines counts what everybody is shown of pledges and emergencies.
func (p *play) publicLines(ctx context.Context, name string, shown func(diary.Line) bool) (map[string]int, error) {
	lines := map[string]int{}
	home := p.stage.pools[name]
	size, _, err := home.Store.Newest(ctx)
	if err != nil {
		return nil, err
	}
	for logged, err := range home.Store.Entries(ctx, size) {
		if err != nil {
			return nil, err
		}
		for _, blob := range logged.Blobs {
			_, line, err := diary.ParseBlob(blob)
			if err != nil {
				return nil, fmt.Errorf("demo: %s: %w", name, err)
			}
			if shown(line) && line.Section == string(charter.SectionPledges) && line.Kind != "said" {
				lines[line.Kind]++
			}
		}
	}
	return lines, nil
}

// theRound reads from the switch's ledger how the round's legs moved.
func (p *play) theRound(ctx context.Context) (RoundReport, error) {
	r := RoundReport{Host: poolName, Receiver: manila, whole: true}
	var legs int
	p.stage.pools[poolName].View(func(s *decide.State) {
		if g := s.Group(poolGroup); g != nil && len(g.Rounds) > 0 {
			r.State = string(g.Rounds[0].State)
			r.Bundle = fmt.Sprintf("%s-%s-1-%d", poolName, poolGroup, g.Rounds[0].Attempt)
			legs = len(g.Seats) - 1
		}
	})
	moved, err := p.stage.books.Legs(ctx, r.Bundle)
	if err != nil {
		return r, err
	}
	for i, leg := range moved {
		if i == 0 {
			r.Batch = leg.Cleared
		}
		r.whole = r.whole && leg.Cleared == r.Batch && leg.Cleared > 0 && leg.Creditor == manila
		r.PotMinor += leg.Destination.Minor
		r.Legs = append(r.Legs, LegReport{
			Pool: leg.Debtor, Currency: leg.Source.Currency.String(), Minor: leg.Source.Minor, ArrivedMinor: leg.Destination.Minor,
			State: string(leg.State),
		})
	}
	r.PotMinor += communityOf(manila).partMinor
	if paid := p.stage.find(manila, refersTo(turnReference)); paid != nil {
		r.PaidOut = string(paid.Payout)
		r.whole = r.whole && paid.Cost == r.PotMinor
	}
	for _, c := range communities { // nothing of a round is left behind
		p.stage.pools[c.name].View(func(s *decide.State) {
			for account, minor := range s.Balances() {
				r.whole = r.whole && (minor == 0 || !strings.HasPrefix(account.Path, "rotation/"))
			}
		})
	}
	r.whole = r.whole && len(moved) == legs && legs > 0 && r.State == string(rotation.Paid)
	return r, nil
}

func (p *play) theNeeds() NeedsReport {
	r := NeedsReport{Pool: london}
	p.stage.pools[london].View(func(s *decide.State) {
		r.Match = string(theMatch(s).State)
		r.HoursMinor = s.Balance("credit/"+memberName(2), hoursOf(london))
	})
	if paid := p.stage.find(poolName, refersTo(medicine)); paid != nil {
		r.PaidBy, r.Payout, r.PaidTo, r.Signatures = poolName, string(paid.Payout), paid.Paying().To, len(paid.Votes)
	}
	return r
}

func (p *play) theEmergency(ctx context.Context) (EmergencyReport, error) {
	r := EmergencyReport{Pool: manila}
	said := p.stage.find(manila, func(o *decide.Proposal) bool { return o.Kind == charter.Emergency })
	if said == nil {
		return r, nil
	}
	r.Kind, r.Declaration, r.Votes = flood, said.ID, len(said.Votes)
	from, err := p.stage.when(ctx, manila, func(kind string, line diary.Line) bool { return line.Kind == decide.LineDeclaration })
	if err != nil {
		return r, err
	}
	last := from
	for _, c := range communities {
		kept := p.stage.find(c.name, isKept)
		if kept == nil {
			continue
		}
		r.Kept = append(r.Kept, KeptReport{
			Pool: c.name, Currency: p.stage.actors[c.name].Currency.String(), Minor: kept.Cost, State: string(kept.Payout), Votes: len(kept.Votes),
		})
		paid, err := p.stage.when(ctx, c.name, func(kind string, line diary.Line) bool {
			var of struct {
				Proposal string             `json:"proposal"`
				State    decide.PayoutState `json:"state"`
			}
			return kind == decide.WordPaid && line.Kind == "payout" && json.Unmarshal(line.Body, &of) == nil && of.Proposal == kept.ID
		})
		if err != nil {
			return r, err
		}
		if paid.After(last) {
			last = paid
		}
	}
	r.MS = last.Sub(from).Milliseconds()
	return r, nil
}

// when is the time of the first input that made such a line; kind is the input's. It is zero where none did.
func (s *stage) when(ctx context.Context, pooled string, made func(kind string, line diary.Line) bool) (time.Time, error) {
	for record, err := range s.pools[pooled].Store.Load(ctx) {
		if err != nil {
			return time.Time{}, err
		}
		for _, blob := range record.Blobs {
			_, line, err := diary.ParseBlob(blob)
			if err != nil {
				return time.Time{}, fmt.Errorf("demo: %s: %w", pooled, err)
			}
			if made(record.Input.Kind, line) {
				return record.Input.At, nil
			}
		}
	}
	return time.Time{}, nil
}

// poolInvariants holds what the pools did against what must be true.
func (r *PoolsReport) invariants() []ledger.Finding {
	books, logs, entries, lines := true, true, int64(0), ""
	for _, one := range r.Each {
		books, logs, entries = books && one.books, logs && one.logs, entries+one.Entries
		if !one.logs && lines == "" {
			lines = "; " + one.Name + ": " + one.Verified + "; " + one.View
		}
	}
	kept, public := len(r.Emergency.Kept) > 0, 0
	for _, k := range r.Emergency.Kept {
		kept = kept && k.State == string(decide.PayoutPaid) && k.Votes == 0
	}
	for _, one := range r.Each {
		public += one.PublicLines["kept"]
	}
	pledged := 0
	for _, c := range communities {
		if c.pledgeMinor > 0 {
			pledged++
		}
	}
	needs := r.Needs.Match == string(board.Done) && r.Needs.HoursMinor == hoursNeeded*100 &&
		r.Needs.Payout == string(decide.PayoutPaid) && r.Needs.Signatures >= poolThreshold
	finding := func(name string, ok bool, format string, args ...any) ledger.Finding {
		return ledger.Finding{Name: name, OK: ok, Detail: fmt.Sprintf(format, args...)}
	}
	return []ledger.Finding{
		finding("pools_books_add_up", books && len(r.Each) == len(communities), "%d pools' own books add up to zero in every unit: %v", len(r.Each), books),
		finding("pools_logs_verify", logs, "%d entries under their own keys, decided again from exports; a member's view and the public's verify%s", entries, lines),
		finding("round_all_or_none", r.Round.whole, "%d legs of %s into %s, all in batch %d; nothing is left behind: %v",
			len(r.Round.Legs), r.Round.Bundle, r.Round.Receiver, r.Round.Batch, r.Round.whole),
		finding("needs_met", needs, "hours for a need in %s, match %s; %s paid a family at %s on %d signatures of %d: %s",
			r.Needs.Pool, r.Needs.Match, poolName, r.Needs.PaidTo, r.Needs.Signatures, poolThreshold, r.Needs.Payout),
		finding("pledges_kept", kept && len(r.Emergency.Kept) == pledged && public > 0,
			"%d of %d pledges paid %d ms after %s declared a %s, and nobody voted again; %d lines of it are public",
			len(r.Emergency.Kept), pledged, r.Emergency.MS, manila, flood, public),
	}
}
