package issuer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/messaging"
	"github.com/ayni-switch/ayni/ops/auth"
)

// Claims say where in a token it stands what somebody may do.
type Claims struct {
	Scopes      []string             // asked for beside openid, such as "profile"
	Groups      string               // the claim with the groups: a text or a list of texts
	Participant string               // the claim with the participant whose things are somebody's own
	Roles       map[string]auth.Role // of each group; one that is not here gives nothing
}

// maxSubject bounds a subject, in bytes: OpenID Connect has 255.
const maxSubject = 255

func (c Claims) valid() error {
	if c.Groups == "" || c.Participant == "" {
		return errors.New("name the claims of groups and of the participant")
	}
	for group, role := range c.Roles {
		if !slices.Contains(auth.Roles(), role) {
			return fmt.Errorf("group %q: there is no role %q", group, role)
		}
	}
	return nil
}

// principal is whom a verified token is about. Whoever has no group that means something has no role.
func (i *Issuer) principal(token *oidc.IDToken) (auth.Principal, error) {
	var raw jsontext.Value
	if err := token.Claims(&raw); err != nil {
		return auth.Principal{}, fmt.Errorf("%w: %w", auth.ErrNobody, err)
	}
	p, err := i.config.Claims.read(raw)
	if err != nil {
		return auth.Principal{}, fmt.Errorf("%w: %w", auth.ErrNobody, err)
	}
	p.Subject = i.config.URL + " " + token.Subject
	return p, nil
}

// read reads what claims say of somebody. Names are read exactly, and none may stand there twice.
func (c Claims) read(raw []byte) (auth.Principal, error) {
	var claims map[string]jsontext.Value
	if err := json.Unmarshal(raw, &claims); err != nil {
		return auth.Principal{}, fmt.Errorf("claims: %w", err)
	}
	subject := text(claims["sub"])
	if subject == "" || len(subject) > maxSubject || strings.ContainsFunc(subject, unicode.IsControl) {
		return auth.Principal{}, errors.New("claims: the subject is missing or strange")
	}
	p := auth.Principal{Participant: text(claims[c.Participant])}
	if !messaging.ValidParticipant(p.Participant) {
		p.Participant = ""
	}
	for _, name := range []string{"name", "preferred_username", "client_id"} {
		if p.Name = readable(text(claims[name])); p.Name != "" {
			break
		}
	}
	for _, group := range texts(claims[c.Groups]) {
		role, known := c.Roles[group]
		if own := role == auth.Participant || role == auth.Pool; known && !slices.Contains(p.Roles, role) && (!own || p.Participant != "") {
			p.Roles = append(p.Roles, role)
		}
	}
	if !p.Is(auth.Participant, auth.Pool) {
		p.Participant = ""
	}
	return p, nil
}

// text is a claim that is a text, else "".
func text(claim jsontext.Value) (s string) {
	if claim.Kind() != '"' || json.Unmarshal(claim, &s) != nil {
		return ""
	}
	return s
}

// texts are those of a claim that is a text or a list of texts, else none.
func texts(claim jsontext.Value) (all []string) {
	if one := text(claim); one != "" {
		return []string{one}
	}
	if claim.Kind() != '[' || json.Unmarshal(claim, &all) != nil {
		return nil
	}
	return all
}

// readable is a name without what does not print, at most auth.MaxName bytes.
func readable(name string) string {
	name = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || c == utf8.RuneError {
			return -1
		}
		return c
	}, name)
	for len(name) > auth.MaxName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return strings.TrimSpace(name)
}
