package sandbox

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ayni-switch/ayni/adapters"
	kit "github.com/ayni-switch/ayni/adapters/sandbox"
	"github.com/ayni-switch/ayni/adapters/upi"
)

// What a joined sandbox and its adapter call themselves.
const (
	joinedMerchant = "AYNI"
	joinedVPA      = "ayni@sponsor"
	joinedOrg      = "400001"
	joinedBank     = "AYN"
	joinedMaxMinor = 50_000_000 // INR 500,000, what IMPS pays
)

// Open makes a PSP and the settings that join an adapter to it. Both sign their XML, and a payment goes the whole way.
// Keys and secrets are made in o.Dir once, and are the same at the next start.
func Open(o adapters.SandboxOptions) (kit.Server, []byte, error) {
	h := hoard{dir: o.Dir, err: os.MkdirAll(o.Dir, folderMode)}
	prefix := h.text("callback-prefix", func() ([]byte, error) { return []byte("/" + rand.Text()), nil })
	apiKey := h.text("api-key", randomText)
	webhook := h.text("webhook-secret", randomText)
	signer, psp := h.identity("psp")
	_, adapter := h.identity("adapter")
	h.certificate("psp-certificate.pem", psp)
	if h.err != nil {
		return nil, nil, fmt.Errorf("upi sandbox: join: %w", h.err)
	}
	server, err := New(Config{
		Config: o.Config, CallbackURL: o.CallbackURL + prefix, MerchantID: joinedMerchant, APIKey: apiKey, WebhookSecret: webhook,
		MerchantVPA: joinedVPA, BankCode: joinedBank, OrgID: joinedOrg, Signer: signer, AdapterCertificate: adapter, PayoutMaxMinor: joinedMaxMinor,
	})
	if err != nil {
		return nil, nil, err
	}
	settings, err := yaml.Marshal(map[string]any{
		"base_url": o.URL, "callback_prefix": h.source("callback-prefix"),
		"merchant_id": joinedMerchant, "merchant_vpa": joinedVPA, "merchant_name": "Ayni",
		"api_key": h.source("api-key"), "webhook_secret": h.source("webhook-secret"), "org_id": joinedOrg, "bank_code": joinedBank,
		"psp_certificate": h.source("psp-certificate.pem"), "signing_key": h.source("adapter.pem"),
		"inward":   map[string]string{"type": "MTO", "route": "MTSS", "name": "Ayni", "purpose_code": "P1301"},
		"currency": o.Currency.String(), "timers": o.Timers,
	})
	if err != nil {
		return nil, nil, errors.Join(err, server.Close())
	}
	return server, settings, nil
}

func randomText() ([]byte, error) { return []byte(rand.Text()), nil }

// hoard keeps what is made once, in a folder. After the first error it makes nothing.
type hoard struct {
	dir string
	err error
}

const (
	hoardPrefix = "upi-"
	secretMode  = 0o600
	folderMode  = 0o700
)

func (h *hoard) path(name string) string { return filepath.Join(h.dir, hoardPrefix+name) }

// source is how settings name what is kept.
func (h *hoard) source(name string) string { return "file:" + h.path(name) }

// text returns what is kept under a name, made now where there is nothing.
func (h *hoard) text(name string, produce func() ([]byte, error)) string {
	if h.err != nil {
		return ""
	}
	text, err := os.ReadFile(h.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = produce(); err == nil {
			err = os.WriteFile(h.path(name), text, secretMode)
		}
	}
	h.err = err
	return string(text)
}

func (h *hoard) identity(name string) (*upi.Signer, *x509.Certificate) {
	text := h.text(name+".pem", func() ([]byte, error) { return newIdentity("ayni sandbox "+name, time.Now()) })
	if h.err != nil {
		return nil, nil
	}
	signer, certificate, err := upi.ParseIdentity(text)
	h.err = err
	return signer, certificate
}

// certificate keeps what the other side pins, without its key.
func (h *hoard) certificate(name string, c *x509.Certificate) {
	h.text(name, func() ([]byte, error) {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}), nil
	})
}
