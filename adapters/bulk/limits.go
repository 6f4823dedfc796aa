package bulk

import "time"

// Limits on what comes in.
const (
	MaxLines     = 1_000_000 // of one file, without its header
	MaxFileBytes = 512 << 20
	MaxLineBytes = 8 << 10 // longer than every field at its longest
	MaxFiles     = 64      // that are not finished

	// maxLineMinor is what the switch takes in one transfer. With it no total of a file can leave int64.
	maxLineMinor = 1_000_000_000_000
	maxUploads   = 4
	// maxCurrencies bounds the totals of a file.
	maxCurrencies = 64
	// shortLine is less than a sound line has bytes.
	shortLine = 24
)

// Limits on what goes out.
const (
	maxOpen       = 50_000 // lines that the switch has not ended; it takes 100,000, orders included
	maxUnanswered = 8 * packLines
	// packLines is how many lines are priced, made durable and published together.
	packLines = 1_024
	// packScan is how many lines are looked at for one pack, where few are to be sent again.
	packScan = 64 << 10
	maxSweep = 9 // one digit of an intent's id

	claimChunk   = 16 << 10 // lines in one commit while a file is claimed
	resultsChunk = 1_024    // lines read from the store at a time
	listed       = 1_000    // files in a list
)

// Times. quoteMargin keeps a quote from expiring on its way to the switch.
const (
	quoteMargin      = 20 * time.Second
	quotePatience    = time.Minute     // for a first quote of a currency, before its lines are refused
	fullPause        = 5 * time.Second // after the switch said that it is full
	tick             = 100 * time.Millisecond
	switchRetry      = time.Second
	defaultTTL       = 24 * time.Hour
	defaultRepublish = 30 * time.Second
	maxRepublish     = 10 * time.Minute
)
