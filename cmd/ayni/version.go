package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is what the build was told, as `make release` does; "" has the build information say it.
var version string

func versionCommand() *cobra.Command {
	var modules bool
	c := &cobra.Command{
		Use: "version", Short: "Print what this program was built of", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				info = &debug.BuildInfo{}
			}
			said := version
			if said == "" {
				said = info.Main.Version
			}
			out := c.OutOrStdout()
			if _, err := fmt.Fprintf(out, "ayni %s %s/%s %s\n", said, runtime.GOOS, runtime.GOARCH, runtime.Version()); err != nil || !modules {
				return err
			}
			_, err := fmt.Fprint(out, info)
			return err
		},
	}
	c.Flags().BoolVar(&modules, "modules", false, "with every module and its hash, and how it was built")
	return c
}
