package upi

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/fx"
	"github.com/ayni-switch/ayni/messaging"
)

var inr = fx.MustCurrency("INR")

func golden(tb testing.TB, name string) []byte {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(tb, err)
	return body
}

// goldenVerifier pins the certificate under which xmllint (canonical form) and openssl (digest and
// signature) made testdata/*-signed.xml: other hands than the library's.
func goldenVerifier(tb testing.TB) *Verifier {
	tb.Helper()
	block, _ := pem.Decode(golden(tb, "golden-psp.pem"))
	require.NotNil(tb, block)
	certificate, err := x509.ParseCertificate(block.Bytes)
	require.NoError(tb, err)
	return NewVerifier(certificate)
}

func verifiedPay(v *Verifier, body []byte) (PayRequest, error) {
	root, err := v.Open(body)
	if err != nil {
		return PayRequest{}, err
	}
	return decodePay(root, MessagePay, inr)
}

func goldenPay() PayRequest {
	return PayRequest{
		Message: MessagePay,
		Head: Head{
			OrgID: "159001", MsgID: "BNK0f8fad5bd9cb469fa16570867728950e",
			Time: time.Date(2026, 4, 5, 9, 0, 0, 250_000_000, time.FixedZone("", 19800)),
		},
		TxnID: "BNK7c9e6679742540de944be07fc1f90ae7", CustRef: "609512345678", RefID: "R7kenya2", Type: TypeCredit,
		Note: `rent & "food"`, Mode: ModeInward, Purpose: "20", PayerVPA: "asha.rao@okbank", PayerName: "Āśā  Rao <home>",
		PayeeVPA: "ayni@sponsor", Amount: fx.Money{Minor: 125050, Currency: inr},
		Institution: Institution{
			Type: "MTO", Route: "MTSS", Name: "Ayni – Remit", PurposeCode: "P1301",
			Originator:  Person{Name: "Wanjikũ Mwangi", Address: "Moi Avenue 7, Nairobi"},
			Beneficiary: Person{Name: "Asha Rao"},
		},
	}
}

func TestGoldenReqPay(t *testing.T) {
	p, err := verifiedPay(goldenVerifier(t), golden(t, "reqpay-signed.xml"))
	require.NoError(t, err)
	want := goldenPay()
	assert.True(t, want.Head.Time.Equal(p.Head.Time))
	p.Head.Time = want.Head.Time
	assert.Equal(t, want, p)
}

func TestGoldenRespChkTxn(t *testing.T) {
	root, err := parseXML(golden(t, "respchktxn-signed.xml"))
	require.NoError(t, err)
	root, err = goldenVerifier(t).verify(root)
	require.NoError(t, err)
	c, err := decodeResponse(root, MessageChecked)
	require.NoError(t, err)
	p, found, err := c.found("ayni@sponsor", "R7kenya2", "BNKquestion", inr)
	require.NoError(t, err)
	require.True(t, found)
	assert.Equal(t, payment{rrn: "609512345678", amount: fx.Money{Minor: 125050, Currency: inr}, payer: "asha.rao@okbank"}, p)

	for name, change := range map[string]func(*Response){
		"another question":   func(c *Response) { c.ReqMsgID = "BNKother" },
		"another order":      func(c *Response) { c.RefID = "R8" },
		"to somebody else":   func(c *Response) { c.Payee.VPA = "eve@sponsor" },
		"to another's order": func(c *Response) { c.Payee.VPA = "ayni.R8@sponsor" },
		"no RRN":             func(c *Response) { c.CustRef = "" },
		"no amount":          func(c *Response) { c.Payee.Settled = "" },
		"another currency":   func(c *Response) { c.Payee.Currency = "USD" },
		"no payer":           func(c *Response) { c.Payer.VPA = "" },
	} {
		changed := c
		change(&changed)
		_, found, err := changed.found("ayni@sponsor", "R7kenya2", "BNKquestion", inr)
		assert.Error(t, err, name)
		assert.False(t, found, name)
	}
	for name, change := range map[string]func(*Response){
		"payer pending":    func(c *Response) { c.Payer.Code = CodePending },
		"payee deemed":     func(c *Response) { c.Payee.Code = CodeDeemed },
		"one side missing": func(c *Response) { c.Payee = Leg{} },
		"deemed":           func(c *Response) { c.Result = StatusDeemed },
		"an error code":    func(c *Response) { c.ErrCode = CodeNotFound },
	} {
		changed := c
		change(&changed)
		_, found, err := changed.found("ayni@sponsor", "R7kenya2", "BNKquestion", inr)
		assert.NoError(t, err, name)
		assert.False(t, found, name)
	}
}

// A message of another network on the same stack.
func TestPublicSample(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "samples", "upi-imps", "RespChkTxn-success.xml")
	body, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("SKIPPED: no public sample at %s", path)
	}
	require.NoError(t, err)
	root, err := parseXML(body)
	require.NoError(t, err)
	c, err := decodeResponse(root, MessageChecked)
	require.NoError(t, err)
	assert.True(t, c.Paid())
	assert.Equal(t, "TXN-123", c.OriginalTxnID)
	assert.Equal(t, "REQ-CHK-1", c.ReqMsgID)
	assert.Equal(t, "payee@fnb", c.Payee.VPA)
	_, err = goldenVerifier(t).verify(root)
	assert.Error(t, err, "it has no signature")
}

func goldenOperation() adapters.Operation {
	return adapters.Operation{
		ID: "T1P", Kind: messaging.KindPayout, Amount: fx.Money{Minor: 125050, Currency: inr},
		Beneficiary: messaging.Party{Name: "Asha Rao", Account: "asha.rao@okbank"},
	}
}

func TestGoldenAnswers(t *testing.T) {
	r := &Rail{cfg: Config{MerchantID: "AYNI", Currency: inr}}
	op := goldenOperation()
	judge := func(name string, origin adapters.Origin) adapters.Evidence {
		answer, err := decodeAnswer(golden(t, name))
		require.NoError(t, err)
		return r.judge(op, answer, nil, origin)
	}
	assert.Equal(t, adapters.Evidence{
		State: adapters.Accepted, Origin: adapters.FromResponse, RailID: "BNK7c9e6679742540de944be07fc1f90ae7",
		Account: "asha.rao@okbank", Code: "01", Text: "Transaction is pending",
	}, judge("payout-pending.json", adapters.FromResponse))
	assert.Equal(t, adapters.Evidence{
		State: adapters.Settled, Origin: adapters.FromQuery, RailID: "BNK7c9e6679742540de944be07fc1f90ae7",
		RailRef: "609512345678", Amount: &op.Amount, Account: "asha.rao@okbank", Code: "00", Text: "Transaction is approved",
	}, judge("payout-success.json", adapters.FromQuery))

	for name, change := range map[string]func(*adapters.Operation){
		"another operation":    func(op *adapters.Operation) { op.ID = "T2P" },
		"another conversation": func(op *adapters.Operation) { op.RailID = "BNKother" },
	} {
		op = goldenOperation()
		change(&op)
		e := judge("payout-success.json", adapters.FromQuery)
		assert.Equal(t, adapters.Unknown, e.State, name)
		assert.False(t, e.RetrySafe, name)
		assert.Error(t, e.Err, name)
	}

	// A refund goes to whoever paid, whose VPA need not be the account that the order named.
	op = goldenOperation()
	op.Kind, op.Beneficiary.Account = messaging.KindRefund, "919800000001"
	refund := judge("payout-success.json", adapters.FromQuery)
	assert.Equal(t, adapters.Settled, refund.State)
	assert.Empty(t, refund.Account)

	webhook, err := decodeWebhook(golden(t, "webhook-failure.json"))
	require.NoError(t, err)
	e := webhook.evidence(adapters.FromCallback, inr)
	assert.Equal(t, adapters.Failed, e.State)
	assert.Equal(t, "AC06", e.Reason)
	assert.Equal(t, "YE", e.Code)
}

// The published check of a webhook's signature, with HMAC-SHA256's own test vector (RFC 4231, case 2).
func TestWebhookSignature(t *testing.T) {
	assert.Equal(t, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		WebhookSignature("Jefe", []byte("what do ya want for nothing?")))
}

func TestGuardRefuses(t *testing.T) {
	good := string(golden(t, "reqpay-signed.xml"))
	deep := strings.Repeat("<a>", maxXMLDepth+1) + strings.Repeat("</a>", maxXMLDepth+1)
	for name, body := range map[string]string{
		"nothing":              "",
		"text":                 "hello",
		"too long":             "<a>" + strings.Repeat(" ", MaxXMLBytes) + "</a>",
		"too deep":             deep,
		"too many tags":        "<a>" + strings.Repeat("<b/>", maxXMLTags) + "</a>",
		"too many attributes":  "<a" + manyAttributes(maxAttributes+1) + "/>",
		"doctype":              `<!DOCTYPE a [<!ENTITY x "y">]><a/>`,
		"doctype in between":   `<?xml version="1.0"?><!DOCTYPE a><a/>`,
		"unknown entity":       `<a>&x;</a>`,
		"comment":              `<a><!-- x --></a>`,
		"comment in a value":   `<a b="x<!-- -->"/>`,
		"cdata":                `<a><![CDATA[x]]></a>`,
		"instruction":          `<a><?php x?></a>`,
		"another declaration":  `<a/><?xml version="1.0"?>`,
		"late declaration":     ` <?xml version="1.0"?><a/>`,
		"latin-1":              `<?xml version="1.0" encoding="ISO-8859-1"?><a/>`,
		"version 1.1":          `<?xml version="1.1"?><a/>`,
		"not UTF-8":            "<a b=\"\xff\"/>",
		"byte order mark":      "\uFEFF<a/>",
		"control character":    "<a b=\"\x01\"/>",
		"two roots":            `<a/><b/>`,
		"text behind the root": `<a/>x`,
		"open element":         `<a><b></b>`,
		"wrong end":            `<a></b>`,
		"attribute twice":      `<a b="1" b="2"/>`,
		"one name, 2 prefixes": `<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>`,
		"namespace twice":      `<a xmlns="u" xmlns="v"/>`,
		"undeclared prefix":    `<p:a/>`,
		"undeclared attribute": `<a p:b="1"/>`,
		"colons":               `<a:b:c xmlns:a="u"/>`,
		"unquoted":             `<a b=1/>`,
		"cut off":              good[:len(good)/2],
	} {
		_, err := parseXML([]byte(body))
		var decode *DecodeError
		assert.ErrorAs(t, err, &decode, name)
	}
	_, err := parseXML([]byte(`<?xml version='1.0' encoding='utf-8' standalone='yes'?>` + "\n<a b='&lt;&#65;'>x</a>\n"))
	assert.NoError(t, err)
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" a" + strings.Repeat("x", i) + `="1"`)
	}
	return b.String()
}

func TestReqPayRefuses(t *testing.T) {
	base := goldenPay()
	body, err := base.Marshal(nil)
	require.NoError(t, err)
	decode := func(text string) error {
		root, err := parseXML([]byte(text))
		if err != nil {
			return err
		}
		_, err = decodePay(root, MessagePay, inr)
		return err
	}
	good := string(body)
	require.NoError(t, decode(good))
	for name, change := range map[string][2]string{
		"another root":            {"upi:ReqPay", "upi:ReqAuthDetails"},
		"a purpose of letters":    {`purpose="20"`, `purpose="AB"`},
		"another namespace":       {`xmlns:upi="` + Namespace, `xmlns:upi="http://example.org/`},
		"no head":                 {"<Head", "<Foot"},
		"two heads":               {"<Head", "<Head/><Head"},
		"two heads, two spaces":   {"<Head", "<upi:Head/><Head"},
		"a foreign head":          {"<Head", `<f:Head xmlns:f="http://example.org/"`},
		"no time":                 {`ts="2026`, `tx="2026`},
		"no RRN":                  {"custRef", "custReference"},
		"a short RRN":             {"609512345678", "60951234567"},
		"two transactions":        {"<Txn", `<Txn id="1"/><Txn`},
		"two payees":              {"</Payees>", `<Payee addr="x@bank"/></Payees>`},
		"two lists of payees":     {"<Payees>", `<Payees/><Payees>`},
		"three decimals":          {`value="1250.50"`, `value="1250.500"`},
		"one decimal":             {`value="1250.50"`, `value="1250.5"`},
		"an exponent":             {`value="1250.50"`, `value="1.2505e3"`},
		"nothing":                 {`value="1250.50"`, `value="0.00"`},
		"less than nothing":       {`value="1250.50"`, `value="-1250.50"`},
		"another currency":        {`curr="INR"`, `curr="USD"`},
		"payer pays something":    {`<Amount value="1250.50" curr="INR"/></Payer>`, `<Amount value="1250.51" curr="INR"/></Payer>`},
		"no initiation mode 12":   {`initiationMode="12"`, `initiationMode="00"`},
		"no institution":          {"Institution", "Institute"},
		"an unknown institution":  {`type="MTO"`, `type="SHOP"`},
		"an unknown route":        {`route="MTSS"`, `route="X"`},
		"an originator too many":  {"<Originator", `<Originator name="x"/><Originator`},
		"an address in the payee": {`addr="ayni@sponsor"`, `addr="ayni"`},
	} {
		changed := strings.ReplaceAll(good, change[0], change[1])
		require.NotEqual(t, good, changed, name)
		var fault *DecodeError
		assert.ErrorAs(t, decode(changed), &fault, name)
	}
}
