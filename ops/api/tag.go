package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
)

// Seen is what a reader of configuration may bring.
type Seen struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"400" doc:"The ETag that you have: 304 where it still holds."`
}

func (s *Seen) seen() string { return s.IfNoneMatch }

// Expected is what a writer of configuration brings.
type Expected struct {
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag of what you looked at. Without it 428, with another 412."`
}

// tagged is an answer with an ETag.
type tagged[T any] struct {
	Status int
	ETag   string `header:"ETag"`
	Body   T
}

// configuration mounts a route that reads something that is changed by whoever saw it: with an ETag.
func configuration[T, I any, P interface {
	*I
	seen() string
}](a *API, r route, handle func(context.Context, *I) (T, error),
) {
	r.method = http.MethodGet
	register(a, r, func(ctx context.Context, in *I) (*tagged[T], error) {
		value, err := handle(ctx, in)
		if err != nil {
			return nil, err
		}
		answer := &tagged[T]{Status: http.StatusOK, ETag: tagOf(value), Body: value}
		if P(in).seen() != "" && strings.Contains(P(in).seen(), answer.ETag) {
			answer.Status = http.StatusNotModified
		}
		return answer, nil
	})
}

// tagOf is the ETag of what a value says.
func tagOf(value any) string {
	text, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		panic(err) // an answer that cannot be written
	}
	sum := sha256.Sum256(text)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// match holds what a writer saw against what is there now.
func (e Expected) match(now any) error {
	switch e.IfMatch {
	case "":
		return problem("look_first", "")
	case tagOf(now):
		return nil
	default:
		return problem("stale", "")
	}
}
