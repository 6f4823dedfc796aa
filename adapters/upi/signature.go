package upi

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
)

// The only algorithms that count.
const (
	algorithmC14N      = string(dsig.CanonicalXML10RecAlgorithmId)
	algorithmEnveloped = string(dsig.EnvelopedSignatureAltorithmId)
	algorithmRSA       = dsig.RSASHA256SignatureMethod
	algorithmSHA256    = "http://www.w3.org/2001/04/xmlenc#sha256"
)

// SignatureError says why a message is not the PSP's. The same bytes are refused again.
type SignatureError struct{ Fault string }

func (e *SignatureError) Error() string { return "upi: signature: " + e.Fault }

// Verifier checks enveloped signatures against one pinned certificate. A nil one believes what nobody signed.
type Verifier struct{ context *dsig.ValidationContext }

// NewVerifier makes a verifier that believes one certificate, while it is valid, and no other.
func NewVerifier(certificate *x509.Certificate) *Verifier {
	return &Verifier{context: dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{
		Roots: []*x509.Certificate{certificate},
	})}
}

// Open parses a message and returns what may be read of it. Errors are *DecodeError and *SignatureError.
func (v *Verifier) Open(body []byte) (*etree.Element, error) {
	root, err := parseXML(body)
	if err != nil || v == nil {
		return root, err
	}
	return v.verify(root)
}

// verify returns the root that the signature covers, read anew from its canonical bytes: nothing else may
// be read. root has passed parseXML, and is left as it is. Errors are *SignatureError.
//
// The shape is checked first, for the library looks for a signature anywhere and lets the message choose
// the algorithms. KeyInfo is dropped: whatever key the message offers, only the pinned one is used.
func (v *Verifier) verify(root *etree.Element) (*etree.Element, error) {
	root = root.Copy()
	signature, err := onlySignature(root)
	if err != nil {
		return nil, err
	}
	if keyInfo := child(signature, dsig.KeyInfoTag); keyInfo != nil {
		signature.RemoveChild(keyInfo)
	}
	covered, err := v.context.Validate(root)
	if err != nil {
		return nil, &SignatureError{Fault: err.Error()}
	}
	if err := checkNames(covered); err != nil {
		return nil, &SignatureError{Fault: err.Error()}
	}
	return covered, nil
}

// onlySignature returns the signature, which must be the root's child, the only one, over the whole root,
// with the algorithms above.
func onlySignature(root *etree.Element) (*etree.Element, error) {
	refuse := func(fault string) (*etree.Element, error) { return nil, &SignatureError{Fault: fault} }
	signature := child(root, dsig.SignatureTag)
	if signature == nil {
		return refuse("missing, or not the root's only one")
	}
	if strayed(root, signature) {
		return refuse("parts of a signature outside of it")
	}
	info, value := child(signature, dsig.SignedInfoTag), child(signature, dsig.SignatureValueTag)
	keys := 0
	if child(signature, dsig.KeyInfoTag) != nil {
		keys = 1
	}
	if info == nil || value == nil || len(value.ChildElements()) != 0 || len(signature.ChildElements()) != 2+keys {
		return refuse("not SignedInfo, SignatureValue and at most one KeyInfo")
	}
	reference := child(info, dsig.ReferenceTag)
	if reference == nil || len(info.ChildElements()) != 3 ||
		algorithm(info, dsig.CanonicalizationMethodTag) != algorithmC14N || algorithm(info, dsig.SignatureMethodTag) != algorithmRSA {
		return refuse("not Canonical XML 1.0 and rsa-sha256 with one reference")
	}
	if len(reference.Attr) != 1 || reference.Attr[0].FullKey() != dsig.URIAttr || reference.Attr[0].Value != "" {
		return refuse("the reference is not to the whole document")
	}
	transforms := child(reference, dsig.TransformsTag)
	if transforms == nil || len(reference.ChildElements()) != 3 || child(reference, dsig.DigestValueTag) == nil ||
		algorithm(reference, dsig.DigestMethodTag) != algorithmSHA256 {
		return refuse("the reference has not transforms and a sha256 digest")
	}
	for i, transform := range transforms.ChildElements() {
		want := []string{algorithmEnveloped, algorithmC14N}
		if i >= len(want) || !inDSig(transform, dsig.TransformTag) || attribute(transform) != want[i] {
			return refuse("the transforms are not enveloped-signature and Canonical XML 1.0")
		}
	}
	if len(transforms.ChildElements()) == 0 {
		return refuse("no enveloped-signature transform")
	}
	return signature, nil
}

func inDSig(e *etree.Element, tag string) bool {
	return e.Tag == tag && e.NamespaceURI() == dsig.Namespace
}

// child returns the only child of that name in the signature namespace, or nil.
func child(parent *etree.Element, tag string) *etree.Element {
	var found *etree.Element
	for _, c := range parent.ChildElements() {
		if !inDSig(c, tag) {
			continue
		}
		if found != nil {
			return nil
		}
		found = c
	}
	return found
}

// algorithm returns the Algorithm of the only child of that name, "" where anything else is in it.
func algorithm(parent *etree.Element, tag string) string {
	if c := child(parent, tag); c != nil {
		return attribute(c)
	}
	return ""
}

func attribute(e *etree.Element) string {
	if len(e.Attr) != 1 || e.Attr[0].FullKey() != dsig.AlgorithmAttr || len(e.ChildElements()) != 0 {
		return ""
	}
	return e.Attr[0].Value
}

// strayed tells whether anything in the signature namespace is outside of signature.
func strayed(e, signature *etree.Element) bool {
	for _, c := range e.ChildElements() {
		if c != signature && (c.NamespaceURI() == dsig.Namespace || strayed(c, signature)) {
			return true
		}
	}
	return false
}

// Signer makes enveloped signatures: Canonical XML 1.0, rsa-sha256, one reference to the whole document.
type Signer struct{ context *dsig.SigningContext }

// NewSigner makes a signer with an RSA key of at least 2048 bits and its certificate.
func NewSigner(key *rsa.PrivateKey, certificate *x509.Certificate) (*Signer, error) {
	if key == nil || certificate == nil || !strongRSA(certificate) || !key.PublicKey.Equal(certificate.PublicKey) {
		return nil, errors.New("upi: signer: needs an RSA key of at least 2048 bits and its certificate")
	}
	context, err := dsig.NewSigningContext(key, [][]byte{certificate.Raw})
	if err != nil {
		return nil, fmt.Errorf("upi: signer: %w", err)
	}
	context.Canonicalizer = dsig.MakeC14N10RecCanonicalizer()
	return &Signer{context: context}, nil
}

func (s *Signer) sign(root *etree.Element) (*etree.Element, error) {
	signed, err := s.context.SignEnveloped(root)
	if err != nil {
		return nil, fmt.Errorf("upi: sign: %w", err)
	}
	return signed, nil
}
