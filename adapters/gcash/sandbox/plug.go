package sandbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/gcash"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
)

// What the wallet, the bank and the adapter of a Plug call each other.
const (
	plugPartner    = "AYNI"
	plugClient     = "ayni"
	plugWallet     = "wallet"
	plugKeyVersion = "1"
	plugWalletBIC  = "GXCHPHM2XXX"
	plugSponsorBIC = "AYNIPHM1XXX"
)

// Open makes a wallet and a bank, and the settings that join an adapter to them. Keys and secrets are kept in o.Dir, and
// are those of an earlier run if they are there.
func Open(o adapters.SandboxOptions) (kit.Server, []byte, error) {
	server, settings, err := plug(o)
	if err != nil {
		return nil, nil, fmt.Errorf("gcash sandbox: %w", err)
	}
	return server, settings, nil
}

func plug(o adapters.SandboxOptions) (kit.Server, []byte, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, nil, err
	}
	ours, wallets := keyPair{dir: o.Dir, name: "adapter"}, keyPair{dir: o.Dir, name: "wallet"}
	prefix, err := keep(filepath.Join(o.Dir, "callback_prefix"), func() (string, error) { return "/" + rand.Text(), nil })
	if err != nil {
		return nil, nil, err
	}
	secret, err := keep(filepath.Join(o.Dir, "bank_secret"), func() (string, error) { return rand.Text(), nil })
	if err != nil {
		return nil, nil, err
	}
	for _, pair := range []*keyPair{&ours, &wallets} {
		if err := pair.keep(); err != nil {
			return nil, nil, err
		}
	}
	server, err := New(Config{
		Config: o.Config, CallbackURL: o.CallbackURL + prefix, PayoutMaxMinor: payoutMax(o), CreditorBIC: plugWalletBIC,
		Wallet: WalletConfig{
			PartnerID: plugPartner, ClientID: plugClient, KeyVersion: plugKeyVersion, ClientKeyPEM: ours.public,
			WalletClientID: plugWallet, WalletKeyVersion: plugKeyVersion, PrivateKeyPEM: wallets.private,
		},
		Bank: gcash.BankConfig{ClientID: plugClient, KeyVersion: plugKeyVersion, Secret: secret},
	})
	if err != nil {
		return nil, nil, err
	}
	settings, err := settingsOf(o)
	if err != nil {
		return nil, nil, errors.Join(err, server.Close())
	}
	return server, settings, nil
}

// payoutMax is InstaPay's limit in pesos, and none that matters elsewhere.
func payoutMax(o adapters.SandboxOptions) int64 {
	if o.Currency.String() == "PHP" {
		return gcash.InstaPayMaxMinor
	}
	return math.MaxInt64 / 1000
}

// settingsOf is the adapter's side of a sandbox.
func settingsOf(o adapters.SandboxOptions) ([]byte, error) {
	file := func(name string) string { return "file:" + filepath.Join(o.Dir, name) }
	unit := int64(1)
	for range o.Currency.MinorUnits() {
		unit *= 10
	}
	return yaml.Marshal(map[string]any{
		"currency": o.Currency.String(), "callback_base_url": o.CallbackURL, "callback_prefix": file("callback_prefix"),
		"payout_max": fmt.Sprint(payoutMax(o) / unit),
		"wallet": map[string]string{
			"base_url": o.URL, "partner_id": plugPartner, "client_id": plugClient, "key_version": plugKeyVersion,
			"private_key": file("adapter_private_key"), "wallet_client_id": plugWallet, "wallet_key_version": plugKeyVersion,
			"wallet_key": file("wallet_public_key"),
		},
		"bank": map[string]string{
			"base_url": o.URL, "client_id": plugClient, "key_version": plugKeyVersion, "secret": file("bank_secret"),
		},
		"clearing": map[string]any{
			"debtor_agent": map[string]string{"id": plugClient}, "sponsor_bic": plugSponsorBIC, "creditor_bic": plugWalletBIC,
		},
		"timers": o.Timers,
	})
}

// keyPair is an RSA key in two files.
type keyPair struct{ dir, name, private, public string }

// keep reads the pair, which it makes first where there is none. The public half is written before the private one, so
// that a pair which is there is whole.
func (k *keyPair) keep() error {
	var fresh string
	public := filepath.Join(k.dir, k.name+"_public_key")
	private, err := keep(filepath.Join(k.dir, k.name+"_private_key"), func() (text string, err error) {
		if text, fresh, err = gcash.NewKeyPair(gcash.MinRSABits); err != nil {
			return "", err
		}
		return text, os.WriteFile(public, []byte(fresh), 0o600)
	})
	if err != nil {
		return err
	}
	text, err := os.ReadFile(public)
	k.private, k.public = private, string(text)
	return err
}

// keep reads a file, which it makes first where there is none.
func keep(path string, fresh func() (string, error)) (string, error) {
	text, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return string(text), err
	}
	made, err := fresh()
	if err != nil {
		return "", err
	}
	return made, os.WriteFile(path, []byte(made), 0o600)
}
