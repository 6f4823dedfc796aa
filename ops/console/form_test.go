package console_test

import (
	"crypto/ed25519"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/request"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// goodForms fills in a form of every kind as somebody would.
func goodForms(t *testing.T, waiting string) map[request.Kind]string {
	t.Helper()
	seed, err := messaging.NewSeed()
	require.NoError(t, err)
	signer, err := messaging.NewSigner(seed)
	require.NoError(t, err)
	key := signer.PublicKey()
	sheet, err := fx.ParseSignedSheet([]byte("ayni.rates.v1\nserial 7000\nfrom 2026-05-04T00:00:00Z\nuntil 2026-05-05T00:00:00Z\nbase USD\nKES 134.82248 2026-05-03 a bank\n"))
	require.NoError(t, err)
	signed := string(sheet.Sign(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))).Text())
	member := fx.CommitteeKey{1}.String()
	in := "participant=mpesa-ke&currency=KES&"
	return map[request.Kind]string{
		request.Add:               "participant=new-ke&role=operator&country=KE&currency=KES&min=1&max=500&step=0.01&line=100&unsecured=100&reserves=no&broker=yes&key=" + key,
		request.Suspend:           in,
		request.Resume:            in,
		request.Rotate:            in + "credentials=yes&key=" + key,
		request.Revoke:            in + "broker=yes",
		request.Limits:            in + "min=1&max=9999.50&step=0.01",
		request.CreditLine:        in + "amount=5000",
		request.CreditTerms:       in + "amount=5000&haircut=12.5",
		request.Guarantee:         in + "amount=10&guarantor=airtel-ug",
		request.Fund:              in + "amount=10&account=settlement&evidence=E1",
		request.Withdraw:          in + "amount=10&account=settlement",
		request.CloseWindow:       "group=default",
		request.Resettle:          "window=1",
		request.InstructionResult: "instruction=I000000000000A&currency=KES&amount=3&did=moved&evidence=E2",
		request.Recover:           in + "brought=5&evidence=E3",
		request.Group:             "group=east&currencies=KES+UGX&seconds=3600&share=50",
		request.Method:            in + "method=instructed",
		request.Hold:              "transfer=" + waiting,
		request.Release:           "transfer=" + waiting,
		request.Refuse:            "transfer=" + waiting + "&code=AC04",
		request.Replay:            in + "sequence=12",
		request.Rates:             "signed=" + url.QueryEscape(strings.ReplaceAll(signed, "\n", "\r\n")),
		request.RateCommittee:     "keys=" + member + "&threshold=1",
		request.Quotes:            "provider=fx-bank&quotes=" + url.QueryEscape("q7 KES PHP 0.4321 2030-01-01T00:00:00Z\r\nq8 PHP KES 2.3 2030-01-01T00:00:00Z"),
		request.Fees:              "schedule=" + url.QueryEscape(`{"version":9,"from":"2030-01-01T00:00:00Z","rules":[{"name":"all","from":{},"to":{},"switch":[{}],"interchange":{"payer":"debtor","tiers":[{}]}}]}`),
		request.Patience:          in + "seconds=90",
		request.Hours:             "currency=KES&late=queue&closed=" + url.QueryEscape("2030-12-24T15:00:00Z 2030-12-27T06:00:00Z"),
		request.Gross:             "from=KES&to=PHP&amount=1000000",
		request.Screen:            "list=" + url.QueryEscape(`{"name":"list","version":2,"accounts":["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]}`),
		request.TravelRule:        "currency=KES&amount=1000",
		request.Witnesses:         "policy=quorum+none",
		request.ResolveDifference: "participant=mpesa-ke&difference=d1&how=explained",
		request.ResolveOperation:  "participant=mpesa-ke&operation=T1P&ended=paid&rail_ref=R1&evidence=line+7",
	}
}

// Every kind that two people have to want has a form, which says what will happen, whom it affects and whether it can be
// undone before anything is asked; and no form breaks on what nobody should fill in.
func everyForm(t *testing.T, r *rig) {
	t.Helper()
	filled := goodForms(t, transferOf(t, r, true))
	catalogue := r.get(auth.Operator, "", "/console/ask").Body.String()
	for _, kind := range request.Kinds() {
		path := "/console/ask/" + string(kind)
		require.Contains(t, catalogue, `"`+path+`"`)
		require.Equal(t, http.StatusOK, r.get(auth.Operator, "", path+"?"+filled[kind]).Code, kind)
		given, err := url.ParseQuery(filled[kind])
		require.NoError(t, err)
		given.Set("reason", "as agreed on Monday")
		var pairs []string
		for name := range given {
			pairs = append(pairs, name, given.Get(name))
		}
		sure := r.post(auth.Operator, path, pairs...)
		require.Equal(t, http.StatusOK, sure.Code, "%s: %s", kind, alertOf(sure.Body.String()))
		for _, part := range []string{"Once somebody else approves", "Whom it affects", "Can it be undone?", "as agreed on Monday"} {
			require.Contains(t, sure.Body.String(), part, kind)
		}
		for _, hostile := range []string{"", "-1", "1e9", "\x00<script>", strings.Repeat("9", 400_000), "9999999999999999999999"} {
			for name := range given {
				wrong := append([]string{}, pairs...)
				w := r.post(auth.Operator, path, append(wrong, name, hostile)...)
				require.Contains(t, []int{http.StatusOK, http.StatusUnprocessableEntity}, w.Code, "%s %s", kind, name)
				require.NotContains(t, w.Body.String(), "<script>", kind)
			}
		}
	}
}

// Who decides is told what has moved since it was asked for, beside how it looked then.
func movedSince(t *testing.T, r *rig) {
	t.Helper()
	plan, err := request.SuspendPlan(settlement.Suspend{Participant: "dormant-ke", Suspended: true}, "nobody answers")
	require.NoError(t, err)
	plan.Outlook = &request.Outlook{Changes: []request.Change{{What: "state", Before: "open", After: "suspended"}}} // as it was before somebody suspended it
	body, err := json.Marshal(plan)
	require.NoError(t, err)
	id, err := r.books.MakeRequest(t.Context(), ledger.Request{Key: "moved", Kind: string(plan.Kind), Subject: plan.Participant, Body: body, Maker: "somebody"})
	require.NoError(t, err)
	at := "/console/requests/" + strconv.FormatInt(id, 10)
	page := r.get(auth.Approver, "", at).Body.String()
	for _, part := range []string{"has changed since this was asked for", "when asked: open", "dormant-ke is suspended already"} {
		require.Contains(t, page, part)
	}
	require.Equal(t, http.StatusSeeOther, r.post(auth.Approver, at, "answer", "refuse", "reason", "it is").Code)
	require.NotContains(t, r.get(auth.Approver, "", at).Body.String(), "when asked", "what was decided on is not foreseen")
}

func alertOf(page string) string {
	_, after, _ := strings.Cut(page, `role="alert"`)
	return after[:min(len(after), 200)]
}

// Heads sort by links, say how the table is sorted, and keep the filters.
func sortedTables(t *testing.T, r *rig) {
	t.Helper()
	page := r.get(auth.Auditor, "", "/console/participants?currency=KES&sort=-used").Body.String()
	require.Contains(t, page, `aria-sort="descending"><a href="/console/participants?currency=KES&amp;sort=used"`)
	page = r.get(auth.Auditor, "", "/console/participants?sort=used").Body.String()
	require.Contains(t, page, `aria-sort="ascending"><a href="/console/participants?sort=-used"`)
	standings, err := r.books.Standings(t.Context(), "")
	require.NoError(t, err)
	binding := 0
	for _, s := range standings {
		if s.Price > 0 && s.Participant != ledger.SchemeName {
			binding++
			require.Contains(t, r.get(auth.Participant, s.Participant, "/console/participants/"+s.Participant).Body.String(), "weighted value", "what more liquidity would release")
		}
	}
	require.Positive(t, binding, "the day has somebody without money")
	for _, path := range []string{"/console/participants?sort=%3Cscript%3E", "/console/reconciliation?sort=-state&all=yes"} {
		require.Equal(t, http.StatusOK, r.get(auth.Auditor, "", path).Code)
	}
}
