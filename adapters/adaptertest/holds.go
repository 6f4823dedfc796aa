package adaptertest

import (
	"errors"
	"fmt"

	"github.com/ayni-switch/ayni/adapters/sandbox"
)

// setAside holds what was set aside against what became of it: it was paid out of, or is free again, or is there still.
func (b *Books) setAside(heard *Heard, rows shelves, blind bool) error {
	var found []error
	for account, e := range b.holds {
		found = append(found, e.against(heard, rows[sandbox.KindHold][account], blind))
	}
	if blind {
		return errors.Join(found...)
	}
	for account := range rows[sandbox.KindHold] {
		if _, ours := b.holds[account]; !ours {
			found = append(found, fmt.Errorf("the rail sets money aside for %s, and nobody said so", account))
		}
	}
	for account := range b.holds {
		held := rows[sandbox.KindHold][account]
		paid, freed := rows[sandbox.KindPayout][account], rows[sandbox.KindRelease][account]
		_, released := heard.Final[b.releases[account].name]
		switch {
		case held == nil || held.settled == 0:
		case paid != nil && paid.hold != held.id:
			found = append(found, fmt.Errorf("%s was paid beside what was set aside for it", account))
		case paid != nil && freed != nil && freed.settled > 0:
			found = append(found, fmt.Errorf("%s was paid, and what was set aside for it is free again", account))
		case released && (freed == nil || freed.settled == 0):
			found = append(found, fmt.Errorf("%s: called released, and the rail still holds it", b.releases[account].name))
		case !released && freed != nil && freed.settled > 0 && b.releases[account].name == "":
			found = append(found, fmt.Errorf("what was set aside for %s is free again, and nobody said so", account))
		}
	}
	return errors.Join(found...)
}
