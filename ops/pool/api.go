package pool

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ayni-switch/ayni/adapters/pool/act"
	"github.com/ayni-switch/ayni/adapters/pool/decide"
	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/adapters/pool/view"
	"github.com/ayni-switch/ayni/adapters/pool/web"
	"github.com/ayni-switch/ayni/fx"
)

// Limits on those who ask. A village may share one address, so an address's are wide.
const (
	maxActBytes  = 128 << 10 // an act with its closed values, in base64
	maxPathBytes = 2 << 10
)

// API is a pool's node to programs, at /api/. Reads are signed in their headers (proof.go), else they are the
// public's; acts prove by themselves who says them. Errors are application/problem+json.
//
//	GET  /api/about                       name, version of the charter, size of the log; who you are
//	GET  /api/overview, contributions, turns, proposals, proposals/ID, board, book?before=, members, report, public
//	GET  /api/proposals/ID/document       the bytes whose SHA-256 a vote signs
//	GET  /api/charter                     the rules in force
//	GET  /api/log                         the log with the lines that you may see, as a tar of static files
//	POST /api/acts                        {"open","key","signature","closed":[…]}, bytes in base64 → the answer
//	POST /api/receipts                    {"receipt","closed":[…]}: what another pool's log says → the answer
type API struct {
	home  *Home
	shows Views
	log   *slog.Logger
	now   func() time.Time
	mux   *http.ServeMux

	reads, acts, copies, speakers *pace
}

// Views is what a pool shows, and to whom: *view.View.
type Views interface {
	web.Reader
	Eyes(member string) (view.Eyes, error)
	Shows(eyes view.Eyes) func(diary.Line) bool
}

// NewAPI serves a pool. shows is what readers see.
func NewAPI(home *Home, shows Views, log *slog.Logger, now func() time.Time) *API {
	a := &API{
		home: home, shows: shows, log: log, now: now, mux: http.NewServeMux(),
		reads:    newPace(time.Second/20, 200, now),
		acts:     newPace(time.Second, 60, now),
		copies:   newPace(10*time.Second, 5, now),
		speakers: newPace(2*time.Second, 30, now),
	}
	get := func(path string, read func(r *reader) (any, error)) {
		a.mux.HandleFunc("GET /api/"+path, a.reading(read))
	}
	get("about", a.about)
	get("charter", a.charter)
	get("overview", mine(shows.Overview))
	get("contributions", mine(shows.Contributions))
	get("turns", mine(shows.Turns))
	get("proposals", mine(shows.Proposals))
	get("proposals/{id}", func(r *reader) (any, error) { return shows.Proposal(r.Context(), r.member, r.PathValue("id")) })
	get("proposals/{id}/document", a.document)
	get("board", mine(shows.Board))
	get("book", func(r *reader) (any, error) { return shows.Book(r.Context(), r.member, r.URL.Query().Get("before")) })
	get("members", mine(shows.Members))
	get("report", mine(shows.Report))
	get("public", func(r *reader) (any, error) { return shows.Public(r.Context()) })
	a.mux.HandleFunc("GET /api/log", a.copyLog)
	a.mux.HandleFunc("POST /api/acts", a.act)
	a.mux.HandleFunc("POST /api/receipts", a.receipt)
	a.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		problem(http.StatusNotFound, "unknown", "there is no %s %.100q", r.Method, r.URL.Path).answer(w)
	})
	return a
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if len(r.URL.RequestURI()) > maxPathBytes {
		problem(http.StatusRequestURITooLong, "too_long", "more than %d bytes of path", maxPathBytes).answer(w)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// reader is a request with who it is from.
type reader struct {
	*http.Request

	member string // "" for the public
}

// mine is a view of whoever asks.
func mine[V any](view func(context.Context, string) (V, error)) func(*reader) (any, error) {
	return func(r *reader) (any, error) { return view(r.Context(), r.member) }
}

// who finds out who asks.
func (a *API) who(r *http.Request) (*reader, error) {
	if err := a.reads.allow(addressOf(r)); err != nil {
		return nil, err
	}
	key, signed, err := proven(r, a.home.Name, a.now())
	if err != nil || !signed {
		return &reader{Request: r}, err
	}
	member := a.memberOf(key)
	if member == "" {
		return nil, problem(http.StatusUnauthorized, "not_a_member", "key %s is no member's: join first, or sign nothing to see what the public does", key)
	}
	return &reader{r, member}, a.speakers.allow("read " + member)
}

func (a *API) memberOf(key act.Key) (id string) {
	a.home.View(func(s *decide.State) {
		for _, m := range s.Members() {
			if m.Key == key {
				id = m.ID
			}
		}
	})
	return id
}

func (a *API) reading(read func(r *reader) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from, err := a.who(r)
		var found any
		if err == nil {
			found, err = read(from)
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		a.give(w, found)
	}
}

// give answers with JSON.
func (a *API) give(w http.ResponseWriter, found any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.MarshalWrite(w, found, json.Deterministic(true), json.WithMarshalers(money)) // likewise
}

func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	p, known := problemOf(err)
	if !known && r.Context().Err() == nil {
		a.log.Error("a request failed", "pool", a.home.Name, "path", r.URL.Path, "error", err)
	}
	p.answer(w)
}

// money is how amounts are said: as decimals.
var money = json.MarshalToFunc(func(out *jsontext.Encoder, m fx.Money) error {
	return json.MarshalEncode(out, struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
	}{m.Text(), m.Currency.String()})
})

// About is what everybody may know of a pool, and who asks.
type About struct {
	Pool     string `json:"pool"`
	Title    string `json:"title"`
	Version  int64  `json:"version"` // of the charter in force
	Charter  string `json:"charter"` // its hash, in hex
	Entries  int64  `json:"entries"` // of the log
	LogKey   string `json:"log_key"` // that verifies the log
	Account  string `json:"account"` // that contributions are paid to
	Member   string `json:"member,omitzero"`
	Standing string `json:"standing,omitzero"`
}

func (a *API) about(r *reader) (any, error) {
	it := About{Pool: a.home.Name, LogKey: a.home.Public, Account: a.home.Account.Account, Member: r.member}
	a.home.View(func(s *decide.State) {
		it.Version, it.Entries = s.Version(), s.Inputs()
		if rules := s.Charter(); rules != nil {
			hash := rules.Hash()
			it.Title, it.Charter = rules.Title, hex.EncodeToString(hash[:])
		}
		if m := s.Member(r.member); m != nil {
			it.Standing = m.Standing.String()
		}
	})
	return it, nil
}
