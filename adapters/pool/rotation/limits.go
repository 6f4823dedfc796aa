package rotation

// Limits of groups. A group has as many rounds as seats.
const (
	MinSeats             = 2
	MaxSeats             = 500
	MaxContributionMinor = 1_000_000_000_000 // a seat's, in a round
	MaxRoundDays         = 366
	MaxDays              = 90 // of grace, between reminders, to commit, to reveal
	MaxReminders         = 10
	MaxBundle            = 63 // pools and units in an atomic group, so that a bundle at the switch has place for all
)
