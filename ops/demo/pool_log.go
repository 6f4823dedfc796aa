package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/ops/audit"
)

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
