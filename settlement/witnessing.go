package settlement

// The commands on who witnesses the log.
const (
	CommandWitnesses CommandKind = "witnesses" // body Witnesses
	CommandWitnessed CommandKind = "witnessed" // body Witnessed
)

// Witnesses says who has to vouch for the log before the settlement agent is told to move money: from the next batch on
// an instruction waits until they have cosigned a tree that holds its entry. The policy is text of C2SP tlog-policy.
// There is no way back to none but a policy whose quorum is none.
type Witnesses struct {
	Policy string `json:"policy"`
}

// Witnessed is a checkpoint of the log that satisfies the policy in force, and the proof that the entries whose
// instructions wait are in its tree. The engine asks for it.
type Witnessed struct {
	Checkpoint string           `json:"checkpoint"` // signed and cosigned
	Entries    []WitnessedEntry `json:"entries"`
}

// WitnessedEntry is an entry's inclusion proof.
type WitnessedEntry struct {
	Index int64    `json:"index"`
	Path  []string `json:"path"` // SHA-256 in base64
}
