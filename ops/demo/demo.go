// Package demo plays a day of remittances on a whole switch in one process: private servers, rails'
// sandboxes, adapters, mutual-aid pools, customers made from public figures, and people and rails that
// misbehave on purpose. What it shows is what the rooms do; nothing here decides or books anything.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging/trace"
	"github.com/ayni-switch/ayni/ops/dev"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/ops/telemetry"
)

// Config is a demo.
type Config struct {
	Dir, DatabaseURL, NATSURL, NATSCreds string
	Transfers                            int
	Seed                                 uint64
	ISO20022                             string    // folder for everything that the switch tells of the day, "" for none
	Export                               string    // folder for the settlement log as an auditor gets it, "" for none
	ProductionTimers                     bool      // rails wait as in production, not as in a demo
	HTTPAddr                             string    // where API and console are while it stays up; "" for usualAddr, or any port where that is taken
	Out                                  io.Writer // what people read
	Log                                  *slog.Logger
	Telemetry                            settings.Telemetry // whose traces are sent; Log is made of the rest

	watch  *watch       // measures the day; nil for a day as it comes
	tracer trace.Tracer // as Telemetry wants; nil for none
}

// maxTransfers bounds a day: references have six digits.
const maxTransfers = 999_999

const closeTimeout = 30 * time.Second

// Run plays the day, or what an earlier process on the same folder left of it, and reports. With stay it
// then keeps everything up, with a trickle of fresh traffic, until ctx ends. reported is told of the
// report as soon as it is there.
func Run(ctx context.Context, cfg Config, stay bool, reported func(*Report) error) (err error) {
	if least := len(payIns()); cfg.Transfers < least || cfg.Transfers > maxTransfers {
		return fmt.Errorf("demo: %d transfers; a day has %d to %d", cfg.Transfers, least, maxTransfers)
	}
	names, err := participants()
	if err != nil {
		return err
	}
	tracer, traced, err := telemetry.Traces(ctx, "ayni-dev", cfg.Telemetry, cfg.Log)
	if err != nil {
		return err
	}
	defer traced()
	cfg.tracer = tracer
	fmt.Fprintln(cfg.Out, "starting PostgreSQL and JetStream ...") //nolint:errcheck // a reader that left misses a line
	servers, err := dev.Start(ctx, dev.Config{
		Dir: cfg.Dir, Participants: names, DatabaseURL: cfg.DatabaseURL, NATSURL: cfg.NATSURL, NATSCreds: cfg.NATSCreds, Logger: cfg.Log,
	})
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		err = errors.Join(err, servers.Close(closing))
	}()
	return cfg.on(ctx, servers, stay, reported)
}

// on plays on servers that run.
func (cfg Config) on(ctx context.Context, servers *dev.Servers, stay bool, reported func(*Report) error) (err error) {
	script, err := openScript(servers.Dir, cfg.Seed, cfg.Transfers, time.Now())
	if err != nil {
		return err
	}
	say := func(format string, args ...any) { fmt.Fprintf(cfg.Out, format+"\n", args...) } //nolint:errcheck // as above
	if script.Seed != cfg.Seed || script.Transfers != cfg.Transfers {
		say("this folder holds a day of %d transfers with seed %d: going on with that one", script.Transfers, script.Seed)
	}
	day, err := newDay(script.Seed, script.Began)
	if err != nil {
		return err
	}
	timers := demoTimers
	if cfg.ProductionTimers {
		timers = adapters.Timers{}
	} else {
		say("rail timers are shortened: a first status query after %s, where UPI in production waits 90 s", timers.FirstQuery)
	}
	bar := progressbar.NewOptions(script.Transfers, progressbar.OptionSetWriter(cfg.Out), progressbar.OptionSetDescription("the day"),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(40))
	play, err := newPlay(day, script, cfg.watch, func(ended, total int) { _ = bar.Set(min(ended, total)) })
	if err != nil {
		return err
	}
	if play.stage, err = openStage(ctx, servers, day, timers, cfg, play.notice); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, play.stage.close()) }() //nolint:contextcheck // what is closed says goodbye whatever became of the context
	started := time.Now()
	if err := play.begin(ctx); err != nil {
		return err
	}
	if stay {
		if err := play.stage.openSites(); err != nil { //nolint:contextcheck // requests have their own
			return err
		}
		ways, err := play.stage.openFront(ctx, cfg.HTTPAddr)
		if err != nil {
			return err
		}
		say("%s", ways)
	}
	if err := play.run(ctx); err != nil {
		return err
	}
	took := time.Since(started)
	say("\nholding the day against its invariants ...")
	report, err := play.report(ctx, took)
	if err != nil {
		return err
	}
	report.RailTimers = timersName(timers)
	if cfg.ISO20022 != "" {
		told, err := play.emit(ctx, cfg.ISO20022)
		if err != nil {
			return err
		}
		report.Invariants = append(report.Invariants, told)
	}
	if cfg.Export != "" {
		verified, err := play.export(ctx, cfg.Export)
		if err != nil {
			return err
		}
		report.Invariants = append(report.Invariants, verified)
	}
	if err := report.WriteTable(cfg.Out); err != nil {
		return err
	}
	if err := reported(report); err != nil || !stay {
		return err
	}
	pool, err := play.stage.waysIn()
	if err != nil {
		return err
	}
	say("\nthe switch stays up, with a transfer now and then; Ctrl-C ends it\n  data       %s\n  PostgreSQL %s\n  NATS       %s\n  switch key %s\n  mpesa-ke   %s",
		servers.Dir, servers.DatabaseURL(), servers.NATSURL(), play.stage.hub.PublicKey(), strings.TrimSuffix(play.stage.actors["mpesa-ke"].orders, "/orders"))
	say("  the pool   %s", pool)
	return play.trickle(ctx)
}
