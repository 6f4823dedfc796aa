package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json"
)

// maxAnswer bounds what a desk may answer but for results.
const maxAnswer = 1 << 20

// Client speaks to a desk's Handler.
type Client struct{ URL string } // of the adapter, without /bulk

// ProblemError is a refusal by the desk, by its stable kind.
type ProblemError struct {
	Status int    `json:"status"`
	Type   string `json:"type"`
	Detail string `json:"detail"`
}

func (e *ProblemError) Error() string {
	return fmt.Sprintf("bulk: refused: %s: %s", strings.TrimPrefix(e.Type, "urn:ayni:problem:"), e.Detail)
}

// Send hands a file over, or a payment order where its name ends in .xml. It is safe to repeat: the same bytes are the
// same file.
func (c Client) Send(ctx context.Context, path string) (f File, err error) {
	in, err := os.Open(path)
	if err != nil {
		return File{}, fmt.Errorf("bulk: %w", err)
	}
	kind := typeCSV
	if strings.EqualFold(filepath.Ext(path), ".xml") {
		kind = typeXML
	}
	err = c.call(ctx, http.MethodPost, "", sent{kind, io.NopCloser(in)}, func(body io.Reader) error {
		return json.UnmarshalRead(io.LimitReader(body, maxAnswer), &f)
	})
	return f, errors.Join(err, in.Close())
}

// Approve has a file paid. It is safe to repeat.
func (c Client) Approve(ctx context.Context, sha string) (f File, err error) {
	err = c.ask(ctx, http.MethodPut, "/"+sha+"/approval", &f)
	return f, err
}

// File asks where a file is.
func (c Client) File(ctx context.Context, sha string) (f File, err error) {
	err = c.ask(ctx, http.MethodGet, "/"+sha, &f)
	return f, err
}

// Results writes a file's results as they are now.
func (c Client) Results(ctx context.Context, sha string, w io.Writer) error {
	return c.call(ctx, http.MethodGet, "/"+sha+"/results", sent{}, func(body io.Reader) error {
		_, err := io.Copy(w, body)
		return err
	})
}

// sent is what a request brings.
type sent struct {
	kind string
	body io.Reader // nil for nothing
}

func (c Client) ask(ctx context.Context, method, path string, into any) error {
	return c.call(ctx, method, path, sent{}, func(body io.Reader) error {
		return json.UnmarshalRead(io.LimitReader(body, maxAnswer), into)
	})
}

func (c Client) call(ctx context.Context, method, path string, s sent, read func(io.Reader) error) error {
	url := strings.TrimSuffix(c.URL, "/") + "/bulk" + path
	request, err := http.NewRequestWithContext(ctx, method, url, s.body)
	if err != nil {
		return fmt.Errorf("bulk: %w", err)
	}
	if s.body != nil {
		request.Header.Set("Content-Type", s.kind)
		request.Header.Set("Accept", typeJSON)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("bulk: ask the adapter (safe to repeat): %w", err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		problem := &ProblemError{Status: response.StatusCode}
		err = json.UnmarshalRead(io.LimitReader(response.Body, maxAnswer), problem)
		if err == nil {
			err = problem
		} else {
			err = fmt.Errorf("bulk: the adapter answers %s", response.Status)
		}
	} else if err = read(response.Body); err != nil {
		err = fmt.Errorf("bulk: the adapter's answer (safe to repeat): %w", err)
	}
	return errors.Join(err, response.Body.Close())
}
