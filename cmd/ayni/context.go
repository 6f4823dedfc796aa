package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ayni-switch/ayni/ops/exit"
	"github.com/ayni-switch/ayni/ops/settings"
	"github.com/ayni-switch/ayni/ops/show"
)

// ofContext marks a flag that the environment or a context answers where the command line does not. Not every flag of
// a name is: what plays a day makes a database of its own, and never plays in the one that somebody works with.
const ofContext = "ayni_of_context"

// contextual marks flags, by the name of their setting.
func contextual(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		if err := flags.SetAnnotation(name, ofContext, []string{strings.ReplaceAll(name, "-", "_")}); err != nil {
			panic(err) // no such flag, written above
		}
	}
}

// contextFlag chooses a context for any command, and fills its marked flags before it is looked whether one is missing.
func contextFlag(root *cobra.Command) {
	var chosen string
	root.PersistentFlags().StringVar(&chosen, "context", "", "which context to take what is not said from (default: $AYNI_CONTEXT, else the current one)")
	if err := root.RegisterFlagCompletionFunc("context", completeContexts); err != nil {
		panic(err) // no such flag, written above
	}
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error { return fill(c, chosen) }
}

// fill gives marked flags what the environment or the context has. A URL can be named everywhere: file:PATH, env:NAME.
func fill(c *cobra.Command, chosen string) error {
	values := map[string]string{}
	read := false
	var faults []error
	c.Flags().VisitAll(func(f *pflag.Flag) {
		setting := f.Annotations[ofContext]
		if setting == nil {
			return
		}
		text, said := f.Value.String(), f.Changed
		if !said {
			text, said = os.LookupEnv("AYNI_" + strings.ToUpper(setting[0]))
		}
		if !said {
			if !read {
				var err error
				read = true
				if values, err = valuesOf(chosen); err != nil {
					faults = append(faults, err)
				}
			}
			text, said = values[setting[0]]
		}
		if !said {
			return
		}
		if strings.HasSuffix(setting[0], "_url") {
			var err error
			if text, err = settings.Address(text).Read(); err != nil {
				faults = append(faults, fmt.Errorf("--%s: %w", f.Name, err))
			}
		}
		faults = append(faults, c.Flags().Set(f.Name, text))
	})
	return errors.Join(faults...)
}

// valuesOf are the settings of the context that was chosen.
func valuesOf(chosen string) (map[string]string, error) {
	_, contexts, err := contextsFile()
	if err != nil {
		return nil, err
	}
	found, err := contexts.Get(cmp.Or(chosen, os.Getenv("AYNI_CONTEXT")))
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, v := range found.Values() {
		values[v.Name] = v.Text
	}
	return values, nil
}

func contextsFile() (string, *settings.Contexts, error) {
	file, err := settings.ContextsFile()
	if err != nil {
		return "", nil, err
	}
	contexts, err := settings.ReadContexts(file)
	return file, contexts, err
}

// changes makes a command that changes the file of contexts.
func changes(use, short string, args cobra.PositionalArgs, change func(c *cobra.Command, contexts *settings.Contexts, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args, ValidArgsFunction: completeContexts,
		RunE: func(c *cobra.Command, args []string) error {
			file, contexts, err := contextsFile()
			if err != nil {
				return err
			}
			if err := change(c, contexts, args); err != nil {
				return noContext(err)
			}
			return contexts.Write(file)
		},
	}
}

func noContext(err error) error {
	if errors.Is(err, settings.ErrNoContext) {
		return exit.As(exit.NotFound, err)
	}
	return exit.As(exit.Usage, err)
}

func contextCommand() *cobra.Command {
	c := group("context", "Name the switches that you work with, and choose one: where it is, and who you are there")
	c.AddCommand(contextListCommand(), contextShowCommand(), contextSetCommand(),
		changes("use NAME", "Take what is not said from this one from now on", cobra.ExactArgs(1), func(_ *cobra.Command, contexts *settings.Contexts, args []string) error {
			_, err := contexts.Get(args[0])
			contexts.Current = args[0]
			return err
		}),
		changes("remove NAME", "Forget one", cobra.ExactArgs(1), func(_ *cobra.Command, contexts *settings.Contexts, args []string) error {
			return contexts.Remove(args[0])
		}))
	return c
}

func contextSetCommand() *cobra.Command {
	c := changes("set NAME", "Make one, or change what is given of it; an empty value takes a setting away", cobra.ExactArgs(1),
		func(c *cobra.Command, contexts *settings.Contexts, args []string) error {
			return contexts.Set(args[0], givenFlags(c))
		})
	settingFlags(c, &settings.Context{})
	return c
}

// givenFlags are the flags that were given, by the names of their settings.
func givenFlags(c *cobra.Command) map[string]string {
	given := map[string]string{}
	c.Flags().Visit(func(f *pflag.Flag) { given[strings.ReplaceAll(f.Name, "-", "_")] = f.Value.String() })
	return given
}

func contextListCommand() *cobra.Command {
	var s shown
	c := &cobra.Command{
		Use: "list", Short: "List them", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, contexts, err := contextsFile()
			if err != nil {
				return err
			}
			return s.sheets(c, show.Rows("contexts", []show.Column[string]{
				{Name: "context", Value: func(name string) any { return name }},
				{Name: "current", Value: func(name string) any { return name == contexts.Current }},
				{Name: "database_url", Value: func(name string) any { return string(contexts.Named[name].DatabaseURL) }},
				{Name: "nats_url", Value: func(name string) any { return string(contexts.Named[name].NATSURL) }},
				{Name: "as", Value: func(name string) any { return contexts.Named[name].As }},
			}, contexts.Names()))
		},
	}
	s.register(c)
	return c
}

func contextShowCommand() *cobra.Command {
	var s shown
	c := &cobra.Command{
		Use: "show [NAME]", Short: "Show one, or the current one", Args: cobra.MaximumNArgs(1), ValidArgsFunction: completeContexts,
		RunE: func(c *cobra.Command, args []string) error {
			_, contexts, err := contextsFile()
			if err != nil {
				return err
			}
			found, err := contexts.Get(strings.Join(args, ""))
			if err != nil {
				return noContext(err)
			}
			return s.sheets(c, show.Rows("settings", []show.Column[settings.Value]{
				{Name: "setting", Value: func(v settings.Value) any { return v.Name }},
				{Name: "value", Value: func(v settings.Value) any { return v.Text }},
			}, found.Values()))
		},
	}
	s.register(c)
	return c
}

func completeContexts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	_, contexts, err := contextsFile()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return contexts.Names(), cobra.ShellCompDirectiveNoFileComp
}
