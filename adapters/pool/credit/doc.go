// Package credit is the arithmetic of units that a community issues itself.
//
//	Rule      what members may owe and hold in mutual credit, by vouches, years and turnover; demurrage
//	Vouchers  units that a decision issued, in lots that expire: the first to expire goes first
//	SetOff    claims that members have on each other, discharged along rings without money
//
// Mutual credit is issued by paying: who pays goes down, who is paid goes up, and the sum of all is zero.
// Everything here is pure: time is an argument, amounts are int64 minor units, and what rounding leaves is kept.
package credit
