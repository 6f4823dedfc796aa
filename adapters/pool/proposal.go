package pool

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nkeys"

	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

// signedPrefix keeps a signature under a payout from being one under anything else.
const signedPrefix = "ayni.pool.payout.v1\n"

// Proposal is one payout as members approve it. Every field is signed.
type Proposal struct {
	Pool        string           `json:"pool"`        // the pool's participant name
	Beneficiary messaging.Party  `json:"beneficiary"` // with the account on their rail
	To          string           `json:"to"`          // the beneficiary's participant
	Amount      messaging.Amount `json:"amount"`
	Fixed       fx.Fixed         `json:"fixed"`   // source: the fund pays Amount; destination: the beneficiary gets it
	Expires     time.Time        `json:"expires"` // not approved and paid before: never
	Reference   string           `json:"reference"`
}

// Hash is SHA-256 of the canonical form: JSON with the fields in the order above, without spaces,
// the expiry in UTC.
func (p Proposal) Hash() ([32]byte, error) {
	p.Expires = p.Expires.UTC()
	canonical, err := json.Marshal(p)
	if err != nil {
		return [32]byte{}, fmt.Errorf("pool: proposal: %w", err)
	}
	return sha256.Sum256(canonical), nil
}

// proposalID is the proposal's name here, and the reference of its order: 20 letters and digits.
func proposalID(hash [32]byte) string { return "p" + hex.EncodeToString(hash[:])[:19] }

// check tells what is wrong with the proposal by itself, "" where nothing is.
func (p Proposal) check(pool string) string {
	amount, err := p.Amount.Money()
	switch {
	case p.Pool != pool:
		return "it is another pool's"
	case !messaging.ValidParticipant(p.To) || p.To == pool:
		return "to names no other participant"
	case p.Beneficiary.Name == "" || p.Beneficiary.Account == "":
		return "beneficiary needs name and account"
	case utf8.RuneCountInString(p.Beneficiary.Name) > messaging.MaxNameLength,
		utf8.RuneCountInString(p.Beneficiary.Account) > messaging.MaxAccountLength,
		utf8.RuneCountInString(p.Beneficiary.Address) > messaging.MaxAddressLength,
		utf8.RuneCountInString(p.Reference) > messaging.MaxReferenceLength:
		return "a field is too long"
	case p.Fixed != fx.FixedSource && p.Fixed != fx.FixedDestination:
		return "fixed must be source or destination"
	case err != nil:
		return err.Error()
	case amount.Minor <= 0:
		return "amount is not positive"
	case p.Expires.IsZero():
		return "it needs an expiry"
	}
	return ""
}

// Approval is one member's signature under a proposal.
type Approval struct {
	Hash      string `json:"hash"`      // hex of Proposal.Hash: what the member saw
	Member    string `json:"member"`    // public key
	Signature string `json:"signature"` // base64 of Ed25519 over signedPrefix and the 32 bytes of Hash
}

// Sign approves p with a member's seed (nkeys). It is what a member's device does.
func Sign(seed []byte, p Proposal) (Approval, error) {
	hash, err := p.Hash()
	if err != nil {
		return Approval{}, err
	}
	key, err := nkeys.FromSeed(seed)
	if err != nil {
		return Approval{}, fmt.Errorf("pool: member's seed: %w", err)
	}
	defer key.Wipe()
	public, err := key.PublicKey()
	if err != nil {
		return Approval{}, fmt.Errorf("pool: member's key: %w", err)
	}
	signature, err := key.Sign(signedText(hash))
	if err != nil {
		return Approval{}, fmt.Errorf("pool: sign: %w", err)
	}
	return Approval{
		Hash: hex.EncodeToString(hash[:]), Member: public, Signature: base64.StdEncoding.EncodeToString(signature),
	}, nil
}

func signedText(hash [32]byte) []byte { return append([]byte(signedPrefix), hash[:]...) }

// verify tells whether a is its member's signature under the proposal of that hash.
func (a Approval) verify(hash [32]byte) bool {
	key, err := nkeys.FromPublicKey(a.Member)
	if err != nil {
		return false
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(a.Signature)
	return err == nil && key.Verify(signedText(hash), signature) == nil
}

// Fault is the typed reason why the pool refuses.
type Fault string

// The faults of proposals and approvals.
const (
	FaultProposal      Fault = "bad_proposal"
	FaultUnknown       Fault = "unknown_proposal"
	FaultNotMember     Fault = "not_a_member"
	FaultSignedAlready Fault = "signed_already"
	FaultChanged       Fault = "changed_payout"
	FaultSignature     Fault = "bad_signature"
	FaultTooFew        Fault = "too_few_signatures"
	FaultExpired       Fault = "expired"
	FaultFund          Fault = "more_than_the_fund_holds"
	FaultPrice         Fault = "no_price" // the switch's quotes or the beneficiary's rail do not allow it now
)

// RefusalError says why a proposal does not go on. Retry tells whether the same can succeed later.
type RefusalError struct {
	Fault    Fault
	Proposal string
	Detail   string
	Retry    bool
}

func (e *RefusalError) Error() string {
	return fmt.Sprintf("pool: proposal %s: %s: %s", e.Proposal, e.Fault, e.Detail)
}
