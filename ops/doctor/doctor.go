// Package doctor looks at what a switch stands on, and says how to mend what is not as it should be: the database, the
// broker, the machine. It changes nothing.
package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/show"
)

// State is what a check found.
type State string

// The states.
const (
	OK   State = "ok"
	Warn State = "warn" // it works, and may not for long, or not safely
	Fail State = "fail"
)

// Finding is what one check found, and how to mend it.
type Finding struct {
	Check  string
	State  State
	Detail string
	Mend   string // one line; "" where nothing is to mend
}

// Config says what to look at; what is empty is not looked at.
type Config struct {
	DatabaseURL  string
	Broker       messaging.Endpoint
	Monitor      string // URL of the broker's monitoring, as http://127.0.0.1:8222
	Data         string // folder whose disk is tried
	LogKey       string // by which the log's checkpoint is verified
	Secrets      []string
	Certificates []string
	Witnesses    []string // URLs

	Flush func(folder string) (time.Duration, error) // measures a write that is flushed; nil for the real one
}

// Limits on what is taken for sound.
const (
	skewWarns   = 500 * time.Millisecond // a batch's deadlines and quotes go by seconds
	skewFails   = 5 * time.Second
	flushLeast  = 20 * time.Microsecond // no disk that keeps what it says is faster; memory is
	lagWarns    = 10_000                // messages
	leaseWarns  = 10 * time.Second      // as long as a leader may say nothing
	fullWarns   = 80                    // per cent of a stream, or of a disk
	fullFails   = 95
	expiryWarns = 30 * 24 * time.Hour
	askTimeout  = 10 * time.Second // of one thing that is asked
)

// Examine looks at everything. What cannot be reached is a finding, too.
func Examine(ctx context.Context, cfg Config) []Finding {
	r := &round{cfg: cfg}
	r.program()
	var participants []string
	if cfg.DatabaseURL != "" {
		participants = r.database(ctx)
	}
	if cfg.Broker.URL != "" {
		r.broker(ctx, participants)
	}
	if cfg.Monitor != "" {
		r.monitor(ctx)
	}
	if cfg.Data != "" {
		r.disk()
	}
	r.files()
	for _, url := range cfg.Witnesses {
		r.witness(ctx, url)
	}
	return r.found
}

// round is a doctor's way past everything.
type round struct {
	cfg   Config
	found []Finding
}

func (r *round) ok(check, detail string, about ...any) {
	r.found = append(r.found, Finding{Check: check, State: OK, Detail: fmt.Sprintf(detail, about...)})
}

// ill notes what is not as it should be.
func (r *round) ill(state State, check, mend, detail string, about ...any) {
	r.found = append(r.found, Finding{Check: check, State: state, Detail: fmt.Sprintf(detail, about...), Mend: mend})
}

// Worst is the worst state among findings.
func Worst(all []Finding) State {
	worst := OK
	for _, f := range all {
		if f.State == Fail || f.State == Warn && worst == OK {
			worst = f.State
		}
	}
	return worst
}

// Sheet shows findings.
func Sheet(all []Finding) show.Sheet {
	return show.Rows("findings", []show.Column[Finding]{
		{Name: "state", Value: func(f Finding) any { return string(f.State) }},
		{Name: "check", Value: func(f Finding) any { return f.Check }},
		{Name: "detail", Value: func(f Finding) any { return f.Detail }},
		{Name: "mend", Title: "how to mend it", Value: func(f Finding) any { return f.Mend }},
	}, all)
}
