package messaging

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// mailSchema names the schema of mail, which is no kind: mail travels as a status.
const mailSchema PayloadKind = "mail"

// drawParts draws one part or more.
func drawParts(t *rapid.T) (parts []Delivery) {
	for n := 0; n < rapid.IntRange(1, 4).Draw(t, "messages") || len(parts) == 0; n++ {
		kind := rapid.SampledFrom([]PayloadKind{PayloadPayout, PayloadStatus}).Draw(t, "kind")
		for _, payload := range drawPayloads(t, kind) {
			parts = append(parts, Delivery{Participant: "alpha", Kind: kind, Number: int64(len(parts) + 1), Payload: payload})
		}
	}
	return parts
}

// apart decodes each part by itself.
func apart(t require.TestingT, parts []Delivery) []Incoming {
	all := make([]Incoming, len(parts))
	for n, p := range parts {
		var err error
		if p.Kind == PayloadPayout {
			all[n].Payout, err = DecodePayout("alpha", p.Payload)
		} else {
			all[n].Status, err = DecodeStatus("alpha", p.Payload)
		}
		require.NoError(t, err)
	}
	return all
}

func TestMailIsItsParts(t *testing.T) {
	schema := compileSchemas(t)[mailSchema]
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		parts := drawParts(t)
		payload := encodeMail("alpha", parts)
		require.True(t, isMail("alpha", payload))
		require.False(t, isMail("beta", payload))
		want := apart(t, parts)
		strict, err := decodeMail("alpha", payload)
		require.NoError(t, err)
		require.Equal(t, want, strict)
		if fast, ok := readMail("alpha", payload); ok {
			read++
			require.Equal(t, want, fast)
		}
		require.NoError(t, bySchema(t, schema, payload))
		kind, last, err := lastPart("alpha", payload)
		require.NoError(t, err)
		require.Equal(t, parts[len(parts)-1].Kind, kind)
		require.Equal(t, parts[len(parts)-1].Payload, last)
		size := len(payload) - len(opening+mailMember+"[]}"+mailEnd) - len("alpha") - len(`""`)
		for _, p := range parts {
			size -= len(p.Payload) + mailFrame
		}
		require.LessOrEqual(t, size, 0, "the room that fitting counts on is enough")
	})
	require.NotZero(t, read, "the fast reader reads none")
}

func TestMailIsRefusedAsAWhole(t *testing.T) {
	status, err := EncodeStatuses(StatusMessage{Participant: "alpha", Changes: []Change{{Intent: "a-1", State: StateQueued}}})
	require.NoError(t, err)
	mail := func(parts string) []byte { return []byte(`{"version":1,"participant":"alpha","mail":[` + parts + `]}`) }
	good := "\n{\"status\":" + string(status[0]) + "}"
	in, err := DecodeMail("alpha", mail(good+"\n"))
	require.NoError(t, err)
	require.Len(t, in, 1)
	many := slices.Repeat([]byte(good+","), MaxParts)
	for name, payload := range map[string][]byte{
		"no parts":       mail(""),
		"an empty part":  mail("{}"),
		"both":           mail(`{"status":` + string(status[0]) + `,"payout":` + string(payoutTo(t, "alpha", "t-1")) + `}`),
		"a null":         mail(`{"status":null}`),
		"another kind":   mail(`{"intent":` + string(status[0]) + `}`),
		"another's part": mail("\n{\"status\":" + string(bytes.Replace(status[0], []byte("alpha"), []byte("gamma"), 1)) + "}\n"),
		"an instruction": mail("\n{\"status\":" + string(payoutTo(t, "alpha", "t-1")) + "}\n"),
		"a name twice":   mail(`{"status":` + string(status[0]) + `,"status":` + string(status[0]) + `}`),
		"more behind":    append(mail(good+"\n"), ' ', '1'),
		"too many":       append(append([]byte(`{"version":1,"participant":"alpha","mail":[`), many...), good+"\n]}"...),
		"cut off":        mail(good + "\n")[:60],
	} {
		_, err := DecodeMail("alpha", payload)
		var fault *FaultError
		assert.ErrorAs(t, err, &fault, name)
	}
	_, err = DecodeMail("beta", mail(good+"\n"))
	require.Error(t, err)
}

func FuzzMailFastAgrees(f *testing.F) {
	status, err := EncodeStatuses(StatusMessage{Participant: "alpha", Changes: []Change{{Intent: "a-1", State: StateQueued}}})
	require.NoError(f, err)
	sample := encodeMail("alpha", []Delivery{
		{Kind: PayloadStatus, Payload: status[0]}, {Kind: PayloadPayout, Payload: payoutTo(f, "alpha", "t-1")}, {Kind: PayloadStatus, Payload: status[0]},
	})
	f.Add(sample)
	for n := range 40 {
		at := (n*97 + 30) % len(sample)
		f.Add(slices.Concat(sample[:at], []byte(splinters[n%len(splinters)]), sample[at+1:]))
		f.Add(slices.Concat(sample[:at], []byte("\n"), sample[at:]))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		strict, err := decodeMail("alpha", payload)
		fast, ok := readMail("alpha", payload)
		if ok {
			require.NoError(t, err)
			require.Equal(t, strict, fast)
		}
	})
}
