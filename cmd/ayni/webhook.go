package main

import (
	"fmt"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/ops/webhook/listen"
)

func webhookCommand() *cobra.Command {
	c := group("webhook", "Try webhooks, which the API makes")
	c.AddCommand(webhookListenCommand())
	return c
}

func webhookListenCommand() *cobra.Command {
	var address string
	var places []string
	c := &cobra.Command{
		Use: "listen", Short: "Receive webhooks, verify them and print each on a line, until Ctrl-C", Args: cobra.NoArgs,
		Long: "Receive webhooks, verify them and print each on a line: its id and what came. What is not signed by one of the keys is refused.\n" +
			"A key is the public one of a webhook (whpk_…), or the place of its secret: file:PATH or env:NAME.",
		RunE: func(c *cobra.Command, _ []string) error {
			l := &listen.Listener{Out: c.OutOrStdout()}
			for _, place := range places {
				key := place
				if !strings.HasPrefix(place, "whpk_") {
					var secret settings.Secret
					err := secret.UnmarshalText([]byte(place))
					if err == nil {
						key, err = secret.Read()
					}
					if err != nil {
						return exit.As(exit.Usage, fmt.Errorf("--key: %w", err))
					}
				}
				l.Keys = append(l.Keys, key)
			}
			on, err := new(net.ListenConfig).Listen(c.Context(), "tcp", address)
			if err != nil {
				return fmt.Errorf("webhook: %w", err)
			}
			return l.Run(c.Context(), on)
		},
	}
	c.Flags().StringVar(&address, "addr", "127.0.0.1:8099", "HOST:PORT to listen at")
	c.Flags().StringSliceVar(&places, "key", nil, "a key to verify by; two while keys change")
	_ = c.MarkFlagRequired("key") // it was defined a line before
	return c
}
