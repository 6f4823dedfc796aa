package bulk

import (
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/ayni-switch/ayni/messaging"
)

// claim takes up an approved file: it records the lines that are wrong by themselves and holds the ids of
// the others against those of all files, in the order of the ids' hashes so that neighbours share pages.
// It may be cut off anywhere and begins again.
func (d *Desk) claim(k key, f *file) error {
	var wrong []fault
	record := func(most int) error {
		if len(wrong) <= most {
			return nil
		}
		err := d.db.Update(func(tx *bolt.Tx) error { return putFaults(tx, k, wrong) })
		wrong = wrong[:0]
		return err
	}
	all, err := scan(d.path(f.SHA256), func(line int, why *messaging.FaultError) error {
		wrong = append(wrong, fault{line, why})
		return record(claimChunk)
	})
	if err != nil {
		return err
	}
	for i := range all.holders {
		if why := all.repeated(i); why != nil {
			wrong = append(wrong, fault{int(all.holders[i].line), why})
			if err := record(claimChunk); err != nil {
				return err
			}
		}
	}
	if err := record(0); err != nil {
		return err
	}
	all.holders = slices.CompactFunc(all.holders, func(a, b holder) bool { return a.id == b.id })
	for chunk := range slices.Chunk(all.holders, claimChunk) {
		if err := d.db.Update(func(tx *bolt.Tx) error { return claimIDs(tx, k, chunk) }); err != nil {
			return err
		}
		if err := d.cfg.failpoint("ids claimed"); err != nil {
			return err
		}
	}
	return d.db.Update(func(tx *bolt.Tx) error {
		f, err := loadFile(tx, k)
		if err != nil {
			return err
		}
		f.State = Running
		return saveFile(tx, k, f)
	})
}

// fault is a line that is wrong by itself, or in its file.
type fault struct {
	line int
	why  *messaging.FaultError
}

// putFaults records lines that were counted as invalid when the file was taken.
func putFaults(tx *bolt.Tx, k key, wrong []fault) error {
	slices.SortFunc(wrong, func(a, b fault) int { return a.line - b.line })
	records, err := tx.Bucket(bucketLines).CreateBucketIfNotExists(k[:])
	if err != nil {
		return err
	}
	for _, w := range wrong {
		if err := put(records, lineKey(w.line), refused(w.why)); err != nil {
			return err
		}
	}
	return nil
}

// claimIDs gives ids to lines, and faults to the lines whose ids belong to others.
func claimIDs(tx *bolt.Tx, k key, holders []holder) error {
	f, err := loadFile(tx, k)
	if err != nil {
		return err
	}
	if _, err := tx.Bucket(bucketLines).CreateBucketIfNotExists(k[:]); err != nil {
		return err
	}
	ids := tx.Bucket(bucketIDs)
	for _, h := range holders {
		mine := claim{file: k, line: int(h.line)}
		other, held := decodeClaim(ids.Get(h.id[:]))
		if held && other == mine {
			continue
		}
		if held {
			before, err := loadLine(lines(tx, other.file), other.line)
			if err != nil {
				return err
			}
			if before == nil || !before.State.unpaid() {
				if err := duplicate(tx, f, mine, other); err != nil {
					return err
				}
				continue
			}
		}
		if err := ids.Put(h.id[:], mine.encode()); err != nil {
			return err
		}
	}
	return saveFile(tx, k, f)
}

// duplicate refuses a line whose id another file's line has.
func duplicate(tx *bolt.Tx, f *file, mine, other claim) error {
	records := lines(tx, mine.file)
	known, err := loadLine(records, mine.line)
	if err != nil || known != nil { // refused before the desk was cut off
		return err
	}
	holder, err := loadFile(tx, other.file)
	if err != nil {
		return err
	}
	f.moved(Waiting, Invalid)
	why := refuse(FaultDuplicateID, "line %d of file %s has this id", other.line, holder.SHA256)
	return put(records, lineKey(mine.line), refused(why))
}

// release frees the ids of the lines that ended unpaid: those that a finished file still has were paid, and
// its lines' records can go. It may be cut off anywhere and begins again.
func (d *Desk) release(k key, f *file) error {
	unpaid, err := d.unpaid(k, f)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(unpaid, claimChunk) {
		err := d.db.Update(func(tx *bolt.Tx) error {
			ids := tx.Bucket(bucketIDs)
			for _, h := range chunk {
				if other, held := decodeClaim(ids.Get(h.id[:])); !held || other != (claim{file: k, line: int(h.line)}) {
					continue
				}
				if err := ids.Delete(h.id[:]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("bulk: %w", err)
		}
	}
	return d.cfg.failpoint("ids released")
}

// unpaid finds the lines that ended unpaid, in the order of their ids' hashes.
func (d *Desk) unpaid(k key, f *file) ([]holder, error) {
	s, err := openSpool(d.path(f.SHA256), mark{})
	if err != nil {
		return nil, err
	}
	found := make([]holder, 0, f.Lines-f.Counts[State(messaging.StatePaid)])
	err = d.db.View(func(tx *bolt.Tx) error {
		records := lines(tx, k)
		for s.at.Line < f.Lines+firstLine {
			line := s.at.Line
			raw, err := s.next()
			if err != nil {
				return fmt.Errorf("%w: %w", errSpool, err)
			}
			r, err := loadLine(records, line)
			if err != nil {
				return err
			}
			if r == nil || !r.State.unpaid() {
				continue
			}
			if l, _, fault := ParseLine(raw); fault == nil {
				found = append(found, holder{id: idHash(l.ID), line: uint32(line)}) //nolint:gosec // at most MaxLines+1
			}
		}
		return nil
	})
	slices.SortFunc(found, holder.compare)
	return found, errors.Join(err, s.close())
}
