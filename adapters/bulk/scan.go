package bulk

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// holder is a sound line and what has to be known of it together with all others. It is all that is held
// in memory of a line while a file is checked or claimed.
type holder struct {
	minor    int64
	id       [16]byte // hash of the line's id
	line     uint32
	currency uint8 // place in scanned.currencies
}

func (h holder) compare(o holder) int {
	return cmp.Or(bytes.Compare(h.id[:], o.id[:]), cmp.Compare(h.line, o.line))
}

func idHash(id string) [16]byte {
	sum := sha256.Sum256([]byte(id))
	return [16]byte(sum[:])
}

// scanned is what a whole file holds.
type scanned struct {
	lines      int
	holders    []holder // the sound lines, by their ids' hashes and then by number
	currencies []fx.Currency
}

// repeated is the fault of the i-th holder where its id is also an earlier line's, nil where it is not.
func (s *scanned) repeated(i int) *messaging.FaultError {
	if i == 0 || s.holders[i-1].id != s.holders[i].id {
		return nil
	}
	return refuse(FaultDuplicateID, "line %d has this id", s.holders[i-1].line)
}

// scan reads a whole file and hands over what is wrong with lines by themselves. Errors are
// *messaging.FaultError where it is no such file, the disk's and those of unsound.
func scan(path string, unsound func(line int, fault *messaging.FaultError) error) (*scanned, error) {
	s, err := openSpool(path, mark{})
	if err != nil {
		return nil, err
	}
	all := &scanned{}
	if info, statErr := s.file.Stat(); statErr == nil { // so that it need not grow: a sound line is longer than that
		all.holders = make([]holder, 0, min(MaxLines, info.Size()/shortLine))
	}
	err = all.read(&s.reader, unsound)
	if err := errors.Join(err, s.close()); err != nil {
		return nil, err
	}
	slices.SortFunc(all.holders, holder.compare)
	return all, nil
}

func (s *scanned) read(r *reader, unsound func(int, *messaging.FaultError) error) error {
	for {
		line := r.at.Line
		raw, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", errSpool, err)
		}
		if s.lines++; s.lines > MaxLines {
			return refuse(messaging.FaultOversized, "more than %d lines", MaxLines)
		}
		l, amount, fault := ParseLine(raw)
		if fault == nil {
			fault = s.add(l.ID, line, amount)
		}
		if fault != nil {
			if err := unsound(line, fault); err != nil {
				return err
			}
		}
	}
	if s.lines == 0 {
		return refuse(messaging.FaultSchema, "the file has no lines")
	}
	return nil
}

func (s *scanned) add(id string, line int, amount fx.Money) *messaging.FaultError {
	at := slices.Index(s.currencies, amount.Currency)
	if at < 0 {
		if at = len(s.currencies); at == maxCurrencies {
			return refuse(messaging.FaultUnknownCurrency, "the file has more than %d currencies", maxCurrencies)
		}
		s.currencies = append(s.currencies, amount.Currency)
	}
	s.holders = append(s.holders, holder{
		minor: amount.Minor, id: idHash(id), line: uint32(line), currency: uint8(at), //nolint:gosec // both within the limits
	})
	return nil
}

// check counts and adds up a file, and hands over what is wrong with its lines.
func check(path string, wrong func(line int, fault *messaging.FaultError) error) (File, error) {
	faults := 0
	counted := func(line int, fault *messaging.FaultError) error {
		faults++
		return wrong(line, fault)
	}
	all, err := scan(path, counted)
	if err != nil {
		return File{}, err
	}
	totals := make([]int64, len(all.currencies))
	for i, h := range all.holders {
		if fault := all.repeated(i); fault != nil {
			if err := counted(int(h.line), fault); err != nil {
				return File{}, err
			}
			continue
		}
		totals[h.currency] += h.minor
	}
	f := File{Lines: all.lines, Totals: map[string]messaging.Amount{}, Counts: map[State]int{}}
	for i, currency := range all.currencies {
		f.Totals[currency.String()] = messaging.NewAmount(fx.Money{Minor: totals[i], Currency: currency})
	}
	for state, n := range map[State]int{Waiting: all.lines - faults, Invalid: faults} {
		if n > 0 {
			f.Counts[state] = n
		}
	}
	return f, nil
}
