package rail

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ayni-switch/ayni/adapters"
)

// ErrNoAddress says that nobody told the switch where a participant's adapter is. A retry fails again.
var ErrNoAddress = errors.New("rail: no address of that adapter is known here")

// Directory knows where adapters are. The zero Directory knows none.
type Directory struct{ clients map[string]*Client }

// NewDirectory reads private addresses of adapters by participant, as a configuration has them.
func NewDirectory(addresses map[string]string) (Directory, error) {
	d := Directory{clients: make(map[string]*Client, len(addresses))}
	for participant, address := range addresses {
		c, err := NewClient(participant, address)
		if err != nil {
			return Directory{}, err
		}
		d.clients[participant] = c
	}
	return d, nil
}

// Participants lists those whose adapter has an address, in order.
func (d Directory) Participants() []string { return slices.Sorted(maps.Keys(d.clients)) }

// Of is the client of a participant's adapter. The error is ErrNoAddress.
func (d Directory) Of(participant string) (*Client, error) {
	c, known := d.clients[participant]
	if !known {
		return nil, fmt.Errorf("%w: %.40q", ErrNoAddress, participant)
	}
	return c, nil
}

// Resolve has a participant's adapter told how an operation ended. Errors are ErrNoAddress and Client.Resolve's.
func (d Directory) Resolve(ctx context.Context, participant, operation string, how adapters.Resolution) error {
	c, err := d.Of(participant)
	if err != nil {
		return err
	}
	return c.Resolve(ctx, operation, how)
}
