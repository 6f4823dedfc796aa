package ledger

import "github.com/ayni-switch/ayni/settlement/screen"

// Hit is an intent that screening spoke of: the place of its envelope, and its own.
type Hit struct {
	Participant int32
	Sequence    uint64 // of the envelope, and the place in it
	Place       int32
}

// Screened is what screening said of an intent, and on what it rests (screen.Answer).
type Screened struct {
	Decision   screen.Decision
	List, Rule string
}

// ScreenVerdict is what a batch took from screening.
type ScreenVerdict struct {
	Hit
	Screened
}
