package request_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/participant"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// TestOnlyWhatTwoPeopleWantIsDoneAndOnce has people ask for everything there is and decide as it comes, while the server is
// killed at random moments: commands are exactly those of what was approved, byte by byte.
func TestOnlyWhatTwoPeopleWantIsDoneAndOnce(t *testing.T) {
	h := newHouse(t)
	stop := h.runs(h.server().Run)
	h.admit(settlement.AddParticipant{Name: "alpha-ke", Country: "KE", Currency: kes, SigningKey: newSigner(t).PublicKey()})
	stop()
	before, err := h.books.Commands(t.Context(), 0, 1000)
	require.NoError(t, err)

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var approved []int64
	for _, says := range slices.Sorted(maps.Keys(samples(t))) {
		id := h.asked("Asha", samples(t)[says], nil)
		switch random.IntN(4) {
		case 0: // nobody decides
		case 1:
			require.NoError(t, request.Decide(t.Context(), h.books, id, "Ben", false, "no"))
			require.ErrorIs(t, request.Decide(t.Context(), h.books, id, "Chao", true, "yes"), ledger.ErrDecided)
		case 2:
			require.ErrorIs(t, request.Decide(t.Context(), h.books, id, " asha", true, "mine"), ledger.ErrSamePerson)
		default:
			require.NoError(t, request.Decide(t.Context(), h.books, id, "Ben", true, "agreed"))
			approved = append(approved, id)
		}
	}
	server, undone := h.server(), 1
	for kills := 0; undone > 0; kills++ {
		require.Less(t, kills, 10_000)
		life := time.Duration(random.Int64N(int64(200 * time.Millisecond)))
		ctx, cancel := context.WithTimeoutCause(t.Context(), life, errStopped)
		require.Error(t, server.Run(ctx))
		cancel()
		todo, err := h.books.RequestsToDo(t.Context(), kinds()...)
		require.NoError(t, err)
		undone = len(todo)
	}
	after, err := h.books.Commands(t.Context(), before[len(before)-1].ID, 1000)
	require.NoError(t, err)
	want := map[string]settlement.Command{}
	for _, id := range approved {
		r, err := h.books.Request(t.Context(), id)
		require.NoError(t, err)
		require.True(t, r.Done)
		p, err := request.Read(r)
		require.NoError(t, err)
		for n, c := range p.Commands {
			want[fmt.Sprintf("request %d/%d", id, n+1)] = settlement.Command{Kind: c.Kind, Body: c.Body}
		}
	}
	for _, c := range after {
		assert.Contains(t, want, c.Key)
		assert.Equal(t, []string{"Asha", "Ben"}, []string{c.Maker, c.Checker})
		switch c.Kind {
		case settlement.CommandHold, settlement.CommandRelease, settlement.CommandRefuse, settlement.CommandReplayLetter:
			assert.Contains(t, string(c.Body), `"Asha"`, "with the names filled in")
		default:
			assert.Equal(t, string(want[c.Key].Body), string(c.Body))
		}
		delete(want, c.Key)
	}
	assert.Empty(t, want)
	all, err := h.books.Requests(t.Context(), 1000)
	require.NoError(t, err)
	for _, r := range all {
		assert.False(t, r.Done && !r.Approved, "request %d", r.ID)
	}
}

func kinds() []string {
	var all []string
	for _, k := range request.Kinds() {
		all = append(all, string(k))
	}
	return all
}

// TestNobodyApprovesWhatIsOld makes a request as it would have been made eight days ago.
func TestNobodyApprovesWhatIsOld(t *testing.T) {
	h := newHouse(t)
	plan, err := request.SuspendPlan(settlement.Suspend{Participant: "alpha-ke", Suspended: true}, because)
	id := h.asked("Asha", plan, err)
	owner, err := pgx.Connect(t.Context(), h.url)
	require.NoError(t, err)
	defer owner.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // nothing is left
	old := func(days int) (made int64) {
		require.NoError(t, owner.QueryRow(t.Context(), `INSERT INTO ledger.request (id, key, kind, subject, body, maker, made_at)
			SELECT (SELECT max(id) + 1 FROM ledger.request), $2::text, kind, subject, body, maker, clock_timestamp() - make_interval(days => $3)
			FROM ledger.request WHERE id = $1 RETURNING id`, id, fmt.Sprint("old ", days), days).Scan(&made))
		return made
	}
	stale, fresh := old(8), old(6)
	require.ErrorIs(t, request.Decide(t.Context(), h.books, stale, "Ben", true, "late"), ledger.ErrExpired)
	r, err := h.books.Request(t.Context(), stale)
	require.NoError(t, err)
	require.True(t, r.Expired)
	require.Equal(t, request.Expired, request.StateOf(r))
	require.NoError(t, request.Decide(t.Context(), h.books, stale, "Ben", false, "too late"), "it can be put away")
	require.ErrorIs(t, request.Decide(t.Context(), h.books, stale+99, "Ben", true, "which?"), ledger.ErrNoRequest)
	require.NoError(t, request.Decide(t.Context(), h.books, fresh, "Ben", true, "in time"))
	r, err = h.books.Request(t.Context(), fresh)
	require.NoError(t, err)
	require.Equal(t, request.UnderWay, request.StateOf(r))
	_, err = request.Ask(t.Context(), h.books, "Asha", plan.Because(""))
	var refused *request.PlanError
	require.ErrorAs(t, err, &refused, "a request says why")
}

// TestPreview sees what stands now, and what would.
func TestPreview(t *testing.T) {
	h := newHouse(t)
	h.runs(h.server().Run)
	h.admit(settlement.AddParticipant{Name: "alpha-ke", Country: "KE", Currency: kes, SigningKey: newSigner(t).PublicKey()})
	require.Empty(t, h.done(request.FundPlan(settlement.Fund{Participant: "alpha-ke", Currency: kes, AmountMinor: 50_00, Evidence: "E1"}, because)).Fault)
	preview := func(p request.Plan, err error) request.Outlook {
		t.Helper()
		require.NoError(t, err)
		seen, err := request.Preview(t.Context(), h.books, p)
		require.NoError(t, err)
		return seen
	}
	about := []string{"alpha-ke"}
	require.Equal(t, request.Outlook{Changes: []request.Change{{"state", "open", "suspended"}}, Affects: about},
		preview(request.SuspendPlan(settlement.Suspend{Participant: "alpha-ke", Suspended: true}, because)))
	require.NotEmpty(t, preview(request.SuspendPlan(settlement.Suspend{Participant: "alpha-ke"}, because)).Warnings)
	require.Equal(t, []string{"no participant beta-ke"}, preview(request.SuspendPlan(settlement.Suspend{Participant: "beta-ke"}, because)).Warnings)
	require.Equal(t, request.Outlook{Changes: []request.Change{{"credit line", "1000.00 KES", "200.00 KES"}, {"available", "1050.00 KES", "250.00 KES"}}, Affects: about},
		preview(request.CreditLinePlan(settlement.CreditLine{Participant: "alpha-ke", Currency: kes, AmountMinor: 200_00}, because)))
	require.Equal(t, request.Outlook{
		Changes:  []request.Change{{"prefunding", "50.00 KES", "-10.00 KES"}},
		Warnings: []string{"alpha-ke has 50.00 KES of prefunding", "only 50.00 KES can be spared"},
		Affects:  about,
	}, preview(request.WithdrawPlan(settlement.Withdraw{Participant: "alpha-ke", Currency: kes, AmountMinor: 60_00}, because)))
	limits := settlement.Limits{PayoutIncrementMinor: 1, PayoutMinMinor: 1, PayoutMaxMinor: 100_00}
	seen := preview(participant.LimitsPlan("alpha-ke", &limits, nil))
	require.Contains(t, seen.Changes, request.Change{What: "greatest payout", Before: "10000.00 KES", After: "100.00 KES"})
	require.Equal(t, []string{"intents that pay out more than 100.00 KES are refused from then on"}, seen.Warnings)
}

// TestARequestKeepsWhatStood asks for the same twice while something else stands: it is asked once, and keeps what stood
// when it was.
func TestARequestKeepsWhatStood(t *testing.T) {
	h := newHouse(t)
	h.runs(h.server().Run)
	h.admit(settlement.AddParticipant{Name: "alpha-ke", Country: "KE", Currency: kes, SigningKey: newSigner(t).PublicKey()})
	line := func(minor int64) (request.Plan, error) {
		return request.CreditLinePlan(settlement.CreditLine{Participant: "alpha-ke", Currency: kes, AmountMinor: minor}, because)
	}
	plan, err := line(200_00)
	id := h.asked("Asha", plan, err)
	require.Empty(t, h.done(request.FundPlan(settlement.Fund{Participant: "alpha-ke", Currency: kes, AmountMinor: 50_00, Evidence: "E1"}, because)).Fault)
	require.Equal(t, id, h.asked("Asha", plan, nil), "asked for again it is the same, whatever stands by then")
	r, err := h.books.Request(t.Context(), id)
	require.NoError(t, err)
	kept, err := request.Read(r)
	require.NoError(t, err)
	require.Equal(t, request.Change{What: "available", Before: "1000.00 KES", After: "200.00 KES"}, kept.Outlook.Changes[1])
	now, err := request.Preview(t.Context(), h.books, kept)
	require.NoError(t, err)
	require.Equal(t, request.Change{What: "available", Before: "1050.00 KES", After: "250.00 KES"}, now.Changes[1])
	require.NoError(t, request.Decide(t.Context(), h.books, id, "Ben", true, "agreed"))
	require.Empty(t, h.awaited(id).Fault)

	made := func(p request.Plan, err error) request.Plan {
		t.Helper()
		require.NoError(t, err)
		return p
	}
	for says, want := range map[string]request.Plan{
		"no window of group east is open":                  made(request.CloseWindowPlan("east", because)),
		"no window 7":                                      made(request.ResettlePlan(7, because)),
		"no transfer " + settlement.TransferID(5).String(): made(request.HoldPlan(5, because)),
		"only 1000.00 KES stands behind a line of alpha-ke: the switch refuses a greater one": made(line(2_000_00)),
		"the line of 200.00 KES is more than that":                                            made(request.CreditTermsPlan(settlement.CreditTerms{Participant: "alpha-ke", Currency: kes, UnsecuredMinor: 100_00}, because)),
		"alpha-ke owes 0.00 KES from defaults":                                                made(request.RecoverPlan(settlement.Recover{Participant: "alpha-ke", Currency: kes, AmountMinor: 1_00, Evidence: "E3"}, because)),
	} {
		seen, err := request.Preview(t.Context(), h.books, want)
		require.NoError(t, err)
		require.Contains(t, seen.Warnings, says)
	}
	terms, err := request.Preview(t.Context(), h.books, made(request.CreditTermsPlan(settlement.CreditTerms{Participant: "alpha-ke", Currency: kes, HaircutPPM: 125_000}, because)))
	require.NoError(t, err)
	require.Contains(t, terms.Changes, request.Change{What: "haircut on collateral", Before: "0 %", After: "12.5 %"})
	for _, k := range request.Kinds() {
		require.NotEmpty(t, request.Plan{Kind: k}.Undo(), k)
	}
}

// standing is a ledger in which more is used than a line would be.
type standing struct {
	request.Books
	used, line int64
}

func (standing) Participants(context.Context) ([]settlement.Participant, error) {
	return []settlement.Participant{{Name: "alpha-ke", Currency: kes}}, nil
}

func (s standing) Standings(context.Context, string) ([]ledger.Standing, error) {
	return []ledger.Standing{{Currency: kes, PositionMinor: -s.used, CreditLineMinor: s.line, UnsecuredMinor: s.line, AvailableMinor: s.line - s.used}}, nil
}

func TestALineFollowsThePositionDown(t *testing.T) {
	plan, err := request.CreditLinePlan(settlement.CreditLine{Participant: "alpha-ke", Currency: kes, AmountMinor: 10_00}, because)
	require.NoError(t, err)
	seen, err := request.Preview(t.Context(), standing{used: 70_00, line: 100_00}, plan)
	require.NoError(t, err)
	require.Equal(t, request.Outlook{
		Changes:  []request.Change{{"credit line", "100.00 KES", "70.00 KES"}, {"available", "30.00 KES", "0.00 KES"}},
		Warnings: []string{"the line is below what is used (70.00 KES): it follows the position down"},
		Affects:  []string{"alpha-ke"},
	}, seen)
}
