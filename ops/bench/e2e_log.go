package bench

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"
)

// LogShare is what appending to the settlement log costs the switch while it clears: writing entries, records, inputs and
// steps, hashing and signing the tree, putting all that onto the wire, and PostgreSQL's storing it. The engine cannot do
// without its log, so this is counted where it is done.
type LogShare struct {
	EngineCPUS   float64 `json:"engine_cpu_s"`   // of the engine, in this process, by the profile of run 1
	LogCPUS      float64 `json:"log_cpu_s"`      // of these, for the log
	PostgresCPUS float64 `json:"postgres_cpu_s"` // in run 1
	OfCopy       float64 `json:"of_copy"`        // the log's tables' part of the time that the raw COPY took
	Share        float64 `json:"share"`          // of the engine's and PostgreSQL's processor time together
}

// logTables is how the names of the log's tables begin.
const logTables = "log_"

// logWork are the functions under which the log is appended to.
var logWork = []string{
	"/settlement/decide.(*decision).writeLog", "/settlement/audit.", "/settlement/store.writeLog", "x/mod/sumdb/",
}

// profileOf profiles this process while work goes on, a hundred times a second; nothing where somebody else takes a profile
// already.
func profileOf(work func() error) ([]profileSample, error) {
	var taken bytes.Buffer
	if pprof.StartCPUProfile(&taken) != nil {
		return nil, work()
	}
	err := work()
	pprof.StopCPUProfile()
	if err != nil {
		return nil, err
	}
	p, err := readProfile(taken.Bytes())
	if err != nil {
		return nil, fmt.Errorf("bench: profile: %w", err)
	}
	return p, nil
}

// profiled adds up what the engine and its log took while work went on.
func (l *LogShare) profiled(work func() error) error {
	p, err := profileOf(work)
	if err != nil {
		return err
	}
	for _, s := range p {
		if s.labels["part"] != partSwitch {
			continue
		}
		l.EngineCPUS += s.cpu.Seconds()
		if s.under(logWork) {
			l.LogCPUS += s.cpu.Seconds()
		}
	}
	return nil
}

// among works the share out.
func (l *LogShare) among(postgresCPUS, ofCopy float64) {
	l.PostgresCPUS, l.OfCopy = postgresCPUS, ofCopy
	if l.EngineCPUS > 0 {
		l.Share = (l.LogCPUS + ofCopy*postgresCPUS) / (l.EngineCPUS + postgresCPUS)
	}
}

// line writes the share for people.
func (l LogShare) line() string {
	if l.EngineCPUS == 0 {
		return "the log                 not measured: another profile was being taken, or the run was too short for one"
	}
	return fmt.Sprintf("the log               %9.1f %% of the processor time of engine and PostgreSQL (%.2f of the engine's %.2f s; %.1f %% of raw COPY)",
		100*l.Share, l.LogCPUS, l.EngineCPUS, 100*l.OfCopy)
}

// under tells whether the sample was taken below one of these functions.
func (s profileSample) under(functions []string) bool {
	for _, name := range s.stack {
		for _, f := range functions {
			if strings.Contains(name, f) {
				return true
			}
		}
	}
	return false
}
