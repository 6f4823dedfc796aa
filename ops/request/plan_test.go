package request_test

import (
	"crypto/ed25519"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/rail"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/fee"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/schedule"
)

var (
	kes  = fx.MustCurrency("KES")
	php  = fx.MustCurrency("PHP")
	noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
)

const because = "as agreed on Monday"

func signedSheet(t *testing.T) string {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	body := "ayni.rates.v1\nserial 7\nfrom 2026-05-04T00:00:00Z\nuntil 2026-05-05T00:00:00Z\nbase USD\nKES 134.82248 2026-05-03 a bank\n"
	s, err := fx.ParseSignedSheet([]byte(body))
	require.NoError(t, err)
	return string(s.Sign(key).Text())
}

// samples is a plan of every kind that is made from one body or one call, by what people are told of it.
func samples(t *testing.T) map[string]request.Plan {
	t.Helper()
	all := map[string]request.Plan{}
	add := func(p request.Plan, err error) {
		require.NoError(t, err, p.Kind)
		all[p.Consequence()] = p
	}
	add(request.SuspendPlan(settlement.Suspend{Participant: "alpha-ke", Suspended: true}, because))
	add(request.SuspendPlan(settlement.Suspend{Participant: "alpha-ke"}, because))
	add(request.LimitsPlan(settlement.Limits{Participant: "alpha-ke", PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 5_00}, because))
	add(request.CreditLinePlan(settlement.CreditLine{Participant: "alpha-ke", Currency: kes, AmountMinor: 1_000_00}, because))
	add(request.CreditTermsPlan(settlement.CreditTerms{Participant: "alpha-ke", Currency: kes, HaircutPPM: 100_000, UnsecuredMinor: 5_00}, because))
	add(request.GuaranteePlan(settlement.Guarantee{Guarantor: "beta-ke", Participant: "alpha-ke", Currency: kes, AmountMinor: 7_00}, because))
	add(request.FundPlan(settlement.Fund{Participant: "alpha-ke", Currency: kes, AmountMinor: 9_00, Evidence: "E1"}, because))
	add(request.WithdrawPlan(settlement.Withdraw{Participant: "alpha-ke", Currency: kes, AmountMinor: 9_00, Account: settlement.StandingCollateral}, because))
	add(request.CloseWindowPlan("", because))
	add(request.ResettlePlan(7, because))
	add(request.InstructionPlan(settlement.InstructionResult{Instruction: settlement.InstructionID(3).String(), Currency: kes, AmountMinor: 1_00, Evidence: "E2"}, because))
	add(request.InstructionPlan(settlement.InstructionResult{Instruction: settlement.InstructionID(3).String(), Currency: kes, AmountMinor: 1_00, Refused: true}, because))
	add(request.RecoverPlan(settlement.Recover{Participant: "alpha-ke", Currency: kes, AmountMinor: 1_00, Evidence: "E3"}, because))
	add(request.GroupPlan(settlement.SettlementGroup{Name: "east", Currencies: []fx.Currency{kes}}, because))
	add(request.MethodPlan(settlement.SettlementMethod{Participant: "alpha-ke", Method: settlement.MethodInstructed}, because))
	add(request.HoldPlan(5, because))
	add(request.ReleasePlan(5, because))
	add(request.RefusePlan(5, "", because))
	add(request.ReplayPlan("alpha-ke", 12, -1, because))
	add(request.RatesPlan(signedSheet(t), because))
	add(request.RateCommitteePlan(fx.Committee{Keys: []fx.CommitteeKey{{1}, {2}}, Threshold: 2}, because))
	add(request.QuotesPlan(settlement.Quotes{Quotes: []fx.Quote{{ID: "q1", Provider: "bank", From: kes, To: php, Rate: fx.MustRate("0.43"), Expires: noon}}}, because))
	add(request.FeesPlan(fee.Schedule{Version: 1, From: noon, Rules: []fee.Rule{{Name: "all", Switch: fx.Tiers{{}}, Interchange: fee.Interchange{Payer: fee.Debtor, Tiers: fx.Tiers{{}}}}}}, because))
	add(request.PatiencePlan(settlement.Patience{Participant: "alpha-ke", Seconds: 90}, because))
	add(request.HoursPlan(settlement.Hours{Currency: kes, Late: schedule.Queue, Closed: []settlement.Closed{{From: noon, Until: noon.Add(time.Hour)}}}, because))
	add(request.GrossPlan(settlement.Gross{From: kes, To: php, ThresholdMinor: 1_000_000_00}, because))
	add(request.ScreenPlan(settlement.ScreenList{Name: "list", Version: 2, Accounts: [][]byte{make([]byte, 32)}}, because))
	add(request.TravelRulePlan(settlement.TravelRule{ThresholdMinor: 1_000_00, Currency: kes}, because))
	add(request.WitnessesPlan(settlement.Witnesses{Policy: "quorum none"}, because))
	add(request.DifferencePlan("alpha-ke", ledger.Resolution{Difference: "d1", How: "written_off", Reason: because}))
	add(request.OperationPlan("alpha-ke", request.Operation{ID: "T1P", Ended: rail.Paid, RailRef: "R1", Evidence: "line 7"}, because))
	add(request.TransferPlan("alpha-ke", 5, messaging.KindPayout, request.Operation{Ended: rail.Failed, Evidence: "letter"}, because))
	return all
}

var update = flag.Bool("update", false, "rewrite the golden file")

// TestPeopleAreToldWhatWillHappen holds the sentences, which are read before they are approved.
func TestPeopleAreToldWhatWillHappen(t *testing.T) {
	golden := filepath.Join("testdata", "consequences.txt")
	said := strings.Join(slices.Sorted(maps.Keys(samples(t))), "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(said), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), said)
}

// TestPlansReadAsTheyWereAskedFor keeps each plan's bytes, and makes it again from its command's.
func TestPlansReadAsTheyWereAskedFor(t *testing.T) {
	kinds := map[request.Kind]bool{}
	for says, p := range samples(t) {
		kinds[p.Kind] = true
		r := ledger.Request{Kind: string(p.Kind), Subject: p.Participant, Body: request.Body(p)}
		read, err := request.Read(r)
		require.NoError(t, err)
		require.Equal(t, says, read.Consequence())
		require.Equal(t, r.Body, request.Body(read))
		if len(p.Commands) == 1 {
			again, err := request.Make(p.Kind, p.Commands[0].Body, because)
			require.NoError(t, err)
			require.Equal(t, p, again)
			_, err = request.Make(p.Kind, append(slices.Clone(p.Commands[0].Body), "x"...), because)
			require.Error(t, err)
			_, err = request.Make(p.Kind, []byte(`{"other":1}`), because)
			require.Error(t, err)
		}
	}
	for _, k := range request.Kinds() {
		if k != request.Add && k != request.Rotate && k != request.Revoke { // package participant's
			require.True(t, kinds[k], "no sample of %s", k)
		}
	}
}

// TestWhatWasAskedForBefore reads requests of ledgers in which no reasons are.
func TestWhatWasAskedForBefore(t *testing.T) {
	old := `{"kind":"suspend","participant":"alpha-ke","commands":[{"kind":"suspend","body":{"participant":"alpha-ke","suspended":true}}]}`
	p, err := request.Read(ledger.Request{Kind: "suspend", Subject: "alpha-ke", Body: []byte(old)})
	require.NoError(t, err)
	require.Equal(t, "Refuse alpha-ke's new intents, while what is under way goes on.", p.Consequence())
	require.JSONEq(t, old, string(request.Body(p)))
	p, err = request.Read(ledger.Request{Kind: "resolve_difference", Subject: "alpha-ke", Body: []byte(`{"difference":"d1","how":"explained","reason":"late"}`)})
	require.NoError(t, err)
	require.Equal(t, "late", p.Reason)
	require.Equal(t, "Keep that difference d1 of alpha-ke was explained.", p.Consequence())
	_, err = request.Read(ledger.Request{Kind: "suspend", Body: []byte(`{"kind":"suspend","more":1}`)})
	require.Error(t, err)
}

func TestPlansAreRefused(t *testing.T) {
	for name, err := range map[string]error{
		"kind":          second(request.Make("party", []byte(`{}`), because)),
		"not one body":  second(request.Make(request.Add, []byte(`{}`), because)),
		"no operation":  second(request.Make(request.ResolveOperation, []byte(`{"participant":"alpha-ke"}`), because)),
		"other way":     second(request.Make(request.Suspend, []byte(`{"participant":"alpha-ke","suspended":false}`), because)),
		"long reason":   second(request.ResettlePlan(1, strings.Repeat("x", 301))),
		"no evidence":   second(request.FundPlan(settlement.Fund{Participant: "alpha-ke", Currency: kes, AmountMinor: 1}, because)),
		"no money":      second(request.FundPlan(settlement.Fund{Participant: "alpha-ke", Currency: kes, Evidence: "E"}, because)),
		"no currency":   second(request.FundPlan(settlement.Fund{Participant: "alpha-ke", AmountMinor: 1, Evidence: "E"}, because)),
		"nobody":        second(request.FundPlan(settlement.Fund{Participant: "Alpha", Currency: kes, AmountMinor: 1, Evidence: "E"}, because)),
		"own guarantee": second(request.GuaranteePlan(settlement.Guarantee{Guarantor: "a-ke", Participant: "a-ke", Currency: kes}, because)),
		"names":         second(request.Make(request.Hold, []byte(`{"transfer":"T0000000000005","by":"Asha","reason":"r"}`), because)),
		"no receipt":    second(request.OperationPlan("alpha-ke", request.Operation{ID: "T1P", Ended: rail.Paid, Evidence: "e"}, because)),
		"hidden marks":  second(request.FundPlan(settlement.Fund{Participant: "alpha-ke", Currency: kes, AmountMinor: 1, Evidence: "E\u202e1"}, because)),
		"no country":    second(request.Make(request.Kind("add_participant"), []byte(`{}`), because)),
		"both ways":     second(request.OperationPlan("alpha-ke", request.Operation{ID: "T1P", Ended: rail.Failed, RailRef: "R", Evidence: "e"}, because)),
	} {
		var refused *request.PlanError
		require.ErrorAs(t, err, &refused, name)
	}
}

func second[T any](_ T, err error) error { return err }

// FuzzMake has hostile bodies asked for: whatever becomes a plan reads as it was made, and is told in one plain line.
func FuzzMake(f *testing.F) {
	f.Add("fund", `{"participant":"alpha-ke","currency":"KES","amount_minor":1,"evidence":"E1"}`, because)
	f.Add("hold", `{"transfer":"T0000000000001","reason":"","by":""}`, because)
	f.Add("resolve_operation", `{"participant":"alpha-ke","id":"T1P","ended":"paid","rail_ref":"R","evidence":"e"}`, because)
	f.Add("settlement_group", `{"name":"east","currencies":["KES"],"settle_within_seconds":1,"share_max_ppm":1}`, "x\ny")
	f.Add("quotes", `{"quotes":[{"id":"q","provider":"bank","from":"KES","to":"PHP","rate":"1","expires":"2026-05-04T12:00:00Z"}]}`, because)
	f.Fuzz(func(t *testing.T, kind, body, reason string) {
		p, err := request.Make(request.Kind(kind), []byte(body), reason)
		if err != nil {
			var refused *request.PlanError
			require.ErrorAs(t, err, &refused)
			return
		}
		says := p.Consequence()
		require.Regexp(t, `^[A-Z][^\n]*\.$`, says)
		require.Less(t, len(says), 1000)
		read, err := request.Read(ledger.Request{Kind: kind, Subject: p.Participant, Body: request.Body(p)})
		require.NoError(t, err)
		require.NoError(t, read.Check())
		require.Equal(t, says, read.Consequence())
	})
}
