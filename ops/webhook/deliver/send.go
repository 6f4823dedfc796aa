package deliver

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"github.com/ayni-switch/ayni/ops/webhook"
)

// Limits of a call.
const (
	connecting = 5 * time.Second
	maxHeaders = 16 << 10 // of the answer, in bytes
	maxBody    = 4 << 10  // of it is read, so that the connection can be used again; nothing in it is looked at
)

// client sends to addresses that the whole world reaches, whatever names and redirects say: an address is looked at when
// it is connected to, and redirects are answers like any other. No proxy stands between, which could not be asked that.
func (d *Deliverer) client() *http.Client {
	dialer := &net.Dialer{Timeout: connecting, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !webhook.Reachable(to.Addr(), d.Loopback) {
			return webhook.ErrPrivate
		}
		return nil
	}}
	return &http.Client{
		Timeout: d.Timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: connecting, MaxResponseHeaderBytes: maxHeaders, DisableCompression: true,
			MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// send posts a payload, and says what came of it.
func send(ctx context.Context, client *http.Client, url string, headers http.Header, payload []byte) (a webhook.Answer) {
	began := time.Now()
	defer func() { a.Took = time.Since(began) }()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		a.Reason = "the address cannot be called"
		return a
	}
	request.Header = headers
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "ayni-webhooks")
	response, err := client.Do(request)
	if err != nil {
		a.Reason = why(err)
		return a
	}
	defer response.Body.Close() //nolint:errcheck // nothing in it matters
	_, _ = io.CopyN(io.Discard, response.Body, maxBody)
	a.Status = response.StatusCode
	if !a.Taken() {
		a.Reason = fmt.Sprintf("it answered %d", a.Status)
		a.RetryAfter = retry(response.Header.Get("Retry-After"), time.Now())
	}
	return a
}

// retry reads Retry-After, which is seconds or a date; 0 of anything else.
func retry(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// why says in our own words what is wrong with an endpoint. Nothing that it sent is said again: whoever owns it could have
// had us ask somebody else.
func why(err error) string {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var slow interface{ Timeout() bool }
	switch {
	case errors.Is(err, webhook.ErrPrivate):
		return "its address leads into a private network"
	case errors.As(err, &name):
		return "its name was not found"
	case errors.As(err, &certificate):
		return "its certificate was not believed"
	case errors.As(err, &record):
		return "it does not speak TLS"
	case errors.As(err, &slow) && slow.Timeout():
		return "it did not answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "it refused the connection"
	default:
		return "the connection broke"
	}
}
