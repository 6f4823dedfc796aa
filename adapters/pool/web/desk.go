package web

import (
	"crypto/ed25519"
	"errors"
	"net/http"
)

// signing is what the page to sign shows.
type signing struct {
	Task      Task
	Reading   *Reading // what the bytes say, as this server reads them
	Act       string   // the text to sign
	Coded     string
	Documents []string // coded
	Closed    []string // coded
	Key       string   // that is expected to sign, where it is known
	Fault     string   // what was wrong with the signature
}

// draft has the node write what a form asks for, and shows it to be signed.
func (s *Site) draft(v *visit) (page, error) {
	form, err := formOf(v.r, v.member)
	if form.Task != TaskJoin && v.member == "" {
		return page{}, errSignIn
	}
	var draft Draft
	if err == nil {
		draft, err = s.Node.Draft(v.r.Context(), form)
	}
	if wrong, ok := errors.AsType[*FormError](err); ok {
		return s.again(v, form, wrong)
	}
	if err != nil {
		return page{}, err
	}
	return s.toSign(v, signing{Task: form.Task, Key: form.Fields["key"]}, draft)
}

// again shows the form once more, with what was filled in and what is wrong with it.
func (s *Site) again(v *visit, form Form, wrong *FormError) (page, error) {
	var p page
	var err error
	switch form.Task {
	case TaskPost:
		p, err = s.postingForm(v, filled{Fields: form.Fields, Wrong: wrong})
	case TaskJoin:
		p = page{name: "join", data: filled{Fields: form.Fields, Wrong: wrong}}
	default:
		if asks(form.Task) == nil {
			return page{}, wrong
		}
		p, err = s.askingForm(v, form, wrong)
	}
	p.status = http.StatusUnprocessableEntity
	return p, err
}

func (s *Site) toSign(v *visit, shown signing, draft Draft) (page, error) {
	var err error
	if shown.Reading, err = Read(draft, s.Pool); err != nil {
		return page{}, err
	}
	if found, ok := s.sessions.get(v.token); ok && shown.Key == "" {
		shown.Key = coded.EncodeToString(found.key)
	}
	shown.Act, shown.Coded = string(draft.Act), coded.EncodeToString(draft.Act)
	shown.Documents, shown.Closed = encode(draft.Documents), encode(draft.Closed)
	p := page{name: "sign", data: shown}
	if shown.Fault != "" {
		p.status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// act hands in what was signed. Sent again, it gets the same answer again.
func (s *Site) act(v *visit) (page, error) {
	signed, err := signedOf(v.r)
	if err != nil {
		return page{}, err
	}
	if len(signed.Signature) != ed25519.SignatureSize {
		again := signing{Task: Task(v.r.PostForm.Get("task")), Key: coded.EncodeToString(signed.Key), Fault: "bad_signature"}
		p, err := s.toSign(v, again, signed.Draft)
		if err != nil {
			return page{}, &FormError{Fault: "bad_form"} // it was not our draft
		}
		return p, nil
	}
	answer, err := s.Node.Act(v.r.Context(), signed)
	if err != nil {
		return page{}, err
	}
	p := page{name: "answer", data: answered{Answer: answer, Code: s.codeOf(answer, signed)}}
	if !answer.Accepted {
		p.status = http.StatusUnprocessableEntity
	}
	return p, nil
}

// answered is an answer, and the code of an invitation, which is told this once.
type answered struct {
	Answer
	Code string
}

// codeOf is the code that an invitation names, as it came with it; "" of any other act.
func (s *Site) codeOf(answer Answer, signed Signed) string {
	reading, err := Read(signed.Draft, s.Pool)
	if err != nil || !answer.Accepted || reading.Kind != kindInvite || len(reading.Named) == 0 {
		return ""
	}
	return reading.Named[0][0].Value
}

// signedOf reads an act with what it names, a key, which may be missing, and a signature, which is nil where it is none.
func signedOf(r *http.Request) (Signed, error) {
	var signed Signed
	var err error
	if signed.Act, err = decode(r.PostForm.Get("act")); err != nil || len(signed.Act) == 0 {
		return Signed{}, &FormError{Fault: "bad_form"}
	}
	if signed.Documents, err = decodeAll(r.PostForm["document"]); err != nil {
		return Signed{}, err
	}
	if signed.Closed, err = decodeAll(r.PostForm["closed"]); err != nil {
		return Signed{}, err
	}
	if text := r.PostForm.Get("key"); text != "" {
		if signed.Key, err = decode(text); err != nil || len(signed.Key) != ed25519.PublicKeySize {
			return Signed{}, &FormError{Field: "key", Fault: "bad_key"}
		}
	}
	if signature, err := decode(r.PostForm.Get("signature")); err == nil {
		signed.Signature = signature
	}
	return signed, nil
}
