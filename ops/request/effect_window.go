package request

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
)

func closeEffect(c settlement.CloseWindow) (effect, error) {
	if c.Group != "" && !messaging.ValidID(c.Group) {
		return effect{}, errors.New("no such group")
	}
	return effect{says: fmt.Sprintf("close the open window of group %s with the next batch; what it nets is then due", cmp.Or(c.Group, settlement.DefaultGroup))}, nil
}

func resettleEffect(r settlement.Resettle) (effect, error) {
	if r.Window <= 0 {
		return effect{}, errors.New("no window")
	}
	return effect{says: fmt.Sprintf("have failed window %d settled again, with the money that came in", r.Window)}, nil
}

func instructionEffect(r settlement.InstructionResult) (effect, error) {
	_, err := settlement.ParseInstructionID(r.Instruction)
	says := fmt.Sprintf("book that the settlement agent moved %s for instruction %s, under %s", money(r.AmountMinor, r.Currency), r.Instruction, r.Evidence)
	if r.Refused {
		says = fmt.Sprintf("book that the settlement agent refused instruction %s of %s, and give back what was reserved", r.Instruction, money(r.AmountMinor, r.Currency))
	} else {
		err = errors.Join(err, agentSays(r.Evidence))
	}
	return effect{says: says}, errors.Join(err, amount(r.AmountMinor, 1, r.Currency))
}

func recoverEffect(r settlement.Recover) (effect, error) {
	return effect{fmt.Sprintf("book %s that %s brought later, under %s, for those who paid for it", money(r.AmountMinor, r.Currency), r.Participant, r.Evidence),
		r.Participant}, errors.Join(named(r.Participant), amount(r.AmountMinor, 1, r.Currency), agentSays(r.Evidence))
}

func groupEffect(g settlement.SettlementGroup) (effect, error) {
	says := fmt.Sprintf("have group %s settle %s together", g.Name, listed(g.Currencies))
	if len(g.Currencies) == 0 {
		says = fmt.Sprintf("have group %s settle every currency that no other group names", g.Name)
	}
	says += "; windows that a currency leaves close with it"
	if g.Timetable != nil {
		says += ", by the timetable"
	}
	if !messaging.ValidID(g.Name) || g.SettleWithinSeconds < 0 || g.ShareMaxPPM < 0 || g.ShareMaxPPM > million {
		return effect{}, errors.New("the group's name, time or share is out of range")
	}
	return effect{says: says}, nil
}

// mostListed is how many currencies a sentence names.
const mostListed = 12

func listed(currencies []fx.Currency) string {
	if len(currencies) > mostListed {
		return fmt.Sprintf("%d currencies", len(currencies))
	}
	codes := make([]string, len(currencies))
	for i, c := range currencies {
		codes[i] = c.String()
	}
	return strings.Join(codes, ", ")
}

func methodEffect(m settlement.SettlementMethod) (effect, error) {
	says := fmt.Sprintf("have %s settle windows that close from now on ", m.Participant)
	switch m.Method {
	case settlement.MethodPrefund:
		says += "from its settlement account and into it"
	case settlement.MethodInstructed:
		says += "by payments at the settlement agent"
	default:
		return effect{}, fmt.Errorf("no method %.20q", string(m.Method))
	}
	return effect{says, m.Participant}, named(m.Participant)
}

// nobodyYet wants the names of who asked and approved left out of what is asked for: they are filled in.
func nobodyYet(names ...string) error {
	if strings.Join(names, "") != "" {
		return errors.New("who asked and who approved is filled in from the request; leave it empty")
	}
	return nil
}

// why wants a reason where the engine wants one.
func why(reason string) error {
	if reason == "" || len(reason) > maxReason {
		return fmt.Errorf("it says why, in at most %d bytes", maxReason)
	}
	return nil
}

func holdEffect(h settlement.Hold) (effect, error) {
	_, err := settlement.ParseTransferID(h.Transfer)
	return effect{says: fmt.Sprintf("keep transfer %s from clearing, until it is released or refused, or its deadline", h.Transfer)},
		errors.Join(err, why(h.Reason), nobodyYet(h.By))
}

func releaseEffect(v settlement.Verdict) (effect, error) {
	_, err := settlement.ParseTransferID(v.Transfer)
	if v.Code != "" {
		err = errors.Join(err, errors.New("a release has no reason code"))
	}
	return effect{says: fmt.Sprintf("release transfer %s, which is then cleared like any other", v.Transfer)},
		errors.Join(err, why(v.Reason), nobodyYet(v.AskedBy, v.ApprovedBy))
}

func refuseEffect(v settlement.Verdict) (effect, error) {
	_, err := settlement.ParseTransferID(v.Transfer)
	if v.Code != "" && !messaging.ValidReason(v.Code) {
		err = errors.Join(err, errors.New("the code is no ISO 20022 status reason code"))
	}
	return effect{says: fmt.Sprintf("refuse held transfer %s for good with reason %s, so that its sender is refunded", v.Transfer, cmp.Or(v.Code, "RR04"))},
		errors.Join(err, why(v.Reason), nobodyYet(v.AskedBy, v.ApprovedBy))
}

func replayEffect(r settlement.ReplayLetter) (effect, error) {
	what := fmt.Sprintf("message %d", r.Sequence)
	if r.Place >= 0 {
		what += fmt.Sprintf(", place %d,", r.Place)
	}
	var err error
	if r.Place < -1 || r.Sequence == 0 {
		err = errors.New("no such place of a message")
	}
	return effect{fmt.Sprintf("take %s of %s in again, by the keys, participants and limits that hold now", what, r.Participant), r.Participant},
		errors.Join(err, named(r.Participant), why(r.Reason), nobodyYet(r.Asker))
}
