package iso20022

import (
	"slices"
	"strings"

	"github.com/ayni-switch/ayni/messaging"
)

// reasonMeaning is what a reason says, and which faults of ours it stands for, the one first that it means where it
// comes from somebody else. What has none is between a rail and its customers.
type reasonMeaning struct {
	text   string
	faults []messaging.Fault
}

type faults = []messaging.Fault

// reasons are the reasons that instant payment schemes and their recalls use, out of ExternalStatusReason1Code,
// ExternalReturnReason1Code and ExternalPaymentCancellationRejection1Code (ISO 20022 external code sets).
var reasons = map[string]reasonMeaning{
	"AB01": {"clearing aborted by timeout", nil},
	"AB02": {"clearing aborted by a fatal error", nil},
	"AB03": {"settlement aborted by timeout", nil},
	"AB04": {"settlement aborted by a fatal error", nil},
	"AB05": {"timeout at the creditor's agent", nil},
	"AB06": {"timeout at the instructed agent", nil},
	"AB07": {"agent offline", nil},
	"AB08": {"creditor's agent offline", nil},
	"AB09": {"error at the creditor's agent", nil},
	"AB10": {"error at the instructed agent", nil},
	"AC01": {"incorrect account number", nil},
	"AC02": {"invalid debtor account", nil},
	"AC03": {"invalid creditor account", nil},
	"AC04": {"closed account", nil},
	"AC06": {"blocked account", nil},
	"AC07": {"creditor's account closed", nil},
	"AC14": {"invalid creditor account type", nil},
	"AG01": {"payment forbidden on this account", faults{messaging.FaultUnknownCorridor, messaging.FaultSuspended}},
	"AG03": {"payment type not supported", nil},
	"AGNT": {"an agent cannot give it back", faults{messaging.FaultTooLate}},
	"AM02": {"amount over the limit", faults{messaging.FaultAmountLimit, messaging.FaultQueueFull}},
	"AM03": {"currency not allowed", faults{messaging.FaultUnknownCurrency}},
	"AM04": {"insufficient funds", nil},
	"AM05": {"duplicate", nil},
	"AM09": {"wrong amount", faults{messaging.FaultQuoteMismatch}},
	"AM10": {"invalid control sum", faults{messaging.FaultNotInBundle}},
	"AM11": {"invalid transaction currency", nil},
	"AM12": {"invalid amount", faults{
		messaging.FaultAmount, messaging.FaultAmountDecimals, messaging.FaultAmountOverflow, messaging.FaultAmountIncrement,
	}},
	"AM14": {"amount over the agreed maximum", nil},
	"AM17": {"invalid control sum of a batch", nil},
	"AM18": {"invalid number of payments", nil},
	"AM19": {"invalid number of payments of a batch", nil},
	"AM21": {"limit per period passed", nil},
	"ARDT": {"already returned", faults{messaging.FaultReturned}},
	"BE04": {"creditor's address missing", nil},
	"BE23": {"invalid proxy", nil},
	"DS02": {"order cancelled, or bad signature", faults{messaging.FaultSignature}},
	"DS0H": {"signer not allowed to sign for this account", faults{messaging.FaultImpersonation}},
	"DT01": {"invalid date", nil},
	"DUPL": {"duplicate payment", faults{messaging.FaultDuplicate}},
	"ED05": {"settlement has failed", faults{messaging.FaultBundleBroken}},
	"FF01": {"invalid format", faults{
		messaging.FaultSchema, messaging.FaultOversized, messaging.FaultEncoding, messaging.FaultSyntax,
	}},
	"FR01": {"fraud", nil},
	"MD07": {"customer deceased", nil},
	"MS02": {"refused by the customer, no reason given", nil},
	"MS03": {"refused by the agent, no reason given", nil},
	"NARR": {"see the narrative", faults{
		messaging.FaultContradiction, messaging.FaultQuoteUnknown, messaging.FaultUnknownTransfer, messaging.FaultPaid,
	}},
	"NOOR": {"no original received", faults{messaging.FaultUnknownIntent}},
	"RC01": {"bad bank identifier", faults{messaging.FaultUnknownParticipant}},
	"RC03": {"bad debtor bank identifier", nil},
	"RC04": {"bad creditor bank identifier", nil},
	"RR01": {"regulatory: debtor's account or identity missing", nil},
	"RR02": {"regulatory: debtor's name or address missing", nil},
	"RR03": {"regulatory: creditor's name or address missing", nil},
	"RR04": {"regulatory", faults{messaging.FaultScreened, messaging.FaultTravelRule}},
	"TM01": {"after the cut-off", faults{messaging.FaultClosed, messaging.FaultDeadline, messaging.FaultQuoteExpired}},
}

// KnownReason tells whether code is one of the reasons listed here.
func KnownReason(code string) bool {
	_, ok := reasons[code]
	return ok
}

// ReasonText says in English what a reason means, "" for a code not listed here.
func ReasonText(code string) string { return reasons[code].text }

// ReasonOf writes a fault of ours as a reason and the information behind it, from which FaultOf reads it again.
func ReasonOf(f messaging.Fault, detail string) (code, info string) {
	if f == messaging.FaultScreened {
		return f.Reason(), "" // who is screened is not told so
	}
	return f.Reason(), RawInfo(string(f)+":", detail)
}

// FaultOf reads a reason and the information behind it as a fault of ours, "" where it is none. Without information
// it is the one that the code stands for first.
func FaultOf(code, info string) messaging.Fault {
	known := reasons[code].faults
	said, _, _ := strings.Cut(info, ":")
	if i := slices.Index(known, messaging.Fault(said)); i >= 0 {
		return known[i]
	}
	if len(known) == 0 || code == "NARR" {
		return ""
	}
	return known[0]
}

// RawInfo is the information behind a reason (AddtlInf): a rail's own code and text, cut to what a message carries.
func RawInfo(code, text string) string {
	info := []rune(strings.TrimSpace(code + " " + text))
	return string(info[:min(len(info), maxInfo*maxInfoLines)])
}
