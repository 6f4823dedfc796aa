package webhook_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/client"
	"github.com/ayni-switch/ayni/ops/webhook"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

func keys(t *testing.T) webhook.Keys {
	t.Helper()
	made, err := webhook.NewKeys([]byte(strings.Repeat("k", 32)))
	require.NoError(t, err)
	return made
}

func key(t *testing.T, endpoint int64, salt string, generation int) webhook.Key {
	t.Helper()
	k, err := keys(t).Of(endpoint, []byte(salt), generation)
	require.NoError(t, err)
	return k
}

// What is signed, receivers verify by either kind of key; while keys change, by the old one too.
func TestSignaturesVerify(t *testing.T) {
	old, now := key(t, 7, "salt", 1), key(t, 7, "salt", 2)
	header, at, body := http.Header{}, time.Unix(1_700_000_000, 0), []byte(`{"a":1}`)
	webhook.Sign(header, "evt_1", at, body, now, old)
	received := http.Header{}
	for name, values := range header {
		received.Set(name, values[0])
	}
	for _, has := range []string{old.Secret(), now.Secret(), old.Public(), now.Public()} {
		id, err := client.VerifyWebhook(received, body, at, has)
		require.NoError(t, err)
		require.Equal(t, "evt_1", id)
	}
	_, err := client.VerifyWebhook(received, body, at, key(t, 7, "salt", 3).Secret(), key(t, 7, "salt", 3).Public())
	require.ErrorIs(t, err, client.ErrWebhook)
}

// Every endpoint and generation has a key of its own, also one whose number was given before.
func TestKeysDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range []webhook.Key{key(t, 1, "a", 1), key(t, 1, "a", 2), key(t, 1, "b", 1), key(t, 2, "a", 1), key(t, 11, "a", 1), key(t, 1, "a", 11)} {
		require.False(t, seen[k.Secret()] || seen[k.Public()])
		seen[k.Secret()], seen[k.Public()] = true, true
	}
	require.True(t, seen[key(t, 1, "b", 1).Secret()], "and always the same")
	_, err := webhook.NewKeys([]byte("short"))
	require.Error(t, err)
}

func TestReachable(t *testing.T) {
	for address, want := range map[string]bool{
		"93.184.215.14": true, "2606:2800:21f::1": true,
		"10.0.0.1": false, "172.16.9.9": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "0.0.0.0": false, "0.1.2.3": false,
		"224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "240.0.0.1": false, "192.0.0.192": false, "203.0.113.9": false,
		"::": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "ff02::1": false, "2001:db8::1": false,
		"::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false, "64:ff9b::a00:1": false, "2002:a00:1::": false, "2001:0:a00:1::": false, "::10.0.0.1": false,
		"fec0::1": false, "100::1": false,
	} {
		assert.Equal(t, want, webhook.Reachable(netip.MustParseAddr(address), false), address)
		assert.Equal(t, want, webhook.Reachable(netip.MustParseAddr(address), true), address)
	}
	for _, own := range []string{"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"} {
		assert.False(t, webhook.Reachable(netip.MustParseAddr(own), false), own)
		assert.True(t, webhook.Reachable(netip.MustParseAddr(own), true), own)
	}
}

func TestCheckURL(t *testing.T) {
	for _, good := range []string{"https://example.org/hooks", "https://example.org:8443/a?b=c", "https://93.184.215.14/"} {
		require.NoError(t, webhook.CheckURL(good, false), good)
	}
	for _, bad := range []string{
		"", "example.org", "http://example.org/", "ftp://example.org/", "https://", "https:///x", "https://me:secret@example.org/", "https://example.org/#x", "https:example.org",
		"http://127.0.0.1/", "http://localhost/", "https://example.org/" + strings.Repeat("x", webhook.MaxURL), "https://exa mple.org/", "file:///etc/passwd",
	} {
		require.ErrorIs(t, errorOf(webhook.CheckURL(bad, false)), webhook.ErrURL, bad)
	}
	for _, private := range []string{"https://10.0.0.1/", "https://[::1]/", "https://[::ffff:a9fe:a9fe]/latest", "https://169.254.169.254/latest"} {
		require.ErrorIs(t, webhook.CheckURL(private, false), webhook.ErrPrivate, private)
	}
	for _, own := range []string{"http://127.0.0.1:9000/", "http://localhost:9000/", "http://[::1]:9000/"} {
		require.NoError(t, webhook.CheckURL(own, true), own)
	}
	require.ErrorIs(t, webhook.CheckURL("http://example.org/", true), webhook.ErrURL)
}

// errorOf has both refusals of an address count as one, where either is right.
func errorOf(err error) error {
	if err == webhook.ErrPrivate { //nolint:errorlint // as it is returned
		return webhook.ErrURL
	}
	return err
}

// told reads events out of a message to mpesa-ke.
func told(t *testing.T, number int64, status messaging.StatusMessage) []webhook.Event {
	t.Helper()
	status.Version, status.Participant, status.Batch = messaging.Version, "mpesa-ke", 1
	payloads, err := messaging.EncodeStatuses(status)
	require.NoError(t, err)
	var all []webhook.Event
	for n, payload := range payloads {
		m := ledger.OutboxMessage{ID: number + int64(n), Participant: "mpesa-ke", Kind: messaging.PayloadStatus, Payload: payload}
		events, err := webhook.Told(m, time.Unix(1_700_000_000, 0))
		require.NoError(t, err)
		all = append(all, events...)
	}
	return all
}

func TestToldIsGroupedByType(t *testing.T) {
	changes := make([]messaging.Change, 0, 251)
	for n := range 250 {
		changes = append(changes, messaging.Change{Intent: fmt.Sprintf("I%d", n), Transfer: fmt.Sprintf("T%013d", n), State: messaging.StatePaid})
	}
	changes = append(changes, messaging.Change{Intent: "R", State: messaging.StateRejected, Fault: messaging.FaultSchema, Detail: "Wanjiku's number"})
	events := told(t, 52, messaging.StatusMessage{
		Changes: changes, Liquidity: []messaging.LiquidityAlarm{{Currency: "KES", UsedMinor: 50_05, LimitMinor: 100_00, PercentStep: 50}},
	})
	var ids []string
	for _, e := range events {
		ids = append(ids, e.ID)
		require.NotContains(t, e.ID, ".")
		payload, err := e.Payload()
		require.NoError(t, err)
		require.Less(t, len(payload), 20<<10, "the specification's advice")
		require.NotContains(t, string(payload), "Wanjiku", "a detail is for the adapter")
	}
	require.Equal(t, []string{
		"evt_52_loyw3v28_liquidity-used_0", "evt_53_loyw3v28_transfer-paid_0", "evt_53_loyw3v28_transfer-paid_1", "evt_53_loyw3v28_transfer-paid_2", "evt_53_loyw3v28_transfer-rejected_0",
	}, ids)
	payload, err := events[0].Payload()
	require.NoError(t, err)
	require.JSONEq(t, `{"type":"liquidity.used","timestamp":"2023-11-14T22:13:20Z","participant":"mpesa-ke","data":{"items":[
		{"used":{"amount":"50.05","currency":"KES"},"limit":{"amount":"100.00","currency":"KES"},"percent":50,"path":"/v1/participants/mpesa-ke/accounts"}]}}`, string(payload))
	var paid struct {
		Data struct{ Items []map[string]string }
	}
	payload, err = events[3].Payload()
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(payload, &paid, json.MatchCaseInsensitiveNames(true)))
	require.Len(t, paid.Data.Items, 50)
	require.Equal(t, map[string]string{"intent": "I200", "transfer": "T0000000000200", "state": "paid", "path": "/v1/transfers/T0000000000200"}, paid.Data.Items[0])
}

// A payout's instruction tells nobody who is paid.
func TestInstructionsShowNobody(t *testing.T) {
	payloads, err := messaging.EncodePayouts(messaging.PayoutMessage{
		Version: messaging.Version, Participant: "mpesa-ke", Batch: 1, Instructions: []messaging.Instruction{{
			Transfer: "T0000000000001", Kind: messaging.KindPayout, Intent: "I1", Amount: messaging.Amount{Amount: "10.00", Currency: "KES"}, Counterparty: "gcash-ph",
			Debtor:   messaging.Party{Name: "Maria Santos", Account: "639170000001", Country: "PH"},
			Creditor: messaging.Party{Name: "Wanjiku Kamau", Account: "254700000001", Country: "KE"}, Reference: "school fees",
		}},
	})
	require.NoError(t, err)
	events, err := webhook.Told(ledger.OutboxMessage{ID: 3, Participant: "mpesa-ke", Kind: messaging.PayloadPayout, Payload: payloads[0]}, time.Unix(0, 0))
	require.NoError(t, err)
	require.Len(t, events, 1)
	payload, err := events[0].Payload()
	require.NoError(t, err)
	require.JSONEq(t, `{"type":"payout.instructed","timestamp":"1970-01-01T00:00:00Z","participant":"mpesa-ke","data":{"items":[{"transfer":"T0000000000001","kind":"payout",
		"amount":{"amount":"10.00","currency":"KES"},"counterparty":"gcash-ph","path":"/v1/transfers/T0000000000001"}]}}`, string(payload))
}

func TestWants(t *testing.T) {
	paid := webhook.Event{Type: "transfer.paid", Participant: "mpesa-ke"}
	for _, c := range []struct {
		e    webhook.Endpoint
		want bool
	}{
		{webhook.Endpoint{Owner: "mpesa-ke"}, true}, {webhook.Endpoint{Owner: "gcash-ph"}, false}, {webhook.Endpoint{}, true},
		{webhook.Endpoint{Owner: "mpesa-ke", Types: []webhook.Type{"transfer.paid"}}, true},
		{webhook.Endpoint{Owner: "mpesa-ke", Types: []webhook.Type{"window.settled"}}, false},
	} {
		assert.Equal(t, c.want, c.e.Wants(paid), "%+v", c.e)
	}
}

// Alone, an event is tried by the specification's schedule, until it is dropped.
func TestAnEventOfAHealthyEndpointIsDroppedAfterTheSchedule(t *testing.T) {
	p, now, strikes := webhook.Usual(), time.Unix(1_700_000_000, 0), 0
	var waits []time.Duration
	for {
		// Others are taken in between, so the endpoint does not fail.
		v := p.After(now, webhook.Standing{Strikes: strikes}, webhook.Answer{Status: 500}, 0)
		require.Empty(t, v.Paused)
		if v.Dropped {
			break
		}
		strikes, waits, now = v.Strikes, append(waits, v.Due), now.Add(v.Due)
	}
	require.Equal(t, p.Strikes, waits)
}

// Whatever a receiver answers: an endpoint that fails is tried again within the longest rest, no event is dropped for it,
// and after five days it is paused, and not before.
func TestPatience(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, began := webhook.Usual(), time.Unix(1_700_000_000, 0)
		now, was := began, webhook.Standing{}
		for n := 0; ; n++ {
			a := webhook.Answer{Status: rapid.SampledFrom([]int{0, 301, 404, 429, 500, 503}).Draw(t, "status"),
				RetryAfter: time.Duration(rapid.Int64Range(0, int64(90*24*time.Hour)).Draw(t, "retry"))}
			v := p.After(now, was, a, rapid.Float64Range(0, 1).Draw(t, "jitter"))
			require.Equal(t, n+1, v.Failures)
			require.False(t, v.Dropped)
			require.LessOrEqual(t, v.Rest, p.MaxHold+p.MaxHold/10)
			if v.Paused != "" {
				require.GreaterOrEqual(t, now.Sub(began), p.GiveUp)
				return
			}
			require.Less(t, now.Sub(began), p.GiveUp)
			if v.Fails() {
				require.GreaterOrEqual(t, v.Rest, p.Hold)
			}
			was, now = v.Standing, now.Add(max(v.Rest, time.Second))
		}
	})
}

func TestGoneAndTaken(t *testing.T) {
	p, now := webhook.Usual(), time.Unix(1_700_000_000, 0)
	require.NotEmpty(t, p.After(now, webhook.Standing{}, webhook.Answer{Status: 410}, 0).Paused)
	bad := webhook.Standing{Failures: 90, FailingSince: now.Add(-time.Hour), Strikes: 3}
	for _, status := range []int{200, 201, 204, 299} {
		require.Equal(t, webhook.Verdict{}, p.After(now, bad, webhook.Answer{Status: status}, 0))
	}
	require.NotEqual(t, webhook.Verdict{}, p.After(now, bad, webhook.Answer{Status: 300}, 0))
}
