package adaptertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/ayni-switch/ayni/messaging"
)

// Broker is where the switch is played, when it is not in this process.
type Broker struct {
	URL, Creds  string // as the switch
	Provisioner string // credentials of who may make streams; "" for the switch's
	Participant string
	SeedFile    string // of the participant's signing key: the adapter's process is given its path
	Key         string // the public half; the switch knows no more. "" where SeedFile is there
	ClientCreds string // the participant's
	SwitchSeed  string // file of the switch's signing seed
}

// provision makes the participant's streams where they are missing.
func (b Broker) provision(ctx context.Context) error {
	as := messaging.Endpoint{URL: b.URL, Creds: cmp.Or(b.Provisioner, b.Creds)}
	return messaging.Provision(ctx, as, []string{b.Participant})
}

// key is the participant's public signing key.
func (b Broker) key() (string, error) {
	if b.Key != "" {
		return b.Key, nil
	}
	signer, err := signerOf(b.SeedFile)
	if err != nil {
		return "", err
	}
	return signer.PublicKey(), nil
}

func signerOf(seedFile string) (*messaging.Signer, error) {
	seed, err := os.ReadFile(seedFile)
	if err != nil {
		return nil, err
	}
	return messaging.NewSigner(seed)
}

// ownBroker is a broker of the suite's own, which it can stop and start again.
type ownBroker struct {
	Broker
	config messaging.ServerConfig
	server *messaging.Server // nil while it is stopped
}

// startBroker starts one in dir, with us on it.
func startBroker(ctx context.Context, dir string) (*ownBroker, error) {
	o := &ownBroker{
		Broker: Broker{Participant: us, SeedFile: filepath.Join(dir, "adapter.seed"), SwitchSeed: filepath.Join(dir, "switch.seed")},
		config: messaging.ServerConfig{Dir: filepath.Join(dir, "broker"), Participants: []string{us}},
	}
	for _, path := range []string{o.SeedFile, o.SwitchSeed} {
		seed, err := messaging.NewSeed()
		if err == nil {
			err = os.WriteFile(path, seed, 0o600)
		}
		if err != nil {
			return nil, err
		}
	}
	var err error
	if o.server, err = messaging.StartServer(ctx, o.config); err != nil {
		return nil, err
	}
	o.URL, o.ClientCreds = o.server.URL(), o.server.CredsFile(us)
	o.Creds, o.Provisioner = o.server.CredsFile("switch"), o.server.CredsFile("provisioner")
	at, err := url.Parse(o.URL)
	if err == nil {
		o.config.Port, err = strconv.Atoi(at.Port())
	}
	if err != nil {
		o.stop()
		return nil, err
	}
	return o, nil
}

func (o *ownBroker) stop() {
	if o.server != nil {
		o.server.Close()
		o.server = nil
	}
}

// again starts it where it was.
func (o *ownBroker) again(ctx context.Context) (err error) {
	for {
		if o.server, err = messaging.StartServer(ctx, o.config); err == nil {
			return nil
		}
		if waited := pause(ctx, 50*time.Millisecond); waited != nil { // meanwhile somebody's connection may have its port
			return fmt.Errorf("the broker does not start again: %w", errors.Join(err, waited))
		}
	}
}
