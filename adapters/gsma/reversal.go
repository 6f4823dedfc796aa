package gsma

// reversalRequest takes a transaction back. There is one for a transaction: another is refused, whatever its
// X-CorrelationID.
type reversalRequest struct {
	Type     string `json:"type"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	Ours     string `json:"requestingOrganisationTransactionReference"`
}
