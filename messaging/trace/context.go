package trace

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
)

// Header is the header that carries a Context (W3C Trace Context, level 1).
const Header = "traceparent"

// Context names a span that others follow. The zero Context is none.
type Context struct {
	Trace [16]byte
	Span  [8]byte
}

// Of names the trace of a transfer and its first span, by its debtor and its intent: everybody who is told of the transfer
// comes to the same, where a message of many transfers has room for one Context.
func Of(debtor, intent string) (c Context) {
	sum := sha256.Sum256([]byte("ayni trace\n" + debtor + "\n" + intent))
	copy(c.Trace[:], sum[:])
	copy(c.Span[:], sum[len(c.Trace):])
	return c
}

// textLength is what the one form of a traceparent takes: 00-TRACE-SPAN-FLAGS in lower-case hexadecimal digits.
const textLength = 2 + 1 + 32 + 1 + 16 + 1 + 2

// Parse reads a traceparent of version 00. What is anything else, or names a span that nobody records, is no Context.
func Parse(text string) Context {
	var c Context
	if len(text) != textLength || text[:3] != "00-" || text[35] != '-' || text[52] != '-' {
		return Context{}
	}
	var flags [1]byte
	if !digits(c.Trace[:], text[3:35]) || !digits(c.Span[:], text[36:52]) || !digits(flags[:], text[53:]) {
		return Context{}
	}
	if c.Trace == [16]byte{} || c.Span == [8]byte{} || flags[0]&1 == 0 {
		return Context{}
	}
	return c
}

// digits reads lower-case hexadecimal digits.
func digits(to []byte, text string) bool {
	for i := range to {
		high, low := digit(text[2*i]), digit(text[2*i+1])
		if high > 15 || low > 15 {
			return false
		}
		to[i] = high<<4 | low
	}
	return true
}

// digit is a hexadecimal digit's value, more than 15 where it is none.
func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	default:
		return 0xff
	}
}

// IsZero tells whether there is nothing to follow.
func (c Context) IsZero() bool { return c == Context{} }

// String writes the traceparent, "" for none.
func (c Context) String() string {
	if c.IsZero() {
		return ""
	}
	b := make([]byte, 0, textLength)
	b = hex.AppendEncode(append(b, "00-"...), c.Trace[:])
	b = hex.AppendEncode(append(b, '-'), c.Span[:])
	return string(append(b, "-01"...))
}

type key struct{}

// With has what is done under ctx follow a span.
func With(ctx context.Context, c Context) context.Context {
	if c.IsZero() {
		return ctx
	}
	return context.WithValue(ctx, key{}, c)
}

// From is the span that ctx follows, none where there is none.
func From(ctx context.Context) Context {
	c, _ := ctx.Value(key{}).(Context)
	return c
}
