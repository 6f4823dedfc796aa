package api

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/ayni-switch/ayni/ops/auth"
)

// Guard mounts a route for those who may use it: *auth.Guard.
type Guard interface {
	Mount(mux *http.ServeMux, pattern string, need auth.Need, h http.Handler)
}

// Who may use a route. All but public ones want credentials.
func public() auth.Need { return auth.Need{Public: true} }

// everyone is staff, and participants for what is theirs.
func everyone() auth.Need { return auth.Need{Roles: auth.Roles(), Own: true} }

func staff() auth.Need {
	return auth.Need{Roles: []auth.Role{auth.Operator, auth.Approver, auth.Auditor}}
}

// operators ask for what two people have to want.
func operators() auth.Need { return auth.Need{Roles: []auth.Role{auth.Operator}} }

// deciders may be the second of two people. That they are not the first is the ledger's to hold.
func deciders() auth.Need {
	return auth.Need{Roles: []auth.Role{auth.Approver, auth.Operator}}
}

// route declares an operation once: for the document, for whoever may use it, and for the server.
type route struct {
	id, method, path string // the id is a verb and a noun, for clients' function names
	tag              string
	summary, text    string
	need             auth.Need
	status           int // of success, where it is not 200
}

const (
	metaNeed = "need"
	// maxBody bounds the body of a request, in bytes, before it is read.
	maxBody = 256 << 10
)

// operation is the route to huma.
func (r route) operation() huma.Operation {
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Tags: []string{r.tag}, Summary: r.summary, Description: r.text,
		DefaultStatus: r.status, MaxBodyBytes: maxBody, RejectUnknownQueryParameters: true,
		Metadata:  map[string]any{metaNeed: r.need},
		Responses: map[string]*huma.Response{"default": problemResponse()},
	}
	if !r.need.Public {
		op.Security = []map[string][]string{{"token": {}}, {"session": {}}, {"certificate": {}}}
		roles := make([]string, len(r.need.Roles))
		for i, role := range r.need.Roles {
			roles[i] = string(role)
		}
		op.Extensions = map[string]any{"x-roles": roles, "x-own": r.need.Own}
	}
	if writes(r.method) {
		op.Parameters = append(op.Parameters, keyParam())
	}
	return op
}

func problemResponse() *huma.Response {
	return &huma.Response{Description: "A problem", Content: map[string]*huma.MediaType{
		"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}},
	}}
}

// register mounts an operation. What the handler fails with becomes a problem; what that problem hides is logged.
func register[I, O any](a *API, r route, handle func(context.Context, *I) (*O, error)) {
	huma.Register(a.huma, r.operation(), func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.tell(ctx, r.id, err)
		}
		return out, nil
	})
}

// tell makes a problem of an error, and logs what people outside are not told.
func (a *API) tell(ctx context.Context, id string, err error) error {
	p := problemOf(err)
	if p.Status == http.StatusInternalServerError && ctx.Err() == nil {
		a.log.Error("a request failed", "operation", id, "request", instance(ctx), "error", err)
	}
	return p
}

// body is an answer with nothing but a body.
type body[T any] struct{ Body T }

// read mounts a route that answers with one thing.
func read[I, T any](a *API, r route, handle func(context.Context, *I) (T, error)) {
	r.method = http.MethodGet
	register(a, r, func(ctx context.Context, in *I) (*body[T], error) {
		value, err := handle(ctx, in)
		return &body[T]{value}, err
	})
}

// mounting is what huma mounts operations by: each behind the guard, and writes once for each key.
type mounting struct{ a *API }

// Handle implements huma.Adapter.
func (m mounting) Handle(op *huma.Operation, handle func(huma.Context)) {
	need, ok := op.Metadata[metaNeed].(auth.Need)
	if !ok {
		panic("api: " + op.OperationID + " does not say who may use it")
	}
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(humago.NewContext(op, r, w)) })
	if writes(op.Method) {
		h = m.a.once(h)
	}
	m.a.guard.Mount(m.a.mux, op.Method+" "+op.Path, need, h)
}

// ServeHTTP implements huma.Adapter.
func (m mounting) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.a.mux.ServeHTTP(w, r) }

func writes(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// schema is a type's in the document.
func schema[T any](a *API) *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
}
