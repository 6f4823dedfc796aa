package upi

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/fx"
)

type identity struct {
	signer      *Signer
	certificate *x509.Certificate
}

var identities = sync.OnceValue(func() (two [2]identity) {
	for i := range two {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		}
		raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
		if err != nil {
			panic(err)
		}
		if two[i].certificate, err = x509.ParseCertificate(raw); err != nil {
			panic(err)
		}
		if two[i].signer, err = NewSigner(key, two[i].certificate); err != nil {
			panic(err)
		}
	}
	return two
})

func requireSignatureError(tb testing.TB, v *Verifier, body, name string) {
	tb.Helper()
	root, err := parseXML([]byte(body))
	require.NoError(tb, err, name) // the guard lets it pass, the signature must not
	_, err = v.verify(root)
	var signature *SignatureError
	assert.ErrorAs(tb, err, &signature, name)
}

// What the library by itself would accept, or be talked into, as well as plain forgery.
func TestSignatureRefuses(t *testing.T) {
	v := goldenVerifier(t)
	good := string(golden(t, "reqpay-signed.xml"))
	signature := regexp.MustCompile(`(?s)<Signature .*</Signature>`).FindString(good)
	require.NotEmpty(t, signature)
	emptied := strings.Replace(good, signature, "", 1)
	forged := strings.ReplaceAll(emptied, "1250.50", "9999.00")

	for name, change := range map[string][2]string{
		"another amount":           {`value="1250.50" curr="INR"/></Payee>`, `value="1250.51" curr="INR"/></Payee>`},
		"another payer":            {"asha.rao@okbank", "eve@okbank"},
		"one space more":           {"<Txn id", "<Txn  note2='' id"},
		"an attribute more":        {`<upi:ReqPay `, `<upi:ReqPay a="b" `},
		"a namespace more":         {`<upi:ReqPay `, `<upi:ReqPay xmlns:z="u" `},
		"no signature":             {signature, ""},
		"two signatures":           {signature, signature + signature},
		"a signature deeper":       {signature + "</upi:ReqPay>", "<x>" + signature + "</x></upi:ReqPay>"},
		"a second one deeper":      {"<Payees>", "<Payees>" + signature},
		"a reference to an id":     {`<Reference URI="">`, `<Reference URI="#a">`},
		"a reference without URI":  {`<Reference URI="">`, `<Reference>`},
		"a reference with an id":   {`<Reference URI="">`, `<Reference Id="a" URI="">`},
		"two references":           {`<Reference URI="">`, `<Reference URI=""/><Reference URI="">`},
		"SHA-1 digest":             {"http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"},
		"SHA-1 signature":          {"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1"},
		"ECDSA":                    {"xmldsig-more#rsa-sha256", "xmldsig-more#ecdsa-sha256"},
		"exclusive canonical form": {"http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2001/10/xml-exc-c14n#"},
		"canonical, with comments": {"REC-xml-c14n-20010315", "REC-xml-c14n-20010315#WithComments"},
		"no enveloped transform":   {"http://www.w3.org/2000/09/xmldsig#enveloped-signature", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"},
		"no transform":             {`<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>`, ""},
		"an XPath transform":       {"</Transforms>", `<Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/></Transforms>`},
		"enveloped twice":          {"</Transforms>", `<Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/></Transforms>`},
		"an object":                {"</Signature>", "<Object/></Signature>"},
		"two signed infos":         {"<SignedInfo>", "<SignedInfo/><SignedInfo>"},
		"no value":                 {"<SignatureValue>", "<SignatureValue/><X>"},
		"a value within the value": {"</SignatureValue>", "<SignatureValue/></SignatureValue>"},
	} {
		changed := strings.ReplaceAll(good, change[0], change[1])
		if name == "no value" {
			changed = strings.ReplaceAll(changed, "</SignatureValue>", "</X>")
		}
		require.NotEqual(t, good, changed, name)
		requireSignatureError(t, v, changed, name)
	}

	// Wrapping: the signed document rides along inside of a forged one.
	rider := strings.TrimPrefix(good, `<?xml version="1.0" encoding="UTF-8"?>`+"\n")
	requireSignatureError(t, v, strings.Replace(forged, "</upi:ReqPay>", "<Extra>"+rider+"</Extra></upi:ReqPay>", 1), "rider")
	requireSignatureError(t, v, strings.Replace(forged, "</upi:ReqPay>", signature+"<Extra>"+strings.Replace(rider, signature, "", 1)+"</Extra></upi:ReqPay>", 1), "swap")
}

// A message signed properly by somebody else stays somebody else's, though it brings its certificate.
func TestSignatureIsPinned(t *testing.T) {
	ours, theirs := identities()[0], identities()[1]
	body, err := goldenPay().Marshal(theirs.signer)
	require.NoError(t, err)
	requireSignatureError(t, NewVerifier(ours.certificate), string(body), "another's")
	_, err = verifiedPay(NewVerifier(theirs.certificate), body)
	require.NoError(t, err)

	expired := *ours.certificate
	expired.NotAfter = time.Now().Add(-time.Minute)
	body, err = goldenPay().Marshal(ours.signer)
	require.NoError(t, err)
	requireSignatureError(t, NewVerifier(&expired), string(body), "expired")
}

func TestSignedRoundTrip(t *testing.T) {
	id := identities()[0]
	v := NewVerifier(id.certificate)
	text := rapid.StringMatching(`[ -~éñश’\t]{0,40}`)
	rapid.Check(t, func(t *rapid.T) {
		p := goldenPay()
		p.Head.Time = time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "time"), 0).UTC()
		p.Amount = fx.Money{Minor: rapid.Int64Range(1, 1<<60).Draw(t, "minor"), Currency: inr}
		p.PayerName, p.Note, p.RefID = text.Draw(t, "name"), text.Draw(t, "note"), text.Draw(t, "ref")
		p.Institution.Originator.Address = text.Draw(t, "address")
		body, err := p.Marshal(id.signer)
		require.NoError(t, err)
		read, err := verifiedPay(v, body)
		require.NoError(t, err)
		require.Equal(t, p, read)
	})
}

// Whatever is done to a signed message: refused, or it says what was signed.
func FuzzVerify(f *testing.F) {
	good := golden(f, "reqpay-signed.xml")
	v := goldenVerifier(f)
	want, err := verifiedPay(v, good)
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte(strings.ReplaceAll(string(good), "1250.50", "1250.51")))
	f.Add([]byte(strings.ReplaceAll(string(good), "<KeyInfo>", "<KeyInfo><X/>")))
	f.Add([]byte(strings.ReplaceAll(string(good), `"`, `'`)))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := verifiedPay(v, body)
		if err == nil {
			require.Equal(t, want, got)
		}
	})
}
