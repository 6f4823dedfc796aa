package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// StatusError is an answer of an export's server that is neither the file nor that there is none.
type StatusError struct {
	File   string
	Status int
}

// Error tells the file and the status.
func (e *StatusError) Error() string {
	return fmt.Sprintf("audit: mirror: %s: status %d", e.File, e.Status)
}

const (
	fetchTries   = 4
	fetchTimeout = time.Minute // of one try
	firstPause   = 100 * time.Millisecond
)

// get fetches a file of at most limit bytes, again after a pause where that may help.
func (m *Mirror) get(ctx context.Context, at place, limit int64) ([]byte, error) {
	for try, pause := 1, firstPause; ; try, pause = try+1, 4*pause {
		data, err := m.try(ctx, at, limit)
		if err == nil || try == fetchTries || !passing(err) {
			return data, err
		}
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return nil, errors.Join(ctx.Err(), err)
		}
	}
}

// passing tells whether another try may do better: the server is overloaded or unwell, or cannot be reached.
func passing(err error) bool {
	if _, found := errors.AsType[*Finding](err); found {
		return false
	}
	status, answered := errors.AsType[*StatusError](err)
	return !answered || status.Status == http.StatusTooManyRequests || status.Status >= http.StatusInternalServerError
}

func (m *Mirror) try(ctx context.Context, at place, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.Base+"/"+at.name(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("audit: mirror: %w", err)
	}
	response, err := m.Client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("audit: mirror: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return nil, at.find(Missing, "")
	default:
		return nil, &StatusError{File: at.name(), Status: response.StatusCode}
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, fmt.Errorf("audit: mirror: %s: %w", at.name(), err)
	}
	if int64(len(data)) > limit {
		return nil, at.find(Oversize, "has more than %d bytes", limit)
	}
	return data, nil
}
