package messaging

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

func compileSchemas(tb testing.TB) map[PayloadKind]*jsonschema.Schema {
	tb.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	files, err := fs.Glob(Schemas(), "*.json")
	require.NoError(tb, err)
	require.Len(tb, files, 7)
	for _, name := range files {
		content, err := fs.ReadFile(Schemas(), name)
		require.NoError(tb, err)
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
		require.NoError(tb, err)
		require.NoError(tb, compiler.AddResource("mem:///"+name, document))
	}
	compiled := map[PayloadKind]*jsonschema.Schema{}
	for _, kind := range []PayloadKind{PayloadIntent, PayloadOutcome, PayloadPayout, PayloadStatus, mailSchema} {
		compiled[kind], err = compiler.Compile("mem:///" + string(kind) + ".json")
		require.NoError(tb, err)
	}
	for _, kind := range closedSchemas {
		compiled[kind], err = compiler.Compile("mem:///closed.json#/$defs/" + string(kind))
		require.NoError(tb, err)
	}
	return compiled
}

// closedSchemas name the schemas of closed lines, which are no kinds.
var closedSchemas = []PayloadKind{"party", "note", "text"}

// closedLine tells what the decoder finds wrong with a closed line.
func closedLine(kind PayloadKind, line string) error {
	if kind == "text" {
		outcomes, _, err := DecodeReport("alpha", sealed(openReport(line), line))
		if err == nil && outcomes[0].Text.Line == nil {
			err = &FaultError{Fault: FaultSchema, Detail: "rail_text"}
		}
		return err
	}
	intent := intentOf(line)
	if kind == "note" {
		intent = intentOf(soundDebtor, line)
	}
	intents, err := DecodeIntents("alpha", sealed(openLine(intent), line, soundDebtor, soundCreditor))
	if err == nil && intents[0].Fault != nil {
		err = intents[0].Fault
	}
	return err
}

// decodeAs tells whether the decoder of a kind accepts a payload of alpha, structurally.
func decodeAs(kind PayloadKind, payload []byte) error {
	switch kind {
	case PayloadIntent:
		intents, _, err := DecodeOpenRequests("alpha", payload)
		if err != nil {
			return err
		}
		for _, i := range intents {
			if i.Fault != nil {
				return i.Fault
			}
		}
		return nil
	case PayloadOutcome:
		_, _, err := DecodeOpenReport("alpha", payload)
		return err
	case "party", "note", "text":
		return closedLine(kind, string(payload))
	case PayloadPayout:
		_, err := DecodePayout("alpha", payload)
		return err
	case mailSchema:
		_, err := DecodeMail("alpha", payload)
		return err
	default:
		_, err := DecodeStatus("alpha", payload)
		return err
	}
}

var (
	drawID      = rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._:-]{0,35}`)
	drawName    = rapid.StringMatching(`[A-Za-z\p{Devanagari}]([ \p{L}'.-]{0,60})`)
	drawAccount = rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9@._:/-]{0,63}`)
	drawText    = rapid.StringMatching(`[ -~\p{Arabic}]{0,35}`)
	drawPeer    = rapid.StringMatching(`[a-z][a-z0-9-]{1,31}`)
	drawInstant = rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(1, 4e9).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()
	})
	drawAmount = rapid.Custom(func(t *rapid.T) Amount {
		c := fx.MustCurrency(rapid.SampledFrom([]string{"KES", "UGX", "KWD", "INR", "hours.chama.2"}).Draw(t, "currency"))
		return NewAmount(fx.Money{Minor: rapid.Int64Min(1).Draw(t, "minor"), Currency: c})
	})
	drawCountry = rapid.StringMatching(`([A-Z]{2})?`)
	drawParty   = rapid.Custom(func(t *rapid.T) Party {
		return Party{Name: drawName.Draw(t, "name"), Account: drawAccount.Draw(t, "account"), Address: drawText.Draw(t, "address"),
			Country: drawCountry.Draw(t, "country"), Town: drawText.Draw(t, "town")}
	})
	drawHash   = rapid.StringMatching(`[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]`)
	drawBundle = rapid.Custom(func(t *rapid.T) *Bundle {
		if rapid.Bool().Draw(t, "alone") {
			return nil
		}
		return &Bundle{
			ID: drawID.Draw(t, "id"), Count: rapid.IntRange(MinBundleLegs, MaxBundleLegs).Draw(t, "count"),
			Place: rapid.IntRange(1, MaxBundleLegs).Draw(t, "place"), Digest: drawHash.Draw(t, "digest"),
			Proof: rapid.SliceOfN(drawHash, 1, maxBundleProof).Draw(t, "proof"),
		}
	})
	drawIntent = rapid.Custom(func(t *rapid.T) Intent {
		return Intent{
			ID: drawID.Draw(t, "id"), CreditorParticipant: drawPeer.Draw(t, "peer"),
			Debtor: drawParty.Draw(t, "debtor"), Creditor: drawParty.Draw(t, "creditor"),
			Source: drawAmount.Draw(t, "source"), Destination: drawAmount.Draw(t, "destination"),
			Quote:    rapid.OneOf(rapid.Just(""), drawID).Draw(t, "quote"),
			Fixed:    rapid.SampledFrom([]fx.Fixed{"", fx.FixedSource, fx.FixedDestination}).Draw(t, "fixed"),
			Priority: rapid.SampledFrom([]Priority{"", PriorityNormal, PriorityHigh}).Draw(t, "priority"),
			Bundle:   drawBundle.Draw(t, "bundle"),
			Deadline: drawInstant.Draw(t, "deadline"), Purpose: drawText.Draw(t, "purpose"), Reference: drawText.Draw(t, "reference"),
		}
	})
	drawKind    = rapid.SampledFrom(referenceKinds)
	drawOutcome = rapid.Custom(func(t *rapid.T) Outcome {
		return Outcome{
			Transfer: drawID.Draw(t, "transfer"), Kind: drawKind.Draw(t, "kind"),
			State:  rapid.SampledFrom(referenceOutcomes).Draw(t, "state"),
			Amount: drawAmount.Draw(t, "amount"), RailRef: drawText.Draw(t, "ref"), Reason: rapid.SampledFrom([]string{"", "AC01"}).Draw(t, "reason"),
			RailCode: rapid.String().Draw(t, "code"), RailText: rapid.String().Draw(t, "text"), // whatever the rail says
			ResolvedBy: rapid.SampledFrom(append(slices.Clone(resolvedForms), "")).Draw(t, "by"),
		}
	})
	drawInstruction = rapid.Custom(func(t *rapid.T) Instruction {
		return Instruction{
			Transfer: drawID.Draw(t, "transfer"), Kind: drawKind.Draw(t, "kind"), Intent: drawID.Draw(t, "intent"),
			Amount: drawAmount.Draw(t, "amount"), Debtor: drawParty.Draw(t, "debtor"), Creditor: drawParty.Draw(t, "creditor"),
			Counterparty: drawPeer.Draw(t, "peer"), Reference: drawText.Draw(t, "reference"),
		}
	})
	drawRecall = rapid.Custom(func(t *rapid.T) Recall {
		return Recall{Intent: drawID.Draw(t, "recalled"), Reason: rapid.SampledFrom([]string{"CUST", "FRAD"}).Draw(t, "reason")}
	})
	drawHealth = rapid.Custom(func(t *rapid.T) RailHealth {
		return RailHealth{
			State: rapid.SampledFrom([]RailState{RailUp, RailDown}).Draw(t, "rail"), Since: drawInstant.Draw(t, "since"),
			At: drawInstant.Draw(t, "at"), Waiting: rapid.Int64Min(0).Draw(t, "waiting"),
		}
	})
	drawStatus = rapid.Custom(func(t *rapid.T) StatusMessage {
		amount := drawAmount.Draw(t, "amount")
		return StatusMessage{
			Participant: "alpha", Batch: rapid.Int64Min(0).Draw(t, "batch"), LogIndex: rapid.Int64Min(0).Draw(t, "index"),
			Quotes: []fx.Quote{{
				ID: drawID.Draw(t, "quote"), Provider: drawPeer.Draw(t, "provider"), From: fx.MustCurrency("KES"), To: fx.MustCurrency("INR"),
				Rate: fx.MustRate("2/3"), Mid: rapid.SampledFrom([]fx.Rate{{}, fx.MustRate("0.67")}).Draw(t, "mid"),
				FeeMinor: rapid.Int64Min(0).Draw(t, "fee"), Expires: drawInstant.Draw(t, "expires"),
			}},
			Peers:   []Peer{{Participant: drawPeer.Draw(t, "peer"), Country: "KE", Currency: amount.Currency, PayoutMaxMinor: 5, DownSince: rapid.OneOf(rapid.Just(time.Time{}), drawInstant).Draw(t, "down")}},
			Recalls: []RecallAnswer{{Intent: drawID.Draw(t, "recalled"), State: rapid.SampledFrom(recallStates).Draw(t, "answer"), Fault: FaultPaid, Reason: "NARR"}},
			Windows: []WindowChange{{Window: 1, State: "open", Currency: "KES", NetMinor: rapid.Int64().Draw(t, "net")}},
			Liquidity: []LiquidityAlarm{{
				Currency: amount.Currency, UsedMinor: rapid.Int64Min(0).Draw(t, "used"), LimitMinor: rapid.Int64Min(0).Draw(t, "limit"),
				PercentStep: rapid.SampledFrom(alarmSteps).Draw(t, "step"),
			}},
			Settlements: []SettlementInstruction{{
				EndToEndID: drawID.Draw(t, "end to end"), Kind: rapid.SampledFrom(settlementKinds).Draw(t, "settlement"),
				Window: rapid.Int64Min(0).Draw(t, "window"), Amount: amount, ValueDate: "2026-04-13",
				InstructingAgent: drawPeer.Draw(t, "instructing"), InstructedAgent: drawPeer.Draw(t, "instructed"),
			}},
			Fees: []Fees{{
				Version: 1, From: drawInstant.Draw(t, "from"), Rule: "all", To: []string{drawPeer.Draw(t, "to")},
				Switch: fx.Tiers{{PPM: rapid.Int64Range(0, fx.Million).Draw(t, "ppm")}, {FromMinor: 5, FlatMinor: rapid.Int64Min(0).Draw(t, "flat")}},
				Interchange: Interchange{
					Payer: rapid.SampledFrom([]Side{SideDebtor, SideCreditor}).Draw(t, "payer"), Tiers: fx.Tiers{{MinMinor: 3, MaxMinor: 4}},
				},
			}},
			Changes: []Change{{
				Intent: drawID.Draw(t, "intent"), State: rapid.SampledFrom(states).Draw(t, "state"),
				Fault: FaultDeadline, Reason: FaultDeadline.Reason(), Detail: rapid.String().Draw(t, "detail"),
			}},
		}
	})
)

// drawPayloads draws valid payloads of alpha; of its own the open lines, and closed ones.
func drawPayloads(t *rapid.T, kind PayloadKind) (payloads [][]byte) {
	var err error
	switch kind {
	case PayloadIntent:
		if rapid.IntRange(0, 3).Draw(t, "recalls") == 0 {
			payloads, err = EncodeRecalls("alpha", rapid.SliceOfN(drawRecall, 1, 3).Draw(t, "recalls"))
			break
		}
		payloads, err = EncodeIntents("alpha", rapid.SliceOfN(drawIntent, 1, 3).Draw(t, "intents"), testSalter)
	case PayloadOutcome:
		if rapid.IntRange(0, 3).Draw(t, "health") == 0 {
			payloads = make([][]byte, 1)
			payloads[0], err = EncodeHealth("alpha", drawHealth.Draw(t, "health"))
			break
		}
		payloads, err = EncodeOutcomes("alpha", rapid.SliceOfN(drawOutcome, 1, 3).Draw(t, "outcomes"), testSalter)
	case PayloadPayout:
		payloads, err = EncodePayouts(PayoutMessage{Participant: "alpha", Instructions: rapid.SliceOfN(drawInstruction, 1, 3).Draw(t, "instructions")})
	case mailSchema:
		payloads = [][]byte{encodeMail("alpha", drawParts(t))}
	case "party", "note", "text":
		return drawLines(t, kind)
	default:
		payloads, err = EncodeStatuses(drawStatus.Draw(t, "status"))
	}
	require.NoError(t, err)
	if kind == PayloadIntent || kind == PayloadOutcome {
		for n := range payloads {
			payloads[n], _ = Open(payloads[n])
		}
	}
	return payloads
}

// drawLines draws closed lines of one kind.
func drawLines(t *rapid.T, kind PayloadKind) [][]byte {
	if kind == "text" {
		o := drawOutcome.Draw(t, "outcome")
		o.RailText = "a" + o.RailText
		payloads, err := EncodeOutcomes("alpha", []Outcome{o}, testSalter)
		require.NoError(t, err)
		_, closed := Open(payloads[0])
		return [][]byte{closed}
	}
	i := drawIntent.Draw(t, "intent")
	i.Purpose = "a"
	payloads, err := EncodeIntents("alpha", []Intent{i}, testSalter)
	require.NoError(t, err)
	_, closed := Open(payloads[0])
	lines := bytes.Split(closed, []byte("\n"))
	if kind == "note" {
		return lines[2:]
	}
	return lines[:2]
}

func TestWhatIsEncodedHoldsBySchemaAndDecoder(t *testing.T) {
	for kind, schema := range compileSchemas(t) {
		t.Run(string(kind), rapid.MakeCheck(func(t *rapid.T) {
			for _, payload := range drawPayloads(t, kind) {
				require.NoError(t, bySchema(t, schema, payload), "%s", payload)
				require.NoError(t, decodeAs(kind, payload), "%s", payload)
			}
		}))
	}
}

func TestSchemaAndDecoderAgreeOnMutations(t *testing.T) {
	for kind, schema := range compileSchemas(t) {
		var accepted, refused int
		agree := func(t *rapid.T) {
			payload := rapid.SampledFrom(drawPayloads(t, kind)).Draw(t, "payload")
			var document any
			reader := json.NewDecoder(bytes.NewReader(payload))
			reader.UseNumber()
			require.NoError(t, reader.Decode(&document))
			for range rapid.IntRange(1, 2).Draw(t, "mutations") {
				document = mutate(t, document)
			}
			mutated, err := json.Marshal(document)
			require.NoError(t, err)
			wanted, got := bySchema(t, schema, mutated), decodeAs(kind, mutated)
			if m, ok := document.(map[string]any); ok && wanted == nil && m["participant"] != "alpha" && !slices.Contains(closedSchemas, kind) {
				require.ErrorContains(t, got, string(FaultImpersonation)) // the schema cannot know whose stream it is
				return
			}
			if wanted == nil && got != nil && beyondSchema(got) {
				return
			}
			sound := got == nil
			if sound {
				accepted++
			} else {
				refused++
			}
			require.Equal(t, wanted == nil, sound, "schema: %v\ndecoder: %v\n%s", wanted, got, mutated)
		}
		// Few mutations are still accepted: of intents three in a hundred, so that one round may see none.
		for rounds := 0; rounds == 0 || accepted == 0 && rounds < 10; rounds++ {
			rapid.Check(t, agree)
		}
		t.Logf("%s: %d accepted, %d refused", kind, accepted, refused)
		require.NotZero(t, accepted)
		require.NotZero(t, refused)
	}
}

// beyondSchema tells what no pattern can know: which currencies exist, which numbers a rate or 64 bits hold,
// and whether tiers ascend.
func beyondSchema(err error) bool {
	for _, part := range []string{"Go fx.Currency", "Go fx.Rate", "Go int64", "the first tier is from", "a tier from", "is above max"} {
		if strings.Contains(err.Error(), part) {
			return true
		}
	}
	return false
}

func bySchema(t require.TestingT, schema *jsonschema.Schema, payload []byte) error {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(payload))
	require.NoError(t, err)
	return schema.Validate(document)
}

// mutate changes one place of a JSON document.
func mutate(t *rapid.T, document any) any {
	if rapid.IntRange(0, 3).Draw(t, "deeper") > 0 {
		switch d := document.(type) {
		case map[string]any:
			if len(d) > 0 {
				key := rapid.SampledFrom(slices.Sorted(maps.Keys(d))).Draw(t, "key")
				switch rapid.IntRange(0, 9).Draw(t, "member") {
				case 0:
					delete(d, key)
				case 1:
					d[key+"x"] = d[key]
				case 2:
					d[strings.ToUpper(key)] = d[key]
					delete(d, key)
				default:
					d[key] = mutate(t, d[key])
				}
				return d
			}
		case []any:
			if len(d) > 0 {
				n := rapid.IntRange(0, len(d)-1).Draw(t, "n")
				switch rapid.IntRange(0, 5).Draw(t, "element") {
				case 0:
					return slices.Delete(d, n, n+1)
				case 1:
					return append(d, d[n])
				case 2:
					return slices.Repeat(d[n:n+1], rapid.SampledFrom([]int{255, 256, 257, 512, 513}).Draw(t, "times"))
				default:
					d[n] = mutate(t, d[n])
				}
				return d
			}
		}
	}
	if text, ok := document.(string); ok && rapid.Bool().Draw(t, "text") {
		return text + rapid.SampledFrom([]string{
			"\x00", "\n", "\u007f", "\u0085", "\u202e", "\u2028", " ", "+", "-", ".", "0", "x", "é", strings.Repeat("9", 40),
		}).Draw(t, "tail")
	}
	return rapid.SampledFrom([]any{
		nil, true, 0, 1, -1, 2, 0.5, strings.Repeat("A", 22), strings.Repeat("A", 43), strings.Repeat("B", 43), "", " ", "x", "-1", "0", "1e5", "12.", ".5", "1.50", "paid", "payout", "source", "alpha",
		[]any{}, map[string]any{}, strings.Repeat("ü", 141), strings.Repeat("a", 37), "2026-02-30T00:00:00Z", "2026-02-28T00:00:00+05:30",
	}).Draw(t, "value")
}

// Mutations at random seldom hit a given member of a deep object: here every one is taken away once.
func TestSchemaAndDecoderRequireTheSame(t *testing.T) {
	for kind, schema := range compileSchemas(t) {
		t.Run(string(kind), rapid.MakeCheck(func(t *rapid.T) {
			for _, payload := range drawPayloads(t, kind) {
				eachWithout(t, payload, func(without []byte) {
					wanted, got := bySchema(t, schema, without), decodeAs(kind, without)
					if wanted == nil && got != nil && beyondSchema(got) {
						return
					}
					require.Equal(t, wanted == nil, got == nil, "schema: %v\ndecoder: %v\n%s", wanted, got, without)
				})
			}
		}))
	}
}

// eachWithout shows a document without each of its members in turn.
func eachWithout(t *rapid.T, payload []byte, see func(without []byte)) {
	var document any
	reader := json.NewDecoder(bytes.NewReader(payload))
	reader.UseNumber()
	require.NoError(t, reader.Decode(&document))
	var visit func(node any)
	visit = func(node any) {
		switch d := node.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(d)) {
				value := d[key]
				delete(d, key)
				without, err := json.Marshal(document)
				require.NoError(t, err)
				see(without)
				d[key] = value
				visit(value)
			}
		case []any:
			for _, element := range d {
				visit(element)
			}
		}
	}
	visit(document)
}
