package console

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
)

// heartbeat is after how long without news a stream says that it is there: proxies close silent ones.
const heartbeat = 15 * time.Second

// writeWithin bounds how long a browser may take to take an event; one that takes longer is gone.
const writeWithin = 10 * time.Second

// flowLive streams the parts of the flow page that move, each as it is on the page, under its id. What is on its way
// while something newer comes is the last that a slow browser gets of it.
func (s *Site) flowLive(w http.ResponseWriter, r *http.Request) {
	reader := s.Pulses.Reader()
	defer reader.Close()
	read := s.readerOf(r)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	for {
		ctx, cancel := context.WithTimeout(r.Context(), heartbeat)
		moment, err := reader.Next(ctx)
		cancel()
		event := []byte(": still here\n\n")
		if err == nil {
			event, err = s.flowParts(read, flowOf(moment, r.URL.Query().Get("currency")))
		}
		if r.Context().Err() != nil {
			return
		}
		if err != nil && ctx.Err() == nil {
			s.Log.Error("a live page could not be written", "error", err)
			return
		}
		_ = out.SetWriteDeadline(s.Now().Add(writeWithin)) // where that cannot be set, the server's own holds
		if _, err := w.Write(event); err != nil {          //nolint:gosec // html/template wrote it
			return
		}
		if err := out.Flush(); err != nil {
			return
		}
	}
}

// flowParts is one event of the stream.
func (s *Site) flowParts(read reader, shown *flowView) ([]byte, error) {
	pages, err := s.forms.of(s.pages, read)
	if err != nil {
		return nil, err
	}
	parts := map[string]string{}
	for _, name := range []string{"flow-now", "flow-net", "flow-queue"} {
		var part bytes.Buffer
		if err := pages.ExecuteTemplate(&part, name, shown); err != nil {
			return nil, err
		}
		parts[name] = part.String()
	}
	text, err := json.Marshal(parts, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "id: %d\nevent: parts\ndata: %s\n\n", shown.Moment.Newest.ID, text), nil
}

// series answers with what a chart of the day shows: one column a list, seconds since 1970 first.
func (s *Site) series(v *visit) (view, error) {
	until := s.Now()
	minutes, err := s.Books.Minutes(v.r.Context(), until.Add(-24*time.Hour), until)
	if err != nil {
		return view{}, err
	}
	columns := [6][]int64{}
	for i := range columns {
		columns[i] = []int64{}
	}
	for _, m := range minutes {
		for i, value := range []int64{m.Begins.Unix(), m.Accepted, m.Cleared, m.Paid, m.Took.Milliseconds(), m.TookAtMost.Milliseconds()} {
			columns[i] = append(columns[i], value)
		}
	}
	v.w.Header().Set("Content-Type", "application/json")
	if err := json.MarshalWrite(v.w, columns); err != nil {
		return view{}, err
	}
	return view{}, errAnswered
}
