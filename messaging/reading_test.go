package messaging

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// agrees holds the reader of one kind against the strict decoder and tells whether it read payload.
func agrees[T any](t require.TestingT, payload []byte, read func(string, []byte) (T, bool), decode func(string, []byte) (T, error)) bool {
	got, ok := read("alpha", payload)
	if ok {
		want, err := decode("alpha", payload)
		require.NoError(t, err, "%s", payload)
		require.Equal(t, want, got, "%s", payload)
	}
	return ok
}

// agreesOpen is agrees of a reader of open lines, with what is closed and without.
func agreesOpen[T any](
	t require.TestingT, payload []byte, read func(string, []byte, bool) ([]T, bool), decode, decodeOpen func(string, []byte) ([]T, error),
) bool {
	of := func(closed bool) func(string, []byte) ([]T, bool) {
		return func(participant string, payload []byte) ([]T, bool) { return read(participant, payload, closed) }
	}
	open, _ := Open(payload)
	ok := agrees(t, payload, of(true), decode)
	require.True(t, agrees(t, open, of(false), decodeOpen) || !ok, "%s", payload)
	return ok
}

func decodeIntents(participant string, payload []byte) ([]DecodedIntent, error) {
	intents, _, err := decodeRequests(participant, payload)
	return intents, err
}

func decodeOpenIntents(participant string, payload []byte) ([]DecodedIntent, error) {
	intents, _, err := decodeOpenRequests(participant, payload)
	return intents, err
}

func decodeOutcomes(participant string, payload []byte) ([]DecodedOutcome, error) {
	outcomes, _, err := decodeReport(participant, payload)
	return outcomes, err
}

func decodeOpenOutcomes(participant string, payload []byte) ([]DecodedOutcome, error) {
	outcomes, _, err := decodeOpenReport(participant, payload)
	return outcomes, err
}

func readerAgrees(t require.TestingT, kind PayloadKind, payload []byte) bool {
	switch kind {
	case PayloadIntent:
		return agreesOpen(t, payload, readIntents, decodeIntents, decodeOpenIntents)
	case PayloadOutcome:
		return agreesOpen(t, payload, readOutcomes, decodeOutcomes, decodeOpenOutcomes)
	case PayloadPayout:
		return agrees(t, payload, readPayout, decodePayout)
	default:
		return agrees(t, payload, readStatus, decodeStatus)
	}
}

// encodeHostile draws items and encodes those that the rules admit.
func encodeHostile(t *rapid.T, kind PayloadKind) (payloads [][]byte) {
	var err error
	switch kind {
	case PayloadIntent:
		payloads, err = EncodeIntents("alpha", admitted(t, hostileIntent, drawIntent, checkIntent), testSalter)
	case PayloadOutcome:
		outcomes := rapid.SliceOfN(drawOutcome, 1, 3).Draw(t, "items")
		for n := range outcomes {
			outcomes[n].RailText = drawHostile.Draw(t, "text")
		}
		payloads, err = EncodeOutcomes("alpha", outcomes, testSalter)
	case PayloadPayout:
		payloads, err = EncodePayouts(PayoutMessage{
			Participant: "alpha", Batch: rapid.Int64Min(0).Draw(t, "batch"), LogIndex: rapid.Int64Min(0).Draw(t, "index"),
			Instructions: admitted(t, hostileInstruction, drawInstruction, checkInstruction),
		})
	default:
		sound := rapid.Just(Change{Intent: "a-1", State: StateCleared})
		payloads, err = EncodeStatuses(StatusMessage{
			Participant: "alpha", Batch: rapid.Int64Min(0).Draw(t, "batch"), LogIndex: rapid.Int64Min(0).Draw(t, "index"),
			Changes: admitted(t, hostileChange, sound, checkChange),
		})
	}
	require.NoError(t, err)
	return payloads
}

// admitted draws hostile items, and sound ones in place of those that the rules refuse.
func admitted[T any](t *rapid.T, hostile, sound *rapid.Generator[T], check func(*T) *FaultError) []T {
	items := rapid.SliceOfN(hostile, 1, 3).Draw(t, "items")
	for n := range items {
		if check(&items[n]) != nil {
			items[n] = sound.Draw(t, "sound")
		}
	}
	return items
}

var kinds = []PayloadKind{PayloadIntent, PayloadOutcome, PayloadPayout, PayloadStatus}

func TestReaderReadsAllThatIsEncoded(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), rapid.MakeCheck(func(t *rapid.T) {
			for _, payload := range encodeHostile(t, kind) {
				require.True(t, readerAgrees(t, kind, payload), "%s", payload)
			}
		}))
	}
}

// splinters are what a payload is mutated with: what ends, escapes, separates or is refused.
var splinters = []string{
	"", `"`, `\`, `\"`, `\\`, `\n`, `\/`, `\u0041`, " ", "\n", "\x00", "\x7f", "\u0085", "\u2028", "\u202e", "\x80", "\xff", "\xed\xa0\x80",
	",", ":", ".", "-", "+", "0", "1", "9", "e", "Z", "z", "a", "A", "é", "𝄞", "{", "}", "[", "]", "null", "true",
	`,"x":1`, `,"note":""`, "\n\n", `,"purpose":""`, `,"reference":"a"`, `,"reason":""`, `"",`, "}]}", "]}", ",{}", "00000000000000000000",
}

func TestReaderAgreesOnMutations(t *testing.T) {
	for _, kind := range kinds {
		var read, refused int
		rapid.Check(t, func(t *rapid.T) {
			for _, payload := range encodeHostile(t, kind) {
				for range 10 {
					if readerAgrees(t, kind, mutated(t, payload)) {
						read++
					} else {
						refused++
					}
				}
			}
		})
		t.Logf("%s: %d read, %d left to the decoder", kind, read, refused)
		require.NotZero(t, read)
		require.NotZero(t, refused)
	}
}

func mutated(t *rapid.T, payload []byte) []byte {
	for range rapid.IntRange(1, 3).Draw(t, "mutations") {
		from := rapid.IntRange(0, len(payload)).Draw(t, "from")
		to := min(len(payload), from+rapid.SampledFrom([]int{0, 0, 1, 1, 2, 5, 30}).Draw(t, "cut"))
		payload = slices.Concat(payload[:from], []byte(rapid.SampledFrom(splinters).Draw(t, "splinter")), payload[to:])
	}
	return payload
}

// Every byte of a payload replaced by, and every place filled with, every splinter.
func TestReaderAgreesOnEveryByte(t *testing.T) {
	for kind, payload := range samplePayloads(t) {
		require.True(t, readerAgrees(t, kind, payload))
		for at := range payload {
			for _, splinter := range splinters {
				readerAgrees(t, kind, slices.Concat(payload[:at], []byte(splinter), payload[at+1:]))
				readerAgrees(t, kind, slices.Concat(payload[:at], []byte(splinter), payload[at:]))
			}
			if closed := kind == PayloadIntent || kind == PayloadOutcome; !closed || bytes.IndexByte(payload[at:], '\n') >= 0 {
				require.False(t, readerAgrees(t, kind, payload[:at]), "cut off at %d", at)
			}
		}
	}
}

func samplePayloads(tb testing.TB) map[PayloadKind][]byte {
	tb.Helper()
	i, o, p := sampleIntent("a-1"), sampleOutcome("t-1"), sampleInstruction("t-1")
	i.Reference, i.Priority, i.Deadline = `a "quoted" \ text`, PriorityHigh, i.Deadline.Add(1)
	o.RailText, o.Reason, p.Reason = `{"error":"\\"}`, "AC01", "AC04"
	payloads := map[PayloadKind][]byte{}
	for kind, encode := range map[PayloadKind]func() ([][]byte, error){
		PayloadIntent: func() ([][]byte, error) { return EncodeIntents("alpha", []Intent{sampleIntent("a-2"), i}, testSalter) },
		PayloadOutcome: func() ([][]byte, error) {
			return EncodeOutcomes("alpha", []Outcome{o, sampleOutcome("t-2")}, testSalter)
		},
		PayloadPayout: func() ([][]byte, error) {
			return EncodePayouts(PayoutMessage{Participant: "alpha", Batch: 10, LogIndex: 20, Instructions: []Instruction{p, sampleInstruction("t-2")}})
		},
		PayloadStatus: func() ([][]byte, error) {
			return EncodeStatuses(StatusMessage{Participant: "alpha", Batch: 10, Changes: []Change{
				{Intent: "a-1", Transfer: "t-1", State: StateCleared},
				{State: StateRejected, Fault: FaultSchema, Reason: "FF01", Detail: `"id" \ missing`},
			}})
		},
	} {
		encoded, err := encode()
		require.NoError(tb, err)
		require.Len(tb, encoded, 1)
		payloads[kind] = encoded[0]
	}
	return payloads
}

func TestReaderKnowsLimits(t *testing.T) {
	join := func(n int) []byte { return envelope(slices.Repeat([]string{soundIntent}, n)...) }
	assert.True(t, readerAgrees(t, PayloadIntent, join(1)))
	assert.True(t, readerAgrees(t, PayloadIntent, join(MaxIntents)))
	assert.False(t, readerAgrees(t, PayloadIntent, join(0)))
	assert.False(t, readerAgrees(t, PayloadIntent, join(MaxIntents+1)))
	assert.False(t, readerAgrees(t, PayloadIntent, bytes.Repeat([]byte("{"), MaxEnvelopeBytes)))

	large := sampleIntent("a-1")
	for _, text := range []*string{&large.Debtor.Name, &large.Debtor.Address, &large.Creditor.Name, &large.Creditor.Address, &large.Reference} {
		*text = strings.Repeat("𝄞", MaxNameLength)
	}
	payloads, err := EncodeIntents("alpha", []Intent{large}, testSalter)
	require.NoError(t, err)
	open, closed := Open(payloads[0])
	_, item, _ := bytes.Cut(bytes.TrimSuffix(open, []byte("]}")), []byte("["))
	many := func(n int) []byte {
		return slices.Concat(openLine(slices.Repeat([]string{string(item)}, n)...), bytes.Repeat(append([]byte("\n"), closed...), n))
	}
	assert.True(t, readerAgrees(t, PayloadIntent, many(100)))
	assert.False(t, readerAgrees(t, PayloadIntent, many(MaxIntents)), "more bytes than an envelope has")

	_, ok := readIntents("beta", join(1), true)
	assert.False(t, ok, "someone else's")
	odd := `a","version":2,"x":"`
	_, ok = readIntents(odd, bytes.Replace(join(1), []byte("alpha"), []byte(odd), 1), true)
	assert.False(t, ok, "a participant whose name is none")
}

func TestReaderAgreesOnTimes(t *testing.T) {
	for at, read := range map[string]bool{
		"2026-03-01T12:00:00Z": true, "2026-03-01T12:00:00.123456789Z": true, "2026-03-01T12:00:00.100Z": true, "2024-02-29T00:00:00Z": true,
		"2026-02-29T12:00:00Z": false, "2026-03-01T24:00:00Z": false, "2026-03-01T23:59:60Z": false, "0000-00-00T00:00:00Z": false,
		"2026-03-01T12:00:00.1234567890Z": false, "2026-03-01T12:00:00,5Z": false, "2026-03-01T1:00:00.50Z": false, "2026-03-01T12:00:00.Z": false,
		"2026-03-01T12:00:00+05:30": false, "2026-03-01T12:00:00+24:00": false, "2026-03-01T12:00:00+23:60": false, "2026-03-01T12:00:00-00:00": false,
		"2026-03-01t12:00:00z": false, "2026-03-01 12:00:00Z": false, "2026-03-01T12:00:00z": false, "": false, "Z": false,
		"0001-01-01T00:00:00Z": false, // no deadline
	} {
		payload := envelope(strings.Replace(soundIntent, "2026-03-01T12:00:00Z", at, 1))
		assert.Equal(t, read, readerAgrees(t, PayloadIntent, payload), at)
	}
}

// An intent that stays open for days must not keep its envelope, nor its neighbours.
func TestStringsOfAnItemAreTheirOwn(t *testing.T) {
	payloads, err := EncodeIntents("mpesa-ke", busy(3, busyIntent), testSalter)
	require.NoError(t, err)
	decoded, err := DecodeIntents("mpesa-ke", payloads[0])
	require.NoError(t, err)
	for n := range decoded {
		i := decoded[n].Intent
		texts := slices.DeleteFunc(textsOfIntent(&i), func(text *string) bool { return *text == "" })
		slices.SortFunc(texts, func(a, b *string) int {
			return cmp.Compare(uintptr(unsafe.Pointer(unsafe.StringData(*a))), uintptr(unsafe.Pointer(unsafe.StringData(*b))))
		})
		var end *byte
		for _, text := range texts {
			start := unsafe.StringData(*text)
			assert.False(t, within(start, payloads[0]))
			if end != nil {
				assert.Equal(t, end, start, "one piece of memory")
			}
			end = (*byte)(unsafe.Add(unsafe.Pointer(start), len(*text)))
		}
	}
	clear(payloads[0])
	for n := range decoded {
		assert.Equal(t, busyIntent(n), decoded[n].Intent)
	}
}

func within(p *byte, b []byte) bool {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(b)))
	at := uintptr(unsafe.Pointer(p))
	return at >= start && at < start+uintptr(len(b))
}

func TestDecodingAllocatesOnceAnItem(t *testing.T) {
	payloads, err := EncodeIntents("mpesa-ke", busy(MaxIntents, busyIntent), testSalter)
	require.NoError(t, err)
	assert.LessOrEqual(t, testing.AllocsPerRun(10, func() {
		_, err = DecodeIntents("mpesa-ke", payloads[0])
	}), 2.0*MaxIntents)
	require.NoError(t, err)
	assert.Zero(t, testing.AllocsPerRun(10, func() { MessageHash(payloads[0], "signature") }))
}

func addSamples(f *testing.F) {
	f.Helper()
	fuzzSeeds(f)
	for _, payload := range samplePayloads(f) {
		f.Add(payload)
		for n, splinter := range splinters {
			at := (n*97 + 60) % len(payload)
			f.Add(slices.Concat(payload[:at], []byte(splinter), payload[at+1:]))
		}
	}
}

func FuzzIntentsFastAgrees(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, payload []byte) { readerAgrees(t, PayloadIntent, payload) })
}

func FuzzOutcomesFastAgrees(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, payload []byte) { readerAgrees(t, PayloadOutcome, payload) })
}

func FuzzPayoutFastAgrees(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, payload []byte) { readerAgrees(t, PayloadPayout, payload) })
}

func FuzzStatusFastAgrees(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, payload []byte) { readerAgrees(t, PayloadStatus, payload) })
}
