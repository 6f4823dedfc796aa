package mpesa

import (
	"errors"
	"strings"

	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/messaging"
)

// Limits on what the rail may send.
const (
	maxCallbackBytes = 64 << 10
	maxAnswerBytes   = 8 << 20 // a page of pulled payments is the largest answer
	maxDepth         = 8
)

// DecodeError says what is wrong with a body from the rail. The same bytes fail again.
type DecodeError struct{ Fault string }

func (e *DecodeError) Error() string { return "mpesa: decode: " + e.Fault }

// parse reads a body of at most limit bytes. Member names may hold spaces: "Conversation ID" was the spelling once.
// Errors, and those of the values, are *strictjson.Error.
func parse(body []byte, limit int) (strictjson.Value, error) {
	return strictjson.Parse(body, strictjson.Limits{Bytes: limit, Depth: maxDepth, IgnoreSpaces: true})
}

// malformed tells whether err is about the bytes of a body.
func malformed(err error) bool {
	if _, ok := errors.AsType[*DecodeError](err); ok {
		return true
	}
	_, ok := errors.AsType[*strictjson.Error](err)
	return ok
}

// shorten cuts text to at most limit bytes, at a character's edge.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}

func shortenCode(code string) string { return shorten(code, messaging.MaxRailCodeLength) }
func shortenText(text string) string { return shorten(text, messaging.MaxRailTextLength) }
