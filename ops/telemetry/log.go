package telemetry

import (
	"context"
	"encoding"
	"fmt"
	"io"
	"log/slog"
	"reflect"

	"github.com/ayni-switch/ayni/messaging/trace"
	"github.com/ayni-switch/ayni/ops/settings"
)

// NewLogger writes lines of JSON without people or secrets: it is the last that sees a record, and withholds what the
// ones before should not have said. A record that is made under a span has its trace_id.
func NewLogger(to io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(Masked(slog.NewJSONHandler(to, &slog.HandlerOptions{Level: level})))
}

// NewTextLogger is NewLogger with lines of NAME=VALUE, for people.
func NewTextLogger(to io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(Masked(slog.NewTextHandler(to, &slog.HandlerOptions{Level: level})))
}

// Log is the log that a program's settings ask for, which were checked.
func Log(to io.Writer, s settings.Telemetry) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	if s.LogFormat == "text" {
		return NewTextLogger(to, level)
	}
	return NewLogger(to, level)
}

// Masked puts the withholding before any handler.
func Masked(next slog.Handler) slog.Handler { return masked{next} }

type masked struct{ next slog.Handler }

func (h masked) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h masked) WithGroup(name string) slog.Handler { return masked{h.next.WithGroup(mask(name))} }

func (h masked) WithAttrs(attrs []slog.Attr) slog.Handler {
	kept := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		kept[i] = attr(a)
	}
	return masked{h.next.WithAttrs(kept)}
}

func (h masked) Handle(ctx context.Context, r slog.Record) error {
	kept := slog.NewRecord(r.Time, r.Level, mask(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		kept.AddAttrs(attr(a))
		return true
	})
	if c := trace.From(ctx); !c.IsZero() {
		kept.AddAttrs(slog.String("trace_id", fmt.Sprintf("%x", c.Trace)), slog.String("span_id", fmt.Sprintf("%x", c.Span)))
	}
	return h.next.Handle(ctx, kept)
}

// attr is an attribute as a log shows it.
func attr(a slog.Attr) slog.Attr {
	if deny(a.Key) {
		return slog.String(a.Key, withheld)
	}
	return slog.Attr{Key: mask(a.Key), Value: value(a.Value)}
}

func value(v slog.Value) slog.Value {
	switch v = v.Resolve(); v.Kind() {
	case slog.KindString:
		return slog.StringValue(mask(v.String()))
	case slog.KindGroup:
		group := v.Group()
		kept := make([]slog.Attr, len(group))
		for i, a := range group {
			kept[i] = attr(a)
		}
		return slog.GroupValue(kept...)
	case slog.KindAny:
		return slog.StringValue(mask(shown(v.Any())))
	default:
		return v
	}
}

// shown is what a value says of itself: an error, what has a text, and texts of ours. Nobody knows what is inside of
// anything else.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case error:
		return v.Error()
	case encoding.TextMarshaler:
		if text, err := v.MarshalText(); err == nil {
			return string(text)
		}
		return withheld
	case fmt.Stringer:
		return v.String()
	}
	of := reflect.TypeOf(v)
	if of.Kind() == reflect.String || of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.String {
		return fmt.Sprint(v)
	}
	return withheld + " " + of.String()
}
