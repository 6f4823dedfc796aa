package audit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/settlement/audit"
)

var drawMessage = rapid.Custom(func(t *rapid.T) audit.Message {
	m := audit.Message{
		Participant: rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "participant"), Kind: "intent", Sequence: rapid.Uint64().Draw(t, "sequence"),
		ReceivedAt: time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), rapid.Int64Range(0, 999_999).Draw(t, "µs")*1000).UTC(),
	}
	if rapid.Bool().Draw(t, "unread") {
		m.Fault, m.Hash = "signature", [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash"))
		return m
	}
	m.Signature = rapid.StringMatching(`[A-Za-z0-9_-]{86}`).Draw(t, "signature")
	m.Open = rapid.SliceOf(rapid.Byte()).Draw(t, "open")
	for _, place := range rapid.SliceOfNDistinct(rapid.Int32Range(-1, 100), 0, 3, rapid.ID).Draw(t, "places") {
		m.Closed = append(m.Closed, audit.Closed{Place: place, Fault: "schema"})
	}
	if m.IsLetter = rapid.Bool().Draw(t, "letter"); m.IsLetter {
		m.Letter = rapid.Int32Range(-1, 100).Draw(t, "place")
	}
	return m
})

func TestInputsReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var blob []byte
		var err error
		written := rapid.SliceOfN(drawMessage, 0, 5).Draw(t, "messages")
		for i := range written {
			blob, err = audit.AppendMessage(blob, &written[i])
			require.NoError(t, err)
		}
		read, err := audit.ReadMessages(blob)
		require.NoError(t, err)
		require.Len(t, read, len(written))
		for i := range read {
			if len(written[i].Open) == 0 {
				written[i].Open, read[i].Open = nil, nil
			}
		}
		if len(written) > 0 {
			require.Equal(t, written, read)
		}
	})
}

func FuzzReadMessages(f *testing.F) {
	f.Add([]byte(`{"bytes":"2","kind":"intent","participant":"alpha","received":"2026-04-13T06:00:00Z","sequence":"7","signature":"x"}` + "\n{}\n"))
	f.Add([]byte(`{"bytes":"0","fault":"signature","hash":"` + "00" + `","kind":"intent","participant":"a","received":"2026-04-13T06:00:00Z","sequence":"7"}` + "\n\n"))
	f.Fuzz(func(t *testing.T, blob []byte) {
		messages, err := audit.ReadMessages(blob)
		if err != nil {
			require.ErrorAs(t, err, new(*audit.InputsError))
			return
		}
		var again []byte
		for i := range messages {
			again, err = audit.AppendMessage(again, &messages[i])
			require.NoError(t, err)
		}
		require.Equal(t, string(blob), string(again), "one text for one meaning")
	})
}
