package decide

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/settlement"
	"github.com/ayni-switch/ayni/settlement/ledger"
	"github.com/ayni-switch/ayni/settlement/screen"
)

// AccountHash is an account as screening lists name it.
type AccountHash [sha256.Size]byte

// Screen hashes accounts as the screening lists do, under a key that is not in the ledger: telephone numbers
// are few, and whoever has key and list has the list's people.
type Screen interface {
	Hash(account string) AccountHash
}

// KeyedScreen is HMAC-SHA256 over the bytes of the account as an intent writes it.
type KeyedScreen struct{ Key []byte }

// Hash implements Screen.
func (k KeyedScreen) Hash(account string) (hash AccountHash) {
	mac := hmac.New(sha256.New, k.Key)
	mac.Write([]byte(account))
	mac.Sum(hash[:0])
	return hash
}

// Limits on screening lists.
const (
	maxScreens        = 1024
	maxScreenAccounts = 20_000 // on one list
)

// screenList is the version in force of a list.
type screenList struct {
	version  int64
	accounts map[AccountHash]bool
}

// hashAccounts has both accounts of each intent hashed; malformed intents have none that count.
func hashAccounts(by Screen, intents []messaging.DecodedIntent) [][2]AccountHash {
	hashes := make([][2]AccountHash, len(intents))
	for i, intent := range intents {
		hashes[i] = [2]AccountHash{by.Hash(intent.Intent.Debtor.Account), by.Hash(intent.Intent.Creditor.Account)}
	}
	return hashes
}

// Screen holds the accounts of intents against the lists in force. It is asked before a batch is decided, and
// its answer is an input of the batch: only who has the key could ask again.
func (s *State) Screen(messages []Message) (map[ledger.Hit]ledger.Screened, error) {
	hits := map[ledger.Hit]ledger.Screened{}
	if len(s.screens) == 0 {
		return hits, nil
	}
	for _, m := range messages {
		if len(m.intents) > 0 && m.accounts == nil {
			return nil, fmt.Errorf("engine: the ledger holds screening lists, and this engine has no key to them")
		}
		for place, accounts := range m.accounts {
			if list := s.listed(accounts); list != "" {
				hits[ledger.Hit{Participant: m.participant.ID, Sequence: m.Sequence, Place: int32(place)}] = ledger.Screened{
					Decision: screen.Hold, List: list, Rule: screen.ByAccount,
				}
			}
		}
	}
	return hits, nil
}

// listed names the first list, by name, that has one of the accounts; "" where none has.
func (s *State) listed(accounts [2]AccountHash) (list string) {
	for name, l := range s.screens { // in any order: the least name wins
		if (l.accounts[accounts[0]] || l.accounts[accounts[1]]) && (list == "" || name < list) {
			list = name
		}
	}
	return list
}

// Questions are about the intents that read and whose ids are new: of the others no transfer comes.
func (s *State) Questions(asked []Message, in *Inputs) (places []ledger.Hit, questions []screen.Question) {
	for _, m := range asked {
		for place, decoded := range m.intents {
			if _, used := in.usedBefore(ledger.IntentKey{Participant: m.participant.ID, ID: decoded.Intent.ID}); used || decoded.Fault != nil {
				continue
			}
			q := screen.Question{
				At: in.Now, Debtor: screen.Side{Participant: m.participant.Name, Country: m.participant.Country},
				Creditor: screen.Side{Participant: decoded.Intent.CreditorParticipant}, Intent: decoded.Intent,
			}
			if creditor := s.byName[decoded.Intent.CreditorParticipant]; creditor != nil {
				q.Creditor.Country = creditor.Country
			}
			if source, err := decoded.Intent.Source.Money(); err == nil {
				q.Source = source
			}
			places = append(places, ledger.Hit{Participant: m.participant.ID, Sequence: m.Sequence, Place: int32(place)})
			questions = append(questions, q)
		}
	}
	return places, questions
}

// screened tells by which list an intent is held, or why it is refused, and keeps what screening said of it: of
// what came to nothing before it was asked about, nothing.
func (d *decision) screened(at ledger.Hit) (heldBy string, fault *messaging.FaultError) {
	said, ok := d.Hits[at]
	if !ok {
		return "", nil
	}
	if !d.beforeNet3() {
		d.batch.Screened = append(d.batch.Screened, ledger.ScreenVerdict{Hit: at, Screened: said})
	}
	switch said.Decision {
	case screen.Hold:
		return said.List, nil
	case screen.Deny:
		return "", &messaging.FaultError{Fault: messaging.FaultScreened, Detail: "refused by screening"} // no more: nobody is tipped off
	case screen.Allow:
	}
	return "", nil
}

func (d *decision) publishScreen(l settlement.ScreenList) (subject, fault string) {
	standing, exists := d.screens[l.Name]
	switch {
	case !messaging.ValidID(l.Name):
		return "", "the list has no name"
	case !exists && len(d.screens) >= maxScreens:
		return "", fmt.Sprintf("%d lists; the limit is %d", len(d.screens), maxScreens)
	case l.Version <= standing.version:
		return "", fmt.Sprintf("version %d comes after version %d of list %s", l.Version, standing.version, l.Name)
	case len(l.Accounts) > maxScreenAccounts:
		return "", fmt.Sprintf("%d accounts; the limit is %d", len(l.Accounts), maxScreenAccounts)
	case slices.ContainsFunc(l.Accounts, func(hash []byte) bool { return len(hash) != len(AccountHash{}) }):
		return "", "an account is no hash"
	}
	d.setScreen(l)
	return l.Name, ""
}

func (s *State) setScreen(l settlement.ScreenList) {
	list := screenList{version: l.Version, accounts: make(map[AccountHash]bool, len(l.Accounts))}
	for _, hash := range l.Accounts {
		list.accounts[AccountHash(hash)] = true
	}
	s.screens[l.Name] = list
}
