package request

// How a step back looks, for kinds that have the same one.
const (
	byAnother = "Yes, for what comes later, by another request. What cleared meanwhile stands."
	never     = "No: what was booked stays. A correction is a new entry that names it."
)

// undoes says of each kind whether it can be undone, and how.
var undoes = map[Kind]string{
	Add:     "Not whole: a participant stays in the books for ever. It can be suspended, and its credentials revoked.",
	Suspend: "Yes, by a request to resume. Intents that were refused meanwhile have to be sent again.",
	Resume:  "Yes, by a request to suspend. What was taken in meanwhile goes its way.",
	Rotate:  "No: what was rotated out is not believed again. It can be rotated once more.",
	Revoke:  "Only by a new signing key, new credentials and a request to resume.",

	Limits: byAnother, CreditLine: byAnother, CreditTerms: byAnother, Guarantee: byAnother, Method: byAnother, Patience: byAnother,
	Group: byAnother, Hours: byAnother, Gross: byAnother, Screen: byAnother, TravelRule: byAnother, Witnesses: byAnother,
	RateCommittee: byAnother, Rates: byAnother, Fees: byAnother,

	Fund: never, Recover: never, InstructionResult: never, ResolveDifference: never,
	Withdraw:         "No: the settlement agent is told at once. What it refuses comes back.",
	CloseWindow:      "No: a window does not open again, and what it nets is due.",
	Resettle:         "No: settled is settled.",
	Hold:             "Yes, by a request to release it, until its deadline.",
	Release:          "No: it may clear with the next batch, and what cleared is final.",
	Refuse:           "No: its sender is refunded, and has to send it anew.",
	Replay:           "No: what is taken in goes its way.",
	Quotes:           "No: a quote is honoured until it expires.",
	ResolveOperation: "No: the switch books it, and money follows.",
}

// Undo says whether what a plan does can be undone, and how, in a sentence for people.
func (p Plan) Undo() string { return undoes[p.Kind] }
