package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// railCase is a case for a person, with what to do next.
type railCase struct {
	ledger.Exception
	What string
	Do   string
	Path string // where it is done; "" where it is not for who reads
}

// railCases are the open cases of a participant's rail, or of everybody's (""), newest first.
func (s *Site) railCases(v *visit, participant string) (cases []railCase, err error) {
	found, err := s.Books.Exceptions(v.r.Context(), participant, true, ledger.DefaultPage)
	for _, e := range found {
		cases = append(cases, caseOf(e, v.who))
	}
	return cases, err
}

// caseOf says what to do about a case.
func caseOf(e ledger.Exception, who auth.Principal) railCase {
	c := railCase{Exception: e}
	switch {
	case e.Kind == "outcome":
		c.What, c.Do = "It contradicts what is final about the "+words(e.About), "Hold its statement against the log"
		c.Path = "/console/reconciliation?participant=" + url.QueryEscape(e.Participant)
	case e.About == "return":
		c.What, c.Do = "The money cannot go back: it lacks liquidity", "Have it bring money in"
		c.Path = "/console/participants/" + e.Participant
	default:
		c.What, c.Do = "Nobody says what became of the "+words(e.About), "Find out, step by step"
		if resolves(who) {
			c.Path = operationPath(e.Participant, adapters.OperationID(e.Transfer, messaging.Kind(e.About)))
		}
	}
	return c
}

// notedCase is a case that an adapter keeps.
type notedCase struct {
	adapters.Exception
	Path string // of the operation that it is about; "" where it is about something else
}

func notedOf(e adapters.Exception, participant string) notedCase {
	about := []adapters.ExceptionKind{
		adapters.ExceptionMissing, adapters.ExceptionOpenLong, adapters.ExceptionStuck, adapters.ExceptionMismatch, adapters.ExceptionContradiction,
	}
	if slices.Contains(about, e.Kind) && !strings.Contains(e.Subject, "/") {
		return notedCase{e, operationPath(participant, e.Subject)}
	}
	return notedCase{Exception: e}
}
