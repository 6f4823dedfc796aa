package request

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/store"
)

// maxEvidence bounds where the proof of a resolution is, in bytes.
const maxEvidence = 700

// DifferencePlan says how a difference of a participant's statements was resolved, and why (Resolution.Reason).
func DifferencePlan(participant string, r ledger.Resolution) (Plan, error) {
	p := Plan{Kind: ResolveDifference, Participant: participant, Reason: r.Reason, Difference: &r}
	return p, p.Check()
}

func checkDifference(r ledger.Resolution) error {
	switch {
	case !messaging.ValidID(r.Difference) || r.Reason == "":
		return errors.New("a resolution names what it resolves, and why")
	case r.How != "explained" && r.How != "corrected" && r.How != "written_off" && r.How != "retried":
		return fmt.Errorf("no way %.20q: explained, corrected, written_off or retried", r.How)
	case r.Evidence == "" && (r.How == "corrected" || r.How == "retried"):
		return errors.New("what was corrected or retried names the command or transfer that did it, as evidence")
	case len(r.Evidence) > maxEvidence || !plain(r.Evidence):
		return fmt.Errorf("evidence is where the proof is, in at most %d bytes", maxEvidence)
	}
	return nil
}

func differenceClause(participant string, r ledger.Resolution) string {
	return fmt.Sprintf("keep that difference %s of %s was %s", r.Difference, participant, strings.ReplaceAll(r.How, "_", " "))
}

// Settle keeps the resolution that two people wanted, and what came of the request, and returns its fault. To call it
// again is safe.
func Settle(ctx context.Context, books *store.Ledger, id int64, r ledger.Resolution) (fault string, err error) {
	r.Request = id
	if err := books.Resolve(ctx, r); errors.Is(err, ledger.ErrNoDifference) {
		of, err := books.Difference(ctx, r.Difference)
		switch {
		case errors.Is(err, ledger.ErrNoDifference):
			fault = "there is no such difference"
		case err != nil:
			return "", err
		case of.Resolution == nil || of.Resolution.Request != id: // else it was kept, and the request's end was not
			fault = "it was resolved before"
		}
	} else if err != nil {
		return "", err
	}
	return fault, books.FinishRequest(ctx, id, fault)
}
