package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// readyWithin bounds the question whether a program serves.
const readyWithin = 4 * time.Second

// readyAgain is after how long it is asked again.
const readyAgain = time.Second

func readyCommand() *cobra.Command {
	var url string
	var patience time.Duration
	c := &cobra.Command{
		Use: "ready", Short: "Ask a switch that runs whether it serves, for a container's health check: exit 0 if so", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			ctx, cancel := context.WithTimeout(c.Context(), patience)
			defer cancel()
			for {
				if err = isReady(c.Context(), url); err == nil || ctx.Err() != nil {
					return err
				}
				select {
				case <-time.After(readyAgain):
				case <-ctx.Done():
					return err
				}
			}
		},
	}
	c.Flags().DurationVar(&patience, "wait", 0, "ask again for so long until it does, as in 2m")
	c.Flags().StringVar(&url, "url", os.Getenv("AYNI_READY"), "where it says so, as in http://127.0.0.1:8080/readyz (default: $AYNI_READY)")
	return c
}

// isReady fails unless a switch says that it serves.
func isReady(ctx context.Context, url string) (err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("ready: %w", err)
	}
	response, err := (&http.Client{Timeout: readyWithin}).Do(request)
	if err != nil {
		return fmt.Errorf("ready: %w", err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ready: %s", response.Status)
	}
	return nil
}
