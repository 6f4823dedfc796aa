package messaging

// Limits on everything that comes in. Each one is refused with a typed *FaultError.
const (
	MaxEnvelopeBytes = 512 << 10 // one message on any subject
	MaxOpenBytes     = 256 << 10 // the open line of an intent or outcome
	MaxIntents       = 256       // intents in one envelope
	MaxRecalls       = 256       // recalls in one envelope
	MaxOutcomes      = 256       // outcomes in one envelope
	MaxInstructions  = 256       // payout instructions in one message
	MaxChanges       = 512       // state changes in one status message
	MaxListed        = 512       // quotes, peers or windows in one status message
	MaxParts         = 256       // messages in one mail

	MaxClosedLines     = 3 * MaxIntents // further ones are not looked at
	MaxClosedLineBytes = 4 << 10        // a longer one is not looked at

	commitmentLength = 43 // characters: 32 bytes of base64url without padding
	saltLength       = 22 // 16 bytes

	MaxIDLength        = 36  // intent ids, quote ids
	MaxNameLength      = 140 // a person's name (ISO 20022 Max140Text)
	MaxAccountLength   = 64  // MSISDN, VPA, wallet or account number
	MaxAddressLength   = 140
	MaxTownLength      = 35 // ISO 20022 Max35Text
	MaxReferenceLength = 140
	MaxPurposeLength   = 35
	MaxRailCodeLength  = 35
	MaxRailTextLength  = 256
	MaxDetailLength    = 256 // why an intent was refused, for people
	MaxAmountLength    = 64  // the text of an amount
)
