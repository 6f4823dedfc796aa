package client_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/ops/client"
)

// vector is a webhook that somebody else signed.
type vector struct {
	key, id, stamp, body, signature string
	at                              int64
}

// Svix's published example, and the reference library's of Ed25519.
var vectors = map[string]vector{
	"v1": {
		key: "whsec_plJ3nmyCDGBKInavdOK15jsl", id: "msg_loFOjxBNrRLzqYUf", stamp: "1731705121", at: 1731705121,
		body: `{"event_type":"ping","data":{"success":true}}`, signature: "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
	},
	"v1a": {
		key: "whpk_ZlN4eg7dSSqi0moX9hQUk3orrOouK3QVQSlJa248c/g=", id: "msg_p5jXN8AQM9LWM0D4loKWxJek", stamp: "1614265330", at: 1614265330,
		body:      `{"test": 2432232314}`,
		signature: "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==",
	},
}

func (v vector) verify(late time.Duration, change func(v *vector)) (string, error) {
	now := time.Unix(v.at, 0).Add(late)
	if change != nil {
		change(&v)
	}
	header := http.Header{}
	header.Set("webhook-id", v.id)
	header.Set("webhook-timestamp", v.stamp)
	header.Set("webhook-signature", v.signature)
	return client.VerifyWebhook(header, []byte(v.body), now, "whsec_!", v.key)
}

func TestVerifyWebhook(t *testing.T) {
	for name, v := range vectors {
		for _, late := range []time.Duration{-5 * time.Minute, 0, 5 * time.Minute} {
			id, err := v.verify(late, nil)
			require.NoError(t, err, name)
			require.Equal(t, v.id, id, name)
		}
		_, err := v.verify(0, func(v *vector) { v.signature = "v2,x v1,!! v1 " + v.signature })
		require.NoError(t, err, "%s: one of many is enough", name)
		for what, change := range map[string]func(v *vector){
			"another body":       func(v *vector) { v.body += " " },
			"another id":         func(v *vector) { v.id += "x" },
			"no id":              func(v *vector) { v.id = "" },
			"another time":       func(v *vector) { v.stamp = "1" + v.stamp[1:9] + "9" },
			"a time past all":    func(v *vector) { v.stamp = "9223372036854775807" },
			"no time":            func(v *vector) { v.stamp = "" },
			"no signature":       func(v *vector) { v.signature = "" },
			"half a signature":   func(v *vector) { v.signature = v.signature[:40] },
			"another key":        func(v *vector) { v.key = "whsec_AAAA" },
			"a key of no kind":   func(v *vector) { v.key = v.key[6:] },
			"a public key short": func(v *vector) { v.key = "whpk_AAAA" },
		} {
			_, err := v.verify(0, change)
			assert.ErrorIs(t, err, client.ErrWebhook, "%s: %s", name, what)
		}
		for _, late := range []time.Duration{5*time.Minute + time.Second, -5*time.Minute - time.Second} {
			_, err := v.verify(late, nil)
			assert.ErrorIs(t, err, client.ErrWebhook, name)
		}
	}
}
