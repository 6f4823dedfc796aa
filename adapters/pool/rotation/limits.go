package rotation

// Limits of groups. A group has as many rounds as seats.
const (
	MinSeats             = 2
	MaxSeats             = 500
	MaxContributionMinor = 1_000_000_000_000 // a seat's, in a round
	MaxRoundDays         = 366
	MaxDays              = 90 // of grace, between reminders, to commit, to reveal
	MaxReminders         = 10
	MaxBundle            = 64   // pools and units in an atomic group, the reserve's too: the legs of a bundle at the switch
	MaxPending           = 1000 // replacements of which the leaver waits for the end
)
