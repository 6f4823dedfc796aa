// Command ayni is the whole of Ayni in one binary: the switch, its adapters, its sandboxes and its tools.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // timetables name zones, on machines that may have none
)

// placesPerCore is how many goroutines may be at work at once, for each core. One that waits for the disk keeps its
// place until the scheduler takes it away, and JetStream and the adapters' stores wait for the disk all the time:
// with one place a core, two cores stood idle for a quarter of a run; with two to six, 1.4 times as much clears.
const placesPerCore = 4

// heapGrowth is by how many per cent what is kept grows until it is collected. Half of the usual saves a quarter of
// the memory at the peak, for as much of the processor as runs differ by.
const heapGrowth = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(heapGrowth)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(placesPerCore * runtime.GOMAXPROCS(0))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, newCommand())
	stop()
	os.Exit(int(code))
}
