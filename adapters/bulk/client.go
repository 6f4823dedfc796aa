package bulk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
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

// Send hands a file over. It is safe to repeat: the same bytes are the same file.
func (c Client) Send(ctx context.Context, path string) (f File, err error) {
	in, err := os.Open(path)
	if err != nil {
		return File{}, fmt.Errorf("bulk: %w", err)
	}
	err = c.ask(ctx, http.MethodPost, "", io.NopCloser(in), &f)
	return f, errors.Join(err, in.Close())
}

// Approve has a file paid. It is safe to repeat.
func (c Client) Approve(ctx context.Context, sha string) (f File, err error) {
	err = c.ask(ctx, http.MethodPut, "/"+sha+"/approval", nil, &f)
	return f, err
}

// File asks where a file is.
func (c Client) File(ctx context.Context, sha string) (f File, err error) {
	err = c.ask(ctx, http.MethodGet, "/"+sha, nil, &f)
	return f, err
}

// Results writes a file's results as they are now.
func (c Client) Results(ctx context.Context, sha string, w io.Writer) error {
	return c.call(ctx, http.MethodGet, "/"+sha+"/results", nil, func(body io.Reader) error {
		_, err := io.Copy(w, body)
		return err
	})
}

func (c Client) ask(ctx context.Context, method, path string, body io.Reader, into any) error {
	return c.call(ctx, method, path, body, func(body io.Reader) error {
		return json.UnmarshalRead(io.LimitReader(body, maxAnswer), into)
	})
}

func (c Client) call(ctx context.Context, method, path string, body io.Reader, read func(io.Reader) error) error {
	url := strings.TrimSuffix(c.URL, "/") + "/bulk" + path
	request, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return fmt.Errorf("bulk: %w", err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "text/csv")
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
