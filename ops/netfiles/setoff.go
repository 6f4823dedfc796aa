package netfiles

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/netting"
)

// SetOffFiles are the inputs and outputs of a set-off.
type SetOffFiles struct {
	Obligations string
	Credit      string // "" for none
	Out         string // what is cleared of each row, in the file's order; "" for none, - for standard output
	JSON        bool
}

// unit is what is owed in one unit.
type unit struct {
	debts  []netting.Debt
	rows   []int32 // per debt: its place in the file, from 0
	credit []int64 // per participant; nil without a file of credit
}

// setOffs are the units of a file, and where each participant stands in its unit.
type setOffs struct {
	named        bool // units have names
	file         string
	rows         int
	participants *accounts // in their units
	within       []int32   // per participant: its number in its unit
	counts       []int32   // per unit: participants
	units        []unit
}

type setOffReport struct {
	Objective   jsontext.Value `json:"objective"` // over all units
	Bound       jsontext.Value `json:"bound"`     // the same: it is the optimum
	Ratio       string         `json:"ratio"`     // of the bound
	Tier        string         `json:"tier"`
	Iterations  int64          `json:"iterations"`
	Seconds     float64        `json:"seconds"`
	ReadSeconds float64        `json:"read_seconds"`
	Units       []unitReport   `json:"units"`
}

type unitReport struct {
	Currency     string `json:"currency"`
	Obligations  int    `json:"obligations"`
	Participants int32  `json:"participants"`
	Gross        int64  `json:"gross"`
	Cleared      int64  `json:"cleared"`
	OfGross      string `json:"cleared_of_gross"`
	Iterations   int64  `json:"iterations"`
}

// SetOff discharges as much of the obligations as it can, unit by unit; what somebody owes to itself it discharges
// in full. Errors are *FileError where a file is at fault.
func SetOff(stdout io.Writer, f SetOffFiles) error {
	quiet, err := quiet(f.JSON, f.Out)
	if err != nil {
		return err
	}
	began := time.Now()
	all, err := readObligations(f.Obligations)
	if err != nil {
		return err
	}
	if f.Credit != "" {
		if err := all.readCredit(f.Credit); err != nil {
			return err
		}
	}
	report := setOffReport{Ratio: "1.000000", Tier: "exact", ReadSeconds: time.Since(began).Seconds()}
	began = time.Now()
	cleared, total := make([]int64, all.rows), new(big.Int)
	for c := range all.units {
		of, err := all.setOff(c, cleared)
		if err != nil {
			return err
		}
		report.Units = append(report.Units, of)
		report.Iterations += of.Iterations
		total.Add(total, big.NewInt(of.Cleared))
	}
	report.Seconds = time.Since(began).Seconds()
	report.Objective = jsontext.Value(total.String())
	report.Bound = report.Objective
	if err := writeAll(stdout, output{f.Out, func(w *bufio.Writer) { writeCleared(w, cleared) }}); err != nil {
		return err
	}
	if f.JSON {
		return writeJSON(stdout, report)
	}
	for _, u := range report.Units {
		if quiet {
			break
		}
		if _, err := fmt.Fprintf(stdout, "%-8s %d of %d discharged (%s) between %d participants\n", u.Currency, u.Cleared, u.Gross, u.OfGross, u.Participants); err != nil {
			return err
		}
	}
	return nil
}

// readObligations reads `debtor,creditor,amount` and, where there are several units, `currency`.
func readObligations(file string) (*setOffs, error) {
	all := &setOffs{file: file, participants: newAccounts()}
	err := readTable(file, netting.MaxObligations, func(t *table) error {
		columns, err := t.require("debtor", "creditor", "amount")
		if err != nil {
			return err
		}
		unitColumn := t.column("currency")
		all.named = unitColumn >= 0
		return t.each(func() error { return all.read(t, columns, unitColumn) })
	})
	if err == nil && all.rows == 0 {
		err = &FileError{File: file, Fault: "has no rows"}
	}
	return all, err
}

// read adds the present row to its unit.
func (s *setOffs) read(t *table, columns []int, unitColumn int) (err error) {
	var code []byte
	if unitColumn >= 0 {
		if code, err = t.name(unitColumn); err != nil {
			return err
		}
	}
	var ends [2]int32
	for i := range ends {
		name, err := t.name(columns[i])
		if err != nil {
			return err
		}
		if ends[i], err = s.participant(t, name, code); err != nil {
			return err
		}
	}
	amount, err := t.number(columns[2], 1, math.MaxInt64)
	if err != nil {
		return err
	}
	u := &s.units[s.participants.currencyOf[ends[0]]]
	u.debts = append(u.debts, netting.Debt{Debtor: s.within[ends[0]], Creditor: s.within[ends[1]], AmountMinor: amount})
	u.rows = append(u.rows, int32(s.rows)) //nolint:gosec // G115: below netting.MaxObligations
	s.rows++
	return nil
}

// participant numbers a participant in its unit.
func (s *setOffs) participant(t *table, name, code []byte) (int32, error) {
	number, ok := s.participants.add(name, code)
	if !ok {
		return 0, t.fault("one more than the %d participants that are taken", netting.MaxAccounts)
	}
	if len(s.participants.currencies) > len(s.units) {
		s.units = append(s.units, unit{})
		s.counts = append(s.counts, 0)
	}
	if int(number) == len(s.within) {
		c := s.participants.currencyOf[number]
		s.within = append(s.within, s.counts[c])
		s.counts[c]++
	}
	return number, nil
}

// readCredit reads `participant,currency,limit`, without `currency` where the obligations have none. Who owes
// nothing and is owed nothing has no use for credit, and is passed over.
func (s *setOffs) readCredit(file string) error {
	for c := range s.units {
		s.units[c].credit = make([]int64, s.counts[c])
	}
	return readTable(file, netting.MaxAccounts, func(t *table) error {
		columns, err := t.require("participant", "limit")
		if err != nil {
			return err
		}
		unitColumn := t.column("currency")
		if s.named != (unitColumn >= 0) {
			return t.fault("currency is a column of the obligations or of the credit, but not of both")
		}
		seen := map[int32]bool{}
		return t.each(func() error {
			name, err := t.name(columns[0])
			if err != nil {
				return err
			}
			var code []byte
			if unitColumn >= 0 {
				code = t.fields[unitColumn]
			}
			limit, err := t.number(columns[1], 0, math.MaxInt64)
			if err != nil {
				return err
			}
			number, known := s.participants.find(name, code)
			if !known {
				return nil
			}
			if seen[number] {
				return t.fault("%s has a limit already", quote(name))
			}
			seen[number] = true
			s.units[s.participants.currencyOf[number]].credit[s.within[number]] = limit
			return nil
		})
	})
}

// setOff discharges one unit, and notes what of each row is cleared.
func (s *setOffs) setOff(c int, cleared []int64) (unitReport, error) {
	u := &s.units[c]
	answer, err := netting.SetOff(int(s.counts[c]), u.debts, u.credit)
	if i, is := overflow(err); is {
		return unitReport{}, &FileError{File: s.file, Row: rowAt(int(u.rows[i])), Fault: tooMuch}
	}
	if err != nil {
		return unitReport{}, err
	}
	for i, minor := range answer.AmountMinor {
		cleared[u.rows[i]] = minor
	}
	return unitReport{
		Currency: s.participants.currencies[c], Obligations: len(u.debts), Participants: s.counts[c],
		Gross: answer.GrossMinor, Cleared: answer.TotalMinor, OfGross: ratio(answer.TotalMinor, answer.GrossMinor),
		Iterations: answer.Iterations,
	}, nil
}

func writeCleared(w *bufio.Writer, cleared []int64) {
	_, _ = w.WriteString("cleared\n") // the error comes with Flush
	for _, minor := range cleared {
		_, _ = w.Write(strconv.AppendInt(w.AvailableBuffer(), minor, 10))
		_ = w.WriteByte('\n')
	}
}
