package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/messaging"
)

// maxAnswer bounds what is read of an answer by HTTP, in bytes.
const maxAnswer = 1 << 20

func (r *round) broker(ctx context.Context, participants []string) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	before := time.Now()
	c, err := messaging.Examine(ctx, r.cfg.Broker, participants)
	if err != nil {
		r.ill(Fail, "broker", "start NATS with JetStream, or mend --nats-url and --nats-creds", "%v", err)
		return
	}
	r.ok("broker", "NATS %s, %d streams", c.Version, len(c.Streams))
	if !c.Clock.IsZero() {
		r.clock("clock of the broker", before, c.Clock)
	}
	sound := 0
	for _, s := range c.Streams {
		full := int64(0)
		if s.MaxBytes > 0 {
			full = 100 * s.Bytes / s.MaxBytes
		}
		switch name := "stream " + s.Name; {
		case s.Missing:
			r.ill(Fail, name, "whoever runs NATS makes it: messaging/README.md says how", "it is not there")
		case s.Weakness != "":
			r.ill(Fail, name, "make it anew as messaging/README.md says, under another name, and keep this one", "%s", s.Weakness)
		case full >= fullFails:
			r.ill(Fail, name, "nats stream edit --max-bytes, by whoever runs NATS", "%d%% of its bytes are used; the switch stops publishing when it is full", full)
		case full >= fullWarns:
			r.ill(Warn, name, "nats stream edit --max-bytes, by whoever runs NATS", "%d%% of its bytes are used", full)
		default:
			sound++
		}
	}
	if sound > 0 {
		r.ok("streams", "%d keep what they were given", sound)
	}
}

// monitor looks at what the broker tells nobody but its monitoring: whether it flushes before it acknowledges.
func (r *round) monitor(ctx context.Context) {
	const mend = "jetstream { sync_interval: always } in the server's configuration"
	var said struct {
		Config struct {
			Always bool `json:"sync_always"`
		} `json:"config"`
	}
	text, err := get(ctx, strings.TrimSuffix(r.cfg.Monitor, "/")+"/jsz?config=1")
	if err == nil {
		err = json.Unmarshal(text, &said)
	}
	switch {
	case err != nil:
		r.ill(Warn, "broker's flushing", "give the monitoring's address: --nats-monitor", "not seen: %v", err)
	case !said.Config.Always:
		r.ill(Fail, "broker's flushing", mend, "it acknowledges before it has flushed, and loses that with the power")
	default:
		r.ok("broker's flushing", "before it acknowledges")
	}
}

func (r *round) witness(ctx context.Context, url string) {
	if _, err := get(ctx, strings.TrimSuffix(url, "/")+"/health"); err != nil {
		r.ill(Fail, "witness "+url, "ask whoever runs it; without its cosignature the policy may not be met", "%v", err)
		return
	}
	r.ok("witness "+url, "answers")
}

func get(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", response.Status)
	}
	return io.ReadAll(io.LimitReader(response.Body, maxAnswer))
}
