package console

import (
	"errors"
	"net/http"
	"time"

	opsaudit "github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/ops/auth"
	"github.com/ayni-switch/ayni/settlement/ledger"
)

// auditView is the log as its signers and witnesses have it, and what a visitor may do about it.
type auditView struct {
	ledger.LogStatus
	Key      string // the log's, by this server's word
	Transfer string // whose receipt is to be checked, "" for none yet
	Reads    bool   // the log's files, and so verifies them in the page
	Replay   replayView
	Exports  bool
	Busy     bool // somebody takes an export
}

// replayView is how a replay on the server goes.
type replayView struct {
	opsaudit.Replay
	May   bool // start and stop one
	Token string
}

func (s *Site) audit(v *visit) (view, error) {
	status, err := s.Books.LogStatus(v.r.Context())
	shown := auditView{
		LogStatus: status, Key: s.Evidence.Key(), Transfer: plain(v.r.URL.Query().Get("transfer"), maxField), Reads: v.who.SeesAll(),
		Replay: s.replayOf(v), Exports: v.who.Is(auth.Auditor), Busy: v.r.URL.Query().Get("busy") != "",
	}
	return view{name: "audit", title: "Audit", at: "Audit", data: &shown}, err
}

func (s *Site) replayOf(v *visit) replayView {
	return replayView{Replay: s.Evidence.Replayed(), May: v.who.Is(auth.Auditor), Token: auth.FormToken(v.r.Context())}
}

// replay is the part of the page that says how the replay goes: it asks for itself again while one is under way.
func (s *Site) replay(v *visit) (view, error) {
	return view{name: "replay-part", at: "Audit", data: s.replayOf(v)}, nil
}

// replays starts or stops one.
func (s *Site) replays(v *visit) (view, error) {
	if err := v.r.ParseForm(); err != nil {
		return view{}, errNoPage
	}
	switch v.r.PostForm.Get("do") {
	case "start":
		err := s.Evidence.StartReplay(v.r.Context(), v.who.Name, func(err error) { s.Log.Error("a replay of the log could not be done", "error", err) })
		if err != nil && !errors.Is(err, opsaudit.ErrBusy) { // one that is under way is what was asked for
			return view{}, err
		}
	case "stop":
		s.Evidence.StopReplay()
	default:
		return view{}, errNoPage
	}
	http.Redirect(v.w, v.r, "/console/audit#replay", http.StatusSeeOther)
	return view{}, errAnswered
}

// stallTime is how long whoever takes an export may leave a write waiting: a snapshot of the ledger is open meanwhile.
const stallTime = time.Minute

// export answers with an archive of the whole log. One that could not be finished breaks off, so that no part is taken
// for the whole.
func (s *Site) export(v *visit) (view, error) {
	out := &archiveWriter{w: v.w, control: http.NewResponseController(v.w)}
	err := s.Evidence.Archive(v.r.Context(), out)
	switch {
	case errors.Is(err, opsaudit.ErrBusy):
		http.Redirect(v.w, v.r, "/console/audit?busy=yes", http.StatusSeeOther)
	case err != nil && !out.begun:
		return view{}, err
	case err != nil:
		s.Log.Warn("an export of the log was cut off", "error", err)
		panic(http.ErrAbortHandler)
	}
	return view{}, errAnswered
}

// archiveWriter begins an answer with its first byte, and gives up on who does not take it.
type archiveWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

func (a *archiveWriter) Write(p []byte) (int, error) {
	if !a.begun {
		a.begun = true
		a.w.Header().Set("Content-Type", "application/gzip")
		a.w.Header().Set("Content-Disposition", `attachment; filename="`+opsaudit.ArchiveFolder+`.tar.gz"`)
	}
	_ = a.control.SetWriteDeadline(time.Now().Add(stallTime)) // a recorder has none
	return a.w.Write(p)
}
