package messaging

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// The users of the hub account. A participant cannot have these names.
const (
	userSwitch      = "switch"
	userProvisioner = "provisioner"
)

// accounts is who is who on the embedded server: an operator that signs accounts, a system account, the
// hub account, which owns the streams, and one account per participant, which imports from the hub
// exactly what that participant may say and hear.
//
// The seeds are files below dir/keys, made once, so that credentials outlive a restart; the account
// tokens are made anew at every start, because they say who is admitted now. What was changed of a participant's while
// the server ran is in its token below dir/admitted, and goes into the new one (admission.go).
type accounts struct {
	dir      string
	keys     keyring
	pair     nkeys.KeyPair // the operator's
	operator *jwt.OperatorClaims
	system   string // public key of the system account
	hub      string // of the hub account
	tokens   map[string]string
}

// openAccounts reads or makes the keys and writes the credentials of the switch, the provisioner and
// the participants to dir/creds.
func openAccounts(dir string, participants []string) (*accounts, error) {
	keys := keyring(filepath.Join(dir, "keys"))
	for _, folder := range []string{string(keys), filepath.Join(dir, "creds"), filepath.Join(dir, "admitted")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("messaging: accounts: %w", err)
		}
	}
	operator, err := keys.pair("operator", nkeys.PrefixByteOperator)
	if err != nil {
		return nil, err
	}
	claims := jwt.NewOperatorClaims(public(operator))
	claims.Name = "ayni"
	token, err := claims.Encode(operator)
	if err != nil {
		return nil, fmt.Errorf("messaging: operator's token: %w", err)
	}
	if claims, err = jwt.DecodeOperatorClaims(token); err != nil {
		return nil, fmt.Errorf("messaging: operator's token: %w", err)
	}
	a := &accounts{dir: dir, keys: keys, pair: operator, operator: claims, tokens: map[string]string{}}

	system, err := keys.pair("system", nkeys.PrefixByteAccount)
	if err != nil {
		return nil, err
	}
	a.system = public(system)
	systemAccount := jwt.NewAccountClaims(a.system)
	systemAccount.Name = "SYS"
	if _, err := a.sign(systemAccount); err != nil {
		return nil, err
	}

	hub, err := keys.pair("hub", nkeys.PrefixByteAccount)
	if err != nil {
		return nil, err
	}
	a.hub = public(hub)
	if _, err := a.sign(hubAccount(a.hub)); err != nil {
		return nil, err
	}
	for name, permissions := range map[string]jwt.Permissions{
		userSwitch:      switchPermissions(),
		userProvisioner: provisionerPermissions(),
	} {
		if err := keys.writeCreds(credsFile(dir, name), "user-"+name, name, hub, permissions); err != nil {
			return nil, err
		}
	}

	for _, p := range participants {
		if _, err := a.open(p); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// sign signs an account, and returns its token.
func (a *accounts) sign(claims *jwt.AccountClaims) (string, error) {
	var found jwt.ValidationResults
	if claims.Validate(&found); found.IsBlocking(true) {
		return "", fmt.Errorf("messaging: account %s: %w", claims.Name, errors.Join(found.Errors()...))
	}
	token, err := claims.Encode(a.pair)
	if err != nil {
		return "", fmt.Errorf("messaging: account %s: %w", claims.Name, err)
	}
	a.tokens[claims.Subject] = token
	return token, nil
}

// resolver serves the accounts to the server.
func (a *accounts) resolver() (*server.MemAccResolver, error) {
	resolver := new(server.MemAccResolver)
	for name, token := range a.tokens {
		if err := resolver.Store(name, token); err != nil {
			return nil, fmt.Errorf("messaging: account %s: %w", name, err)
		}
	}
	return resolver, nil
}

// passage is one subject that crosses from a participant's account to the hub's. MSG.NEXT answers many
// times. The exports are wildcards; who gets which one is in the imports, which the operator signs.
type passage struct {
	name, exported, imported string
	response                 jwt.ResponseType
}

func passages(participant string) []passage {
	to := StreamTo(participant) + "." + consumer
	return []passage{
		{"intents", "intent.*", Subject(PayloadIntent, participant), jwt.ResponseTypeSingleton},
		{"outcomes", "outcome.*", Subject(PayloadOutcome, participant), jwt.ResponseTypeSingleton},
		{"next", "$JS.API.CONSUMER.MSG.NEXT.*." + consumer, "$JS.API.CONSUMER.MSG.NEXT." + to, jwt.ResponseTypeStream},
		{"reset", "$JS.API.CONSUMER.RESET.*." + consumer, "$JS.API.CONSUMER.RESET." + to, jwt.ResponseTypeSingleton},
		{"acknowledgements", "$JS.ACK.*." + consumer + ".>", "$JS.ACK." + to + ".>", jwt.ResponseTypeSingleton},
	}
}

func hubAccount(key string) *jwt.AccountClaims {
	claims := jwt.NewAccountClaims(key)
	claims.Name = "HUB"
	claims.Limits.JetStreamLimits = jwt.JetStreamLimits{
		MemoryStorage: jwt.NoLimit, DiskStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit,
		MaxBytesRequired: true,
	}
	for _, p := range passages("any") {
		claims.Exports.Add(&jwt.Export{
			Name: p.name, Subject: jwt.Subject(p.exported), Type: jwt.Service, ResponseType: p.response,
		})
	}
	return claims
}

func participantAccount(key, hub, participant string) *jwt.AccountClaims {
	claims := jwt.NewAccountClaims(key)
	claims.Name = participant
	for _, p := range passages(participant) {
		claims.Imports.Add(&jwt.Import{
			Name: p.name, Subject: jwt.Subject(p.imported), Account: hub, Type: jwt.Service,
		})
	}
	return claims
}

// participantPermissions let a participant say its own and hear its own inbox, and nothing else.
func participantPermissions(participant string) jwt.Permissions {
	var p jwt.Permissions
	for _, passage := range passages(participant) {
		p.Pub.Allow.Add(passage.imported)
	}
	p.Sub.Allow.Add(inbox(participant) + ".>")
	return p
}

// switchPermissions let the switch speak to participants and read everything. It can make consumers
// and nothing else: the streams are as the provisioner made them.
func switchPermissions() jwt.Permissions {
	var p jwt.Permissions
	p.Pub.Allow.Add(
		"payout.*", "status.*", subjectLog,
		"$JS.API.INFO",
		"$JS.API.STREAM.INFO.*",
		"$JS.API.STREAM.MSG.GET.*",
		"$JS.API.CONSUMER.CREATE.>",
		"$JS.API.CONSUMER.MSG.NEXT.>",
		"$JS.API.CONSUMER.INFO.>",
		"$JS.API.CONSUMER.DELETE.*.*",
	)
	// A participant's own consumer is not the switch's to remake.
	p.Pub.Deny.Add("$JS.API.CONSUMER.CREATE.*."+consumer, "$JS.API.CONSUMER.CREATE.*."+consumer+".>",
		"$JS.API.CONSUMER.DELETE.*."+consumer, "$JS.API.CONSUMER.MSG.NEXT.*."+consumer)
	p.Pub.Deny.Add("$JS.API.STREAM.CREATE.>", "$JS.API.STREAM.UPDATE.>", "$JS.API.STREAM.DELETE.>",
		"$JS.API.STREAM.PURGE.>", "$JS.API.STREAM.MSG.DELETE.>")
	p.Sub.Allow.Add(inbox(userSwitch) + ".>")
	return p
}

// provisionerPermissions let the provisioner create and look; it neither speaks nor removes.
func provisionerPermissions() jwt.Permissions {
	var p jwt.Permissions
	p.Pub.Allow.Add(
		"$JS.API.INFO",
		"$JS.API.STREAM.INFO.*", "$JS.API.STREAM.CREATE.*", "$JS.API.STREAM.UPDATE.*",
		"$JS.API.CONSUMER.INFO.>", "$JS.API.CONSUMER.CREATE.>", "$JS.API.CONSUMER.DURABLE.CREATE.>",
	)
	p.Sub.Allow.Add(inbox(userProvisioner) + ".>")
	return p
}

// inbox is the prefix of the subjects at which a user hears its answers.
func inbox(user string) string { return "_INBOX." + user }

// CredsFile is where the server whose folder is dir keeps a participant's credentials.
func CredsFile(dir, participant string) string { return credsFile(dir, participant) }

func credsFile(dir, name string) string { return filepath.Join(dir, "creds", name+".creds") }

// keyring is a folder of seeds.
type keyring string

func (k keyring) file(name string) string { return filepath.Join(string(k), name+".nk") }

// pair reads the seed of that name, or makes it.
func (k keyring) pair(name string, prefix nkeys.PrefixByte) (nkeys.KeyPair, error) {
	path := k.file(name)
	seed, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		made, makeErr := nkeys.CreatePair(prefix)
		if makeErr != nil {
			return nil, fmt.Errorf("messaging: key %s: %w", name, makeErr)
		}
		if seed, err = made.Seed(); err != nil {
			return nil, fmt.Errorf("messaging: key %s: %w", name, err)
		}
		err = writeSecret(path, seed)
	}
	if err != nil {
		return nil, fmt.Errorf("messaging: key %s: %w", name, err)
	}
	if found, _, err := nkeys.DecodeSeed(seed); err != nil || found != prefix {
		return nil, fmt.Errorf("messaging: key %s: the file holds no seed of type %s", name, prefix)
	}
	pair, err := nkeys.FromSeed(seed)
	if err != nil {
		return nil, fmt.Errorf("messaging: key %s: %w", name, err)
	}
	return pair, nil
}

// writeCreds writes the credentials of a user of an account.
func (k keyring) writeCreds(path, key, name string, account nkeys.KeyPair, permissions jwt.Permissions) error {
	user, err := k.pair(key, nkeys.PrefixByteUser)
	if err != nil {
		return err
	}
	claims := jwt.NewUserClaims(public(user))
	claims.Name = name
	claims.Permissions = permissions
	token, err := claims.Encode(account)
	if err != nil {
		return fmt.Errorf("messaging: credentials of %s: %w", name, err)
	}
	seed, err := user.Seed()
	if err != nil {
		return fmt.Errorf("messaging: credentials of %s: %w", name, err)
	}
	creds, err := jwt.FormatUserConfig(token, seed)
	if err != nil {
		return fmt.Errorf("messaging: credentials of %s: %w", name, err)
	}
	if err := writeSecret(path, creds); err != nil {
		return fmt.Errorf("messaging: credentials of %s: %w", name, err)
	}
	return nil
}

// public returns the public key of a pair that holds a seed: that cannot fail.
func public(pair nkeys.KeyPair) string {
	key, err := pair.PublicKey()
	if err != nil {
		panic(err)
	}
	return key
}

// writeSecret writes a file for the owner only, whole or not at all, also across a power loss.
func writeSecret(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // after the rename there is none
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
