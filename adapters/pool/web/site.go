package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Config is what a site is made of.
type Config struct {
	Node   Node
	Pool   string         // the pool's participant name, which acts bear
	Title  string         // the pool's name for people
	Origin string         // where browsers find the site: "https://pool.example"
	Zone   *time.Location // whose clock pages show
	Now    func() time.Time
	Log    *slog.Logger
}

// Site is a pool's pages. It is an http.Handler for the root of its origin.
type Site struct {
	Config
	handler  http.Handler
	speeches map[string]*speech
	pages    map[string]*template.Template // by language
	files    map[string]file               // by name
	sessions *sessions
	links    *links
	proofs   *proofs
	cookies  cookies
	pace     paces
	patterns []string
}

// New makes a pool's pages.
func New(config Config) (*Site, error) {
	origin, err := url.Parse(config.Origin)
	if err != nil || origin.Host == "" || (origin.Scheme != "http" && origin.Scheme != "https") || origin.Scheme+"://"+origin.Host != config.Origin {
		return nil, fmt.Errorf("pool: pages: origin %q is not a scheme and a host", config.Origin)
	}
	if config.Node == nil || config.Pool == "" || config.Zone == nil || config.Now == nil || config.Log == nil {
		return nil, errors.New("pool: pages: node, pool, zone, clock and log are needed")
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("pool: pages: %w", err)
	}
	s := &Site{
		Config:   config,
		sessions: newSessions(config.Now),
		links:    newLinks(config.Now),
		proofs:   newProofs(key, config),
		cookies:  cookies{key: key, secure: origin.Scheme == "https"},
		pace:     newPaces(config.Now),
	}
	if s.speeches, err = readSpeeches(config.Zone); err != nil {
		return nil, err
	}
	if s.files, err = readFiles(s.speeches); err != nil {
		return nil, err
	}
	if s.pages, err = readPages(s.speeches); err != nil {
		return nil, err
	}
	s.handler = s.routes()
	return s, nil
}

// ServeHTTP answers a browser.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Patterns are all that the site answers, as http.ServeMux names them.
func (s *Site) Patterns() []string { return slices.Clone(s.patterns) }

// Link makes a link that signs a member in once, within ten minutes: for the command line, which proved by its
// access to the node who may ask for it.
func (s *Site) Link(member string) string { return s.Origin + "/link/" + s.links.put(member) }

func (s *Site) routes() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, do action) {
		s.patterns = append(s.patterns, pattern)
		mux.Handle(pattern, s.page(do))
	}
	own := func(pattern string, do action) { open(pattern, members(do)) }
	open("GET /{$}", s.public)
	open("GET /report", s.report)
	open("GET /join", s.join)
	open("GET /device", s.device)
	open("GET /signin", s.signInPage)
	open("POST /signin", s.signIn)
	open("GET /link/{token}", s.linkPage)
	open("POST /link/{token}", s.followLink)
	open("GET /language", s.language)
	open("POST /sign", s.draft)
	open("POST /act", s.act)
	own("POST /signout", s.signOut)
	own("GET /home", s.overview)
	own("GET /contributions", s.contributions)
	own("GET /turn", s.turns)
	own("GET /proposals", s.proposals)
	own("GET /proposals/{id}", s.proposal)
	own("GET /board", s.board)
	own("GET /board/new", s.posting)
	own("GET /book", s.book)
	own("GET /members", s.members)
	for _, task := range alike() {
		own("GET /ask/"+string(task), s.ask(task))
	}
	open("/", func(*visit) (page, error) { return page{}, ErrUnknown })
	s.patterns = append(s.patterns, "GET /assets/{name}")
	mux.HandleFunc("GET /assets/{name}", s.file)
	return s.guard(mux)
}
