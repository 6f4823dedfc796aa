package iso20022

// reasons are the status reasons that instant payment schemes use, out of ExternalStatusReason1Code
// (ISO 20022 external code sets).
var reasons = map[string]string{
	"AB01": "clearing aborted by timeout",
	"AB02": "clearing aborted by a fatal error",
	"AB03": "settlement aborted by timeout",
	"AB04": "settlement aborted by a fatal error",
	"AB05": "timeout at the creditor's agent",
	"AB06": "timeout at the instructed agent",
	"AB07": "agent offline",
	"AB08": "creditor's agent offline",
	"AB09": "error at the creditor's agent",
	"AB10": "error at the instructed agent",
	"AC01": "incorrect account number",
	"AC02": "invalid debtor account",
	"AC03": "invalid creditor account",
	"AC04": "closed account",
	"AC06": "blocked account",
	"AC07": "creditor's account closed",
	"AC14": "invalid creditor account type",
	"AG01": "payment forbidden on this account",
	"AG03": "payment type not supported",
	"AM02": "amount over the limit",
	"AM03": "currency not allowed",
	"AM04": "insufficient funds",
	"AM05": "duplicate",
	"AM09": "wrong amount",
	"AM11": "invalid transaction currency",
	"AM12": "invalid amount",
	"AM14": "amount over the agreed maximum",
	"AM21": "limit per period passed",
	"BE04": "creditor's address missing",
	"BE23": "invalid proxy",
	"DS02": "order cancelled, or bad signature",
	"DUPL": "duplicate payment",
	"FF01": "invalid format",
	"FR01": "fraud",
	"MD07": "customer deceased",
	"MS02": "refused by the customer, no reason given",
	"MS03": "refused by the agent, no reason given",
	"NARR": "see the narrative",
	"NOOR": "no original received",
	"RC01": "bad bank identifier",
	"RC03": "bad debtor bank identifier",
	"RC04": "bad creditor bank identifier",
	"RR01": "regulatory: debtor's account or identity missing",
	"RR02": "regulatory: debtor's name or address missing",
	"RR03": "regulatory: creditor's name or address missing",
	"RR04": "regulatory",
	"TM01": "after the cut-off",
}

// KnownReason tells whether code is one of the status reasons listed here.
func KnownReason(code string) bool {
	_, ok := reasons[code]
	return ok
}

// ReasonText says in English what a status reason means, "" for a code not listed here.
func ReasonText(code string) string { return reasons[code] }
