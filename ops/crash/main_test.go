//go:build linux

package crash

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"
)

var (
	kills     = flag.Int("crash-kills", 100, "how many processes are killed")
	transfers = flag.Int("crash-transfers", 50_000, "how many transfers customers make meanwhile")
	seed      = flag.Uint64("crash-seed", 0, "seed of faults, fates and customers, 0 for a new one")
	forTime   = flag.Duration("crash-for", 0, "goes on for so long, whatever the counts above")
	patience  = flag.Duration("crash-patience", time.Minute, "how long nothing may move before the switch is called stuck")
)

// inside marks the process that runs the suite itself: this binary, built with the tag failpoints.
const inside = "AYNI_CRASH_INSIDE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		if err := live(role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(exitBroken)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
