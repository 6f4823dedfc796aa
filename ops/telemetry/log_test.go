package telemetry

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/messaging/trace"
)

func TestWhatIsWithheld(t *testing.T) {
	for text, want := range map[string]string{
		"reading interrupted":                           "reading interrupted",
		"payment from 254700000001":                     "payment from [withheld]",
		"to +254 700 000 001, twice":                    "to [withheld], twice",
		"0917-000-0001":                                 "[withheld]",
		"anita@upi said no":                             "[withheld] said no",
		"Authorization: Bearer abc.def-1":               "Authorization: [withheld]",
		"postgres://ayni:hunter2@db:5432/ayni":          "postgres[withheld]db:5432/ayni",
		"?token=abc&page=2":                             "?[withheld]&page=2",
		"PRIVATE+KEY+ayni.test/log+9f+AWpr":             "[withheld]",
		`the rail says "JANE DOE has no money"`:         `the rail says "[withheld]"`,
		`stream "FROM_x"`:                               `stream "[withheld]"`,
		`messaging: publish "outbox-12" to "intent.a"`:  `messaging: publish "outbox-12" to "intent.a"`,
		"window due 2026-11-22 10:04":                   "window due 2026-11-22 10:04",
		"batch 1234567, transfer T18a9f3b2c4d5e6":       "batch 1234567, transfer T18a9f3b2c4d5e6",
		"a\n-----BEGIN PRIVATE KEY-----\nMC4CAQAw\nend": "a\n[withheld]",
	} {
		require.Equal(t, want, mask(text))
	}
}

// Whatever shape a secret or a person's number has, and wherever in a record it stands, no line shows it.
func TestNoRecordShowsThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.OneOf(msisdns(), seeds(), mails()).Draw(t, "secret")
		carrier := rapid.SampledFrom([]string{"%s", "call %s failed", "for (%s), again", "x:%s/y", `quoted %q`, "a=%s;"}).Draw(t, "carrier")
		text := fmt.Sprintf(carrier, secret)
		var out bytes.Buffer
		log := NewLogger(&out, slog.LevelDebug).With("of", text)
		log.WithGroup("rail").Warn("exception: "+text, "what", text, "error", fmt.Errorf("call: %w", errors.New(text)),
			slog.Group("inner", "url", text, "any", struct{ Name string }{text}), "list", []string{text},
			"link", &url.URL{Scheme: "https", Host: "h", Path: text})
		require.NotContains(t, out.String(), secret)
		require.NotContains(t, out.String(), digitsOf(secret))
	})
}

// digitsOf are a number's digits, or something that is nowhere.
func digitsOf(text string) string {
	if strings.Trim(text, "+0123456789") != "" {
		return "\x00"
	}
	return strings.Trim(text, "+")
}

func msisdns() *rapid.Generator[string] { return rapid.StringMatching(`\+?[1-9][0-9]{8,13}`) }

func mails() *rapid.Generator[string] {
	return rapid.StringMatching(`[a-z]{3,10}(@|%40)(upi|okaxis|example\.com)`)
}

func seeds() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		raw := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed")
		seed, err := nkeys.EncodeSeed(nkeys.PrefixByteUser, raw)
		require.NoError(t, err)
		return string(seed)
	})
}

func TestKeysThatAreDenied(t *testing.T) {
	var out bytes.Buffer
	NewLogger(&out, slog.LevelInfo).Info("x", "payer", "Wanjiku", "signing_key", 7, "Client-Secret", true, "participant", "mpesa-ke",
		"detail", "Maria Santos", "since", time.Unix(0, 0).UTC())
	require.NotContains(t, out.String(), "Wanjiku")
	require.NotContains(t, out.String(), "Santos")
	require.Contains(t, out.String(), `"signing_key":"[withheld]","Client-Secret":"[withheld]","participant":"mpesa-ke"`)
	require.Contains(t, out.String(), `"since":"1970-01-01T00:00:00Z"`)
}

func TestARecordUnderASpanHasItsTrace(t *testing.T) {
	var out bytes.Buffer
	c := trace.Parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	NewLogger(&out, slog.LevelInfo).InfoContext(trace.With(t.Context(), c), "x")
	require.Contains(t, out.String(), `"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331"`)
}
