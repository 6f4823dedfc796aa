package gsma

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/strictjson"
	"github.com/ayni-switch/ayni/fx"
)

// What the placeholders of a test case stand for where nothing in it says so.
const (
	anyUUID     = "00000000-0000-4000-8000-000000000000"
	anyTime     = "2021-01-01T00:00:00.000Z"
	anyURL      = "https://callback.example"
	pathSender  = "{X-Callback-URL}" // of an exchange that is a callback
	maxExchange = 64
)

// Placeholders stand inside texts, so that quotes in them are escaped.
var (
	placeholder = regexp.MustCompile(`\{\{\s*(.*?)\s*\}\}`)
	withDefault = regexp.MustCompile(`^env\.[A-Za-z0-9_]+\s*\|\s*default\(\\"([^"\\]*)\\"\s*\)$`)
	ofStep      = regexp.MustCompile(`^steps\.[0-9]+\.(?:request|response)\.(?:body|headers)[.\[](?:\\")?([A-Za-z-]+)(?:\\"\])?(?:\.0)?$`)
)

// exchange is one recorded request or answer.
type exchange struct {
	path, method, which string
	status              int // of an answer; 0 of a request
	headers, body       strictjson.Value
}

// testCaseReading reads recorded exchanges of the GSMA Inclusive Tech Lab: a part for each, and the last that speaks of
// money is what the whole comes to; where none does, the last. Errors are *DecodeError.
func testCaseReading(p adapters.Payload) (adapters.Reading, error) {
	exchanges, err := readExchanges(filled(p.Body))
	if err == nil {
		exchanges, err = readExchanges(followed(filled(p.Body), exchanges))
	}
	if err != nil {
		return adapters.Reading{}, err
	}
	whole := silent(kindTestCase, "no exchange speaks of money")
	for _, x := range exchanges {
		part := x.reading(p.Currency)
		whole.Parts = append(whole.Parts, part)
		if part.State != "" || whole.State == "" {
			parts := whole.Parts
			whole = part
			whole.Kind, whole.Parts = kindTestCase, parts
		}
	}
	return whole, nil
}

// filled replaces the placeholders that stand for themselves.
func filled(body []byte) []byte {
	return placeholder.ReplaceAllFunc(body, func(found []byte) []byte {
		inner := string(placeholder.FindSubmatch(found)[1])
		switch {
		case inner == "uuidv4()":
			return []byte(anyUUID)
		case inner == "new_date_iso8601()":
			return []byte(anyTime)
		case strings.HasPrefix(inner, "mapped_urls"):
			return []byte(anyURL)
		}
		if value := withDefault.FindStringSubmatch(inner); value != nil {
			return []byte(value[1])
		}
		return found
	})
}

// followed replaces the placeholders that stand for what an exchange said.
func followed(body []byte, exchanges []exchange) []byte {
	return placeholder.ReplaceAllFunc(body, func(found []byte) []byte {
		named := ofStep.FindSubmatch(placeholder.FindSubmatch(found)[1])
		if named == nil {
			return found
		}
		for _, x := range exchanges {
			for _, from := range []strictjson.Value{x.headers, x.body} {
				said, err := from.Get(string(named[1]))
				text, wrong := said.Scalar()
				if err == nil && wrong == nil && referenceForm.MatchString(text) {
					return []byte(text)
				}
			}
		}
		return found
	})
}

// readExchanges reads the exchanges of a test case. Errors are *DecodeError.
func readExchanges(body []byte) ([]exchange, error) {
	value, err := parse(body)
	if err != nil {
		return nil, err
	}
	list, err := value.Get("exchanges")
	if err != nil || !list.IsArray() || len(list.Items()) == 0 || len(list.Items()) > maxExchange {
		return nil, &DecodeError{Fault: "exchanges are not 1 to " + strconv.Itoa(maxExchange)}
	}
	var exchanges []exchange
	for _, item := range list.Items() {
		var x exchange
		var status string
		err := item.Fields(map[string]*string{"path": &x.path, "method": &x.method, "which": &x.which, "status": &status})
		if err == nil {
			x.headers, err = item.Get("headers")
		}
		if err == nil {
			x.body, err = item.Get("body")
		}
		if err == nil && status != "" {
			x.status, err = strconv.Atoi(status)
		}
		if err != nil {
			return nil, malformed(err)
		}
		exchanges = append(exchanges, x)
	}
	return exchanges, nil
}

// kind is what an exchange holds: by its direction, its path and its status.
func (x exchange) kind() string {
	switch content := kindOf(x.body); {
	case x.which == "request" && x.path == pathSender && content != kindBatch && content != kindUpdate:
		return kindCallback
	case x.which == "request" && content != kindBatch && content != kindUpdate:
		return kindRequest
	case x.status >= http.StatusBadRequest:
		return kindError
	default:
		return content
	}
}

// reading is what the rail makes of one exchange.
func (x exchange) reading(c fx.Currency) adapters.Reading {
	kind := x.kind()
	if kind == kindError {
		return x.failed()
	}
	r, err := reading(kind, x.body, c)
	if err != nil {
		return adapters.RefusedReading(kind, err)
	}
	if kind == kindState && strings.HasSuffix(x.path, "/reversals") {
		r.About = adapters.AboutRefund
	}
	return r
}

// failed is what an answer that is no success leaves known.
func (x exchange) failed() adapters.Reading {
	f, err := readFailure(x.body)
	if err != nil {
		return adapters.RefusedReading(kindError, err)
	}
	f.status = x.status
	if x.method == http.MethodPost {
		return adapters.ReadingOf(kindError, adapters.AboutPayout, f.refusal())
	}
	r := adapters.ReadingOf(kindError, "", missing(f))
	r.Refused = "the question failed"
	return r
}
