package demo

import (
	"fmt"

	"github.com/ayni-switch/ayni/messaging"
)

// The pools of the demo. Each saves in its own money, pays its part of a round that chama-nairobi keeps, and three of
// them have pledged to paluwagan-manila.
const (
	poolName = "chama-nairobi"
	joburg   = "stokvel-joburg"
	manila   = "paluwagan-manila"
	london   = "diaspora-london"
	dubai    = "diaspora-dubai"

	poolGroup = "g1" // the first that a pool has: all pools save in this one of poolName's
)

// community is a pool as its members made it. Amounts are minor units of its money.
type community struct {
	name     string
	account  messaging.Party
	template string // of its charter
	operator string // where its members pay in
	people   int    // the first is facilitator, then treasurer, then auditor
	fund     string // that dues go to

	shareMinor  int64 // what a member usually pays in at a time; the charter's amounts are made of it
	dueMinor    int64 // what each pays in
	times       int   // and how often
	partMinor   int64 // of a round
	pledgeMinor int64 // to Manila, for one emergency
	pledgeFor   string
}

// The parts and pledges are about seven and twenty US dollars.
var communities = []community{
	{
		name: poolName, account: messaging.Party{Name: "Umoja Chama", Account: "UMOJA"}, template: "chama", operator: "mpesa-ke",
		people: 3, fund: "welfare", shareMinor: 2_000_00, dueMinor: 2_500_00, times: 2, partMinor: 1_000_00, pledgeMinor: 3_000_00, pledgeFor: "illness",
	},
	{
		name: joburg, account: messaging.Party{Name: "Masibambane Stokvel", Account: "MASIBAMBANE"}, template: "stokvel", operator: "rand-za",
		people: 3, fund: "savings", shareMinor: 100_00, dueMinor: 100_00, times: 1, partMinor: 140_00,
	},
	{
		name: manila, account: messaging.Party{Name: "Paluwagan ng Tondo", Account: "TONDO"}, template: "chama", operator: "gcash-ph",
		people: 5, fund: "welfare", shareMinor: 1_000_00, dueMinor: 200_00, times: 1, partMinor: 430_00,
	},
	{
		name: london, account: messaging.Party{Name: "Bayanihan London", Account: "BAYANIHAN"}, template: "solidarity-fund", operator: "sterling-gb",
		people: 3, fund: "common", shareMinor: 20_00, dueMinor: 20_00, times: 1, partMinor: 6_00, pledgeMinor: 16_00, pledgeFor: "food",
	},
	{
		name: dubai, account: messaging.Party{Name: "Kabayan Dubai", Account: "KABAYAN"}, template: "solidarity-fund", operator: "dirham-ae",
		people: 3, fund: "common", shareMinor: 100_00, dueMinor: 100_00, times: 1, partMinor: 27_00, pledgeMinor: 75_00, pledgeFor: "food",
	},
}

// communityOf finds a pool by its name.
func communityOf(name string) community {
	for _, c := range communities {
		if c.name == name {
			return c
		}
	}
	return community{}
}

// guests are the pools that save in the group of poolName, each a member there after its people.
func guests() []community { return communities[1:] }

// memberName is under which a pool knows a member, and what a member pays under.
func memberName(i int) string { return fmt.Sprintf("m%d", i+1) }

// members counts those who sign in a pool: its people, and where it keeps the group, the pools that save in it.
func (c community) members() int {
	if c.name == poolName {
		return c.people + len(guests())
	}
	return c.people
}

// payIn is what a member pays over the rail.
type payIn struct {
	community

	reference string
	minor     int64
}

// payIns are the first transfers of a day: members pay their dues, and who has Nairobi's own seat pays its part.
func payIns() (all []payIn) {
	for _, c := range communities {
		for n := range c.people * c.times {
			all = append(all, payIn{community: c, reference: memberName(n % c.people), minor: c.dueMinor})
		}
	}
	home := communityOf(poolName)
	return append(all, payIn{community: home, reference: memberName(0) + " " + poolGroup, minor: home.partMinor})
}

// paidIn is what the members of a pool pay in all.
func (c community) paidIn() (minor int64) {
	for _, in := range payIns() {
		if in.name == c.name {
			minor += in.minor
		}
	}
	return minor
}
