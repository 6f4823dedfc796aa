package gsma

import (
	"context"
	"fmt"
	"net/http"

	"github.com/ayni-switch/ayni/adapters/strictjson"
)

// Service is how an operator says that it is.
type Service string

// The states of service. Degraded still takes requests.
const (
	Available   Service = "available"
	Degraded    Service = "degraded"
	Unavailable Service = "unavailable"
)

// Heartbeat asks the operator whether it is in service. A retry is safe.
func (r *Rail) Heartbeat(ctx context.Context) (Service, error) {
	got, err := r.client.get(ctx, pathHeartbeat)
	if err == nil && got.status != http.StatusOK {
		err = newFailure(got)
	}
	if err != nil {
		return "", fmt.Errorf("gsma: heartbeat: %w", err)
	}
	value, err := parse(got.body)
	var service Service
	if err == nil {
		service, err = readHeartbeat(value)
	}
	if err != nil {
		return "", fmt.Errorf("gsma: heartbeat: %w", err)
	}
	return service, nil
}

// readHeartbeat reads a heartbeat. Errors are *DecodeError.
func readHeartbeat(value strictjson.Value) (Service, error) {
	var status string
	if err := value.Fields(map[string]*string{"serviceStatus": &status}); err != nil {
		return "", malformed(err)
	}
	switch service := Service(status); service {
	case Available, Degraded, Unavailable:
		return service, nil
	}
	return "", &DecodeError{Fault: "a serviceStatus that is not listed"}
}
