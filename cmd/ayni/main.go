// Command ayni is the whole of Ayni in one binary: the switch, its adapters, its sandboxes and its tools.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // timetables name zones, on machines that may have none
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newCommand().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ayni:", err)
		os.Exit(1)
	}
}
