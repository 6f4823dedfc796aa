package audit_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// namedAt wants a forgery to be found at the first entry that it changed, or at the batch whose commands it is among, before
// or after: its record speaks of them.
func namedAt(d *day, forged *history, what string) error {
	report, err := forged.verified("")
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	at := firstChange(d.whole, forged)
	of := []int64{at, d.whole.batchOf(at), d.whole.batchOf(max(at-1, 0))}
	if report.OK() || !slices.Contains(of, report.Difference.Index) {
		return fmt.Errorf("%s, at entry %d: %s", what, at, report)
	}
	return nil
}

// Entries that are dropped, swapped or repeated in a tree that the log's own key signs: the first that does not follow is
// named. What is cut off at the end of a batch is an older log, which only who knows of a newer one can tell.
func TestEntriesMovedUnderTheLogsKeyAreNamed(t *testing.T) {
	for _, d := range days(t) {
		t.Run(d.name, func(t *testing.T) {
			known, err := d.whole.signed(len(d.whole.entries))
			require.NoError(t, err)
			every(t, rounds(100), func(dice *rand.Rand) error {
				moved, what := shuffled(dice, d.whole)
				if !strings.HasSuffix(what, "cut off") {
					return namedAt(d, moved, what)
				}
				report, err := moved.verified("")
				if err != nil {
					return fmt.Errorf("%s: %w", what, err)
				}
				last := moved.entry(len(moved.entries) - 1)
				if whole := last["kind"] == "batch" || report.OK(); !whole && report.Difference.Index < moved.batchOf(int64(len(moved.entries)-1)) {
					return fmt.Errorf("%s: %s", what, report)
				}
				if report, err := moved.verified(known); err == nil && report.OK() {
					return fmt.Errorf("%s, with a newer checkpoint at hand: nothing found", what)
				}
				return nil
			})
		})
	}
}

// Whatever is said in a record, all hashes adjusted and signed by the log: balances, postings, what cleared, verdicts,
// credit lines, nets, alarms.
func TestForgedRecordsAreNamed(t *testing.T) {
	for _, d := range days(t) {
		t.Run(d.name, func(t *testing.T) {
			all := d.whole.batches(func(object) bool { return true })
			every(t, rounds(150), func(dice *rand.Rand) error {
				forged, i, path := d.whole.clone(), all[dice.IntN(len(all))], ""
				forged.editRecord(i, func(record object) { path = forge(dice, leaves("", record, nil)) })
				return namedAt(d, forged, "record"+path)
			})
		})
	}
}

// Whatever is said in an entry. The batch's clock alone is an input, where nothing depends on it.
func TestForgedEntriesAreNamed(t *testing.T) {
	for _, d := range days(t) {
		t.Run(d.name, func(t *testing.T) {
			every(t, rounds(150), func(dice *rand.Rand) error {
				forged, i := d.whole.clone(), dice.IntN(len(d.whole.entries))
				e := forged.entry(i)
				path := forge(dice, slices.DeleteFunc(leaves("", e, nil), func(l leaf) bool { return l.path == ".time" }))
				forged.set(i, e)
				return namedAt(d, forged, "entry"+path)
			})
		})
	}
}

// Whatever is said in a message, of its sender or of the switch, the batch's entry naming the forged inputs. When the switch got a
// message is its own word.
func TestForgedMessagesAreNamed(t *testing.T) {
	for _, d := range days(t) {
		t.Run(d.name, func(t *testing.T) {
			all := d.whole.batches(func(e object) bool { return e["inputs"] != nil })
			every(t, rounds(200), func(dice *rand.Rand) error {
				forged, i := d.whole.clone(), all[dice.IntN(len(all))]
				messages := forged.messages(i)
				k := dice.IntN(len(messages))
				other := dice.IntN(len(messages))
				m := &messages[k]
				what := ""
				switch dice.IntN(10) {
				case 0, 1:
					if m.Fault != "" {
						return nil
					}
					m.Open = slices.Clone(m.Open)
					at := dice.IntN(len(m.Open))
					m.Open[at] ^= 1 << dice.IntN(7)
					if m.Open[at] == '\n' {
						return nil
					}
					what = "the open line"
				case 2:
					if m.Fault != "" {
						return nil
					}
					digit := strings.LastIndexAny(string(m.Open), "0123456789")
					if digit < 0 {
						return nil
					}
					m.Open = slices.Clone(m.Open)
					m.Open[digit] = '0' + (m.Open[digit]-'0'+1)%10
					what = "a digit of the open line"
				case 3:
					what, m.Signature = "the signature", strings.ToUpper(m.Signature)+"A"
				case 4:
					what = "the sequence"
					m.Sequence += uint64(1 + dice.IntN(3))
				case 5:
					if m.Fault != "" {
						return nil
					}
					what = "an invented fault of the message"
					m.Fault, m.Signature, m.Open, m.Closed = string(messaging.FaultSignature), "", nil, nil
				case 6:
					if m.Kind != "intent" || m.Fault != "" || !d.whole.decides(i, m) {
						return nil // of an id that was used before, nobody asks what its closed values say
					}
					what = "an invented fault of a closed value"
					m.Closed = []audit.Closed{{Place: 0, Fault: string(messaging.FaultSchema)}}
				case 7:
					what = "a message dropped"
					messages = slices.Delete(messages, k, k+1)
				case 8:
					if k == other {
						return nil
					}
					what = "two messages swapped"
					messages[k], messages[other] = messages[other], messages[k]
				case 9:
					what = "a message repeated"
					messages = slices.Insert(messages, k, messages[k])
				}
				forged.setMessages(i, messages)
				if firstChange(d.whole, forged) == int64(len(d.whole.entries)) {
					return nil
				}
				return namedAt(d, forged, fmt.Sprintf("%s, message %d of %s in entry %d", what, m.Sequence, m.Participant, i))
			})
		})
	}
}

// What operators asked for, be it a credit line, a rate, a fee or money, with every hash adjusted. What follows from it is found at the first
// entry that does not follow any more. Where nothing follows, it is another history, whole in itself; then whoever holds
// a checkpoint of the true one knows.
func TestForgedCommandsAreNamed(t *testing.T) {
	for _, d := range days(t) {
		t.Run(d.name, func(t *testing.T) {
			known, err := d.whole.signed(len(d.whole.entries))
			require.NoError(t, err)
			var commands []int
			for i := range d.whole.entries {
				if d.whole.entry(i)["body"] != nil {
					commands = append(commands, i)
				}
			}
			alone := make(chan string, rounds(100))
			every(t, rounds(100), func(dice *rand.Rand) error {
				forged, i, path := d.whole.clone(), commands[dice.IntN(len(commands))], ""
				forged.editBody(i, func(body object) { path = forge(dice, leaves("", body, nil)) })
				what := fmt.Sprintf("%v%s in entry %d", forged.entry(i)["kind"], path, i)
				report, err := forged.verified("")
				if err != nil {
					return fmt.Errorf("%s: %w", what, err)
				}
				if !report.OK() {
					if at := firstChange(d.whole, forged); report.Difference.Index < at {
						return fmt.Errorf("%s, at entry %d: %s", what, at, report)
					}
					return nil
				}
				alone <- what
				if report, err = forged.verified(known); err == nil && report.OK() {
					return fmt.Errorf("%s, with an older checkpoint at hand: nothing found", what)
				}
				return nil
			})
			t.Logf("%d of %d are histories of their own, which only an older checkpoint tells from the true one", len(alone), rounds(100))
		})
	}
}

// A clock that goes back is found; one that goes on is an input, until something depends on it.
func TestForgedClocksAreNamed(t *testing.T) {
	for _, d := range days(t) {
		t.Run(d.name, func(t *testing.T) {
			all := d.whole.batches(func(object) bool { return true })
			every(t, rounds(50), func(dice *rand.Rand) error {
				at := 1 + dice.IntN(len(all)-1)
				forged := d.whole.clone()
				e, before := forged.entry(all[at]), forged.entry(all[at-1])
				was, err := time.Parse(time.RFC3339Nano, before["time"].(string))
				if err != nil {
					return err
				}
				e["time"] = was.Add(-time.Duration(1+dice.IntN(1e9)) * time.Microsecond).Format(time.RFC3339Nano)
				forged.set(all[at], e)
				return namedAt(d, forged, fmt.Sprintf("entry %d before the one before it", all[at]))
			})
		})
	}
}
