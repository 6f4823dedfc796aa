package decide

import (
	"fmt"

	"github.com/ayni-switch/ayni/settlement"
)

// publishLimits changes what a participant pays out from the next intent on, and has everybody told. What was
// accepted before stays as it is.
func (d *decision) publishLimits(l settlement.Limits) (subject, fault string) {
	p := d.byName[l.Participant]
	switch {
	case p == nil:
		return "", fmt.Sprintf("no participant %q", Plain(l.Participant))
	case !payable(l.PayoutIncrementMinor, l.PayoutMinMinor, l.PayoutMaxMinor):
		return "", "payout limits out of range"
	}
	d.setLimits(l)
	d.refreshed = true
	return p.Name, ""
}

func (s *State) setLimits(l settlement.Limits) {
	p := s.byName[l.Participant]
	p.PayoutIncrementMinor, p.PayoutMinMinor, p.PayoutMaxMinor = l.PayoutIncrementMinor, l.PayoutMinMinor, l.PayoutMaxMinor
}

// payable tells whether payouts can keep to such limits.
func payable(increment, least, most int64) bool {
	return increment > 0 && least > 0 && most >= least && most <= maxTransferMinor
}
