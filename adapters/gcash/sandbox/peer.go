package sandbox

import (
	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/adapters/gcash"
)

// peer is one of the two whom the adapter knows: the wallet or the bank.
type peer struct {
	contentType      string
	current, expired *gcash.Signer // of a key that the adapter pins, and of one that it does not
	verifier         *gcash.Verifier
	limited          []byte // what a client is told that comes too often; nil for a bare 429
}

// versionExpired is what a key's version becomes when nobody pins it any more.
const versionExpired = "-expired"

func walletPeer(cfg Config) (*peer, error) {
	w := cfg.Wallet
	limited, err := json.Marshal(gcash.ResultOnly{Result: gcash.Result{
		ResultCode: "REQUEST_TRAFFIC_EXCEED_LIMIT", ResultStatus: gcash.ResultUnknown, ResultMessage: "request traffic exceeds the limit",
	}})
	if err != nil {
		return nil, err
	}
	p := &peer{contentType: "application/json", limited: limited}
	if p.current, err = gcash.NewRSASigner(w.WalletClientID, w.WalletKeyVersion, w.PrivateKeyPEM); err != nil {
		return nil, err
	}
	if p.expired, err = gcash.NewRSASigner(w.WalletClientID, w.WalletKeyVersion+versionExpired, w.PrivateKeyPEM); err != nil {
		return nil, err
	}
	p.verifier, err = gcash.NewRSAVerifier(w.ClientID, w.KeyVersion, w.ClientKeyPEM, cfg.MaxSkew)
	return p, err
}

func bankPeer(cfg Config) (*peer, error) {
	b := cfg.Bank
	p := &peer{contentType: "application/xml"}
	var err error
	if p.current, err = gcash.NewHMACSigner(b.ClientID, b.KeyVersion, b.Secret); err != nil {
		return nil, err
	}
	if p.expired, err = gcash.NewHMACSigner(b.ClientID, b.KeyVersion+versionExpired, b.Secret); err != nil {
		return nil, err
	}
	p.verifier, err = gcash.NewHMACVerifier(b.ClientID, b.KeyVersion, b.Secret, cfg.MaxSkew)
	return p, err
}
