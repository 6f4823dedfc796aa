package console

import (
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"time"

	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/ops/live"
	"github.com/ayni-switch/ayni/ops/pools"
	"github.com/ayni-switch/ayni/ops/rail"
)

// Guard mounts routes so that only who may use them reaches them. *auth.Guard is one.
type Guard interface {
	Mount(mux *http.ServeMux, pattern string, need auth.Need, h http.Handler)
}

// Config is what a console is made of.
type Config struct {
	Guard    Guard
	Books    Books
	Pulses   *live.Feed[*live.Moment] // of the same books; somebody runs it
	Desk     Desk
	Evidence Evidence
	Papers   Papers
	Rails    rail.Directory   // adapters, who are asked how they are
	Broker   rail.Broker      // nil: nobody tells how far streams are read
	Pools    *pools.Directory // nil where the switch knows none
	Machines Machines
	Webhooks Webhooks
	Now      func() time.Time
	Log      *slog.Logger
}

// Site is the console. Mount puts it onto a server.
type Site struct {
	Config
	pages     *template.Template
	files     map[string]file
	watch     *rail.Watch
	forms     forms
	attention attention
}

// New makes a console.
func New(config Config) (*Site, error) {
	if config.Guard == nil || config.Books == nil || config.Pulses == nil || config.Desk == nil || config.Evidence == nil || config.Papers == nil || config.Machines == nil || config.Webhooks == nil || config.Now == nil || config.Log == nil {
		return nil, errors.New("console: guard, books, pulses, desk, evidence, papers, machines, webhooks, clock and log are needed")
	}
	s := &Site{Config: config, forms: forms{now: config.Now}, watch: &rail.Watch{Books: config.Books, Broker: config.Broker, Rails: config.Rails}}
	var err error
	if s.files, err = readFiles(); err != nil {
		return nil, err
	}
	if s.pages, err = readPages(); err != nil {
		return nil, err
	}
	return s, nil
}

// everybody is who may sign in at all, and sees what is their own.
func everybody() auth.Need { return auth.Need{Roles: auth.Roles(), Own: true} }

// staff sees everything.
func staff() auth.Need {
	return auth.Need{Roles: []auth.Role{auth.Operator, auth.Approver, auth.Auditor}}
}

// Mount mounts every page under /console/.
func (s *Site) Mount(mux *http.ServeMux) {
	page := func(pattern string, need auth.Need, do action) { s.Guard.Mount(mux, pattern, need, s.page(do)) }
	page("GET /console/{$}", auth.Need{Roles: auth.Roles()}, s.start)
	page("GET /console/flow", staff(), s.flow)
	page("GET /console/flow/series", staff(), s.series)
	s.Guard.Mount(mux, "GET /console/flow/live", staff(), http.HandlerFunc(s.flowLive))
	page("GET /console/transfers", everybody(), s.transfers)
	page("GET /console/transfers/{id}", everybody(), s.transfer)
	page("GET /console/transfers/{id}/proof", everybody(), s.proof)
	page("GET /console/transfers/{id}/receipt", everybody(), s.receipt)
	page("GET /console/participants", everybody(), s.participants)
	page("GET /console/participants/{name}", everybody(), s.participant)
	page("GET /console/participants/{name}/statement", everybody(), s.statement)
	page("GET /console/participants/{name}/statement/file", everybody(), s.statementFile)
	page("GET /console/batches", staff(), s.batches)
	page("GET /console/batches/{id}", staff(), s.batch)
	page("GET /console/windows", staff(), s.windows)
	page("GET /console/windows/{id}", staff(), s.window)
	page("GET /console/windows/{id}/paper", staff(), s.paper)
	page("GET /console/rails", staff(), s.rails)
	page("GET /console/rails/{name}", staff(), s.rail)
	page("GET /console/rails/{name}/operations/{operation}", resolvers(), s.operation)
	page("GET /console/fx", staff(), s.fx)
	page("GET /console/reconciliation", staff(), s.reconciliation)
	page("GET /console/audit", auth.Need{Roles: auth.Roles()}, s.audit)
	page("GET /console/audit/replay", staff(), s.replay)
	page("POST /console/audit/replay", auth.Need{Roles: []auth.Role{auth.Auditor}}, s.replays)
	page("GET /console/audit/export", auth.Need{Roles: []auth.Role{auth.Auditor}}, s.export)
	page("GET /console/pools", auth.Need{Roles: auth.Roles()}, s.poolDirectory)
	page("GET /console/pools/{pool}", auth.Need{Roles: auth.Roles()}, s.pool)
	page("POST /console/pools/{pool}/look", everybody(), s.lookAgain)
	page("GET /console/requests", staff(), s.requests)
	page("GET /console/requests/{id}", staff(), s.request)
	page("POST /console/requests/{id}", auth.Need{Roles: []auth.Role{auth.Approver}}, s.decided)
	page("GET /console/machines/{name}/revoke", auth.Need{Roles: []auth.Role{auth.Operator}}, s.revoking)
	page("POST /console/machines/{name}/revoke", auth.Need{Roles: []auth.Role{auth.Operator}}, s.revoked)
	page("GET /console/ask", auth.Need{Roles: []auth.Role{auth.Operator}}, s.askable)
	page("GET /console/ask/{kind}", auth.Need{Roles: []auth.Role{auth.Operator}}, s.ask)
	page("POST /console/ask/{kind}", auth.Need{Roles: []auth.Role{auth.Operator}}, s.asked)
	s.mountWebhooks(mux)
	page("GET /console/", auth.Need{Roles: auth.Roles()}, func(*visit) (view, error) { return view{}, errNoPage })
	s.Guard.Mount(mux, "GET /console/assets/{name}", auth.Need{Public: true}, http.HandlerFunc(s.file))
}
