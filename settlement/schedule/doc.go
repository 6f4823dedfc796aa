// Package schedule is when settlement happens: business days, the moments at which settlement windows
// close, and the hours in which a currency's transfers are taken for the same day.
//
//	Timetable a scheme's document: calendars, groups of currencies that close, cut-offs
//	Calendar  the business days of one place
//	Plan      a timetable with its zones found, ready to be asked
//	Windows   the closings of currencies that close together
//	Hours     when a currency is open, and what becomes of a transfer outside
//
// Everything here is pure: no clock and no I/O, and the same timetable, zones and moment give the same
// answer. Zones come from the caller. time.LoadLocation finds them on the machine or, in a binary that
// imports time/tzdata as cmd must, in the binary. Governments change their clocks, so two machines can
// hold different zones: whoever decides by an answer here keeps the answer, not only the question.
//
// Local times follow one rule: 02:30 on a day is the first moment of the zone at which clocks show 02:30 of
// that day or anything later. So a time that clocks skip is the moment at which they jump, a time that
// they show twice is the first of the two, and later times never come before earlier ones.
//
// What comes out is in UTC. Moments that go in are cut to the microsecond, as the ledger keeps them.
package schedule
