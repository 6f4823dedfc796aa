package main

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/show"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// participantSheet shows participants, and how their rails are.
func participantSheet(all []settlement.Participant, rails []ledger.RailStanding) show.Sheet {
	money := func(p settlement.Participant, minor int64) any { return fx.Money{Minor: minor, Currency: p.Currency} }
	return show.Rows("participants", []show.Column[settlement.Participant]{
		{Name: "participant", Value: func(p settlement.Participant) any { return p.Name }},
		{Name: "country", Value: func(p settlement.Participant) any { return p.Country }},
		{Name: "currency", Value: func(p settlement.Participant) any { return p.Currency.String() }},
		{Name: "role", Value: func(p settlement.Participant) any { return string(p.Role) }},
		{Name: "payout_min", Money: true, Value: func(p settlement.Participant) any { return money(p, p.PayoutMinMinor) }},
		{Name: "payout_max", Money: true, Value: func(p settlement.Participant) any { return money(p, p.PayoutMaxMinor) }},
		{Name: "payout_step", Money: true, Value: func(p settlement.Participant) any { return money(p, p.PayoutIncrementMinor) }},
		{Name: "state", Value: func(p settlement.Participant) any {
			if p.Suspended {
				return "suspended"
			}
			return "open"
		}},
		{Name: "rail", Value: func(p settlement.Participant) any { return railOf(p.Name, rails) }},
		{Name: "signing_key", Wide: true, Value: func(p settlement.Participant) any { return p.SigningKey }},
	}, all)
}

// railOf is how a participant's rail is, as the participant says: up where it never said otherwise.
func railOf(participant string, rails []ledger.RailStanding) string {
	at := slices.IndexFunc(rails, func(r ledger.RailStanding) bool { return r.Participant == participant })
	if at < 0 || rails[at].State == messaging.RailUp {
		return string(messaging.RailUp)
	}
	r := rails[at]
	return fmt.Sprintf("%s since %s, %d waited when it spoke last", r.State, r.Since.UTC().Format(time.RFC3339), r.Waiting)
}

// requestSheet shows what was asked for, and what became of it.
func requestSheet(all []ledger.Request) show.Sheet {
	return show.Rows("requests", []show.Column[ledger.Request]{
		{Name: "request", Value: func(r ledger.Request) any { return strconv.FormatInt(r.ID, 10) }},
		{Name: "kind", Value: func(r ledger.Request) any { return r.Kind }},
		{Name: "of", Value: func(r ledger.Request) any { return r.Subject }},
		{Name: "asked_by", Value: func(r ledger.Request) any { return r.Maker }},
		{Name: "asked_at", Value: func(r ledger.Request) any { return r.MadeAt }},
		{Name: "state", Value: func(r ledger.Request) any { return stateOf(r) }},
		{Name: "body", Title: "what", Value: func(r ledger.Request) any { return string(r.Body) }},
	}, all)
}

func stateOf(r ledger.Request) string {
	switch {
	case r.Done && r.Fault == "":
		return fmt.Sprintf("approved by %s (%s), done %s", r.Checker, r.Reason, r.DoneAt.UTC().Format(time.RFC3339))
	case r.Done:
		return fmt.Sprintf("approved by %s (%s), not done: %s", r.Checker, r.Reason, r.Fault)
	case r.Approved:
		return fmt.Sprintf("approved by %s (%s), under way", r.Checker, r.Reason)
	case r.Checker != "":
		return fmt.Sprintf("refused by %s (%s)", r.Checker, r.Reason)
	case r.Expired:
		return "expired: nobody decided on it"
	default:
		return "waits for a second person"
	}
}
