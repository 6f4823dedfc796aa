// Package otlptest receives traces as a collector would, by OTLP over HTTP, for tests to look at.
package otlptest

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is one that arrived.
type Span struct {
	Service     string
	Trace       string // in hex, as ID and Parent
	ID, Parent  string
	Name, Fault string
	Attributes  map[string]string
}

// Receiver takes what programs send.
type Receiver struct {
	server *httptest.Server

	mu    sync.Mutex
	spans []Span
}

// maxBody bounds what one program sends at a time, in bytes.
const maxBody = 16 << 20

// New starts a receiver that ends with the test.
func New(t *testing.T) *Receiver {
	t.Helper()
	r := &Receiver{}
	r.server = httptest.NewServer(r)
	t.Cleanup(r.server.Close)
	return r
}

// URL is where it receives.
func (r *Receiver) URL() string { return r.server.URL + "/v1/traces" }

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, maxBody))
	var sent collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &sent)
	}
	if err != nil || q.URL.Path != "/v1/traces" || q.Header.Get("Content-Type") != "application/x-protobuf" {
		http.Error(w, "this is no OTLP", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	r.spans = append(r.spans, spansOf(&sent)...)
	r.mu.Unlock()
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func spansOf(sent *collector.ExportTraceServiceRequest) (all []Span) {
	for _, of := range sent.GetResourceSpans() {
		service := ""
		for _, a := range of.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				service = a.GetValue().GetStringValue()
			}
		}
		for _, scope := range of.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				span := Span{
					Service: service, Trace: hex.EncodeToString(s.GetTraceId()), ID: hex.EncodeToString(s.GetSpanId()),
					Parent: hex.EncodeToString(s.GetParentSpanId()), Name: s.GetName(), Fault: s.GetStatus().GetMessage(),
					Attributes: map[string]string{},
				}
				for _, a := range s.GetAttributes() {
					span.Attributes[a.GetKey()] = a.GetValue().String()
				}
				all = append(all, span)
			}
		}
	}
	return all
}

// Spans are those that arrived so far.
func (r *Receiver) Spans() []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Span(nil), r.spans...)
}
