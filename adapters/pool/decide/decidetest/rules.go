package decidetest

import (
	"github.com/ayni-switch/ayni/adapters/pool/charter"
	"github.com/ayni-switch/ayni/fx"
)

// The money of villages, and of those they help.
var (
	KES = fx.MustCurrency("KES")
	PHP = fx.MustCurrency("PHP")
)

// Rules are of a chama of which two of three sign payouts, three what is larger, and everybody decides the rest.
func Rules() *charter.Charter {
	everybody := []string{charter.Everybody}
	all := func(kind charter.Kind, tiers ...charter.Tier) charter.Decision {
		return charter.Decision{Kind: kind, Propose: everybody, Tiers: tiers}
	}
	majority := charter.Tier{Method: charter.Majority, Vote: everybody, Quorum: 500, Hours: 48}
	return &charter.Charter{
		Version: 1, Pool: "chama-nairobi", Title: "Chama", Purpose: "To help each other.",
		Units: []charter.Unit{{Unit: KES, Issue: charter.Outside}},
		Funds: []charter.Fund{{Name: "main", Unit: KES}, {Name: "reserve", Unit: KES, Reserve: true}},
		Roles: []charter.Role{{Name: "treasurer", Seats: 2, TermDays: 365, MaxTerms: 2}},
		Dues:  []charter.Due{{Name: "dues", Fund: "main", AmountMinor: 500_00, EveryDays: 30}},
		Decisions: []charter.Decision{
			all(charter.Payout,
				charter.Tier{UpToMinor: 5_000_00, Method: charter.Signatures, Vote: everybody, Signatures: 2, Hours: 72},
				charter.Tier{Method: charter.Signatures, Vote: everybody, Signatures: 3, Hours: 72, CoolingOff: 24}),
			all(charter.RuleChange, charter.Tier{Method: charter.Supermajority, Vote: everybody, Permille: 667, Quorum: 600, Hours: 72}),
			all(charter.Admission, majority), all(charter.Appointment, majority),
			all(charter.Recovering, charter.Tier{Method: charter.Signatures, Vote: everybody, Signatures: 2, Hours: 48, CoolingOff: 48}),
		},
		Limits: []charter.Limit{{Fund: "main", Days: 30, MaxMinor: 20_000_00}},
		Visibility: []charter.Visible{
			{Section: charter.SectionDecisions, To: []charter.Audience{charter.Members}},
			{Section: charter.SectionBalance, To: []charter.Audience{charter.Members, charter.Public}},
		},
	}
}
