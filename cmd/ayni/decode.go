package main

import (
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/ayni-switch/ayni/adapters"
	"github.com/ayni-switch/ayni/adapters/rails"
	"github.com/ayni-switch/ayni/ops/exit"
)

// maxPayloadBytes bounds a recorded payload; rails take less.
const maxPayloadBytes = 8 << 20

// errNoEvidence ends decode where something is no evidence of a final state. What it is was printed.
var errNoEvidence = exit.Finding("not everything is evidence of a final state")

func adapterDecodeCommand() *cobra.Command {
	var rail, kind, currency, trust string
	var s shown
	c := &cobra.Command{
		Use:   "decode --rail RAIL FILE…",
		Short: "Say what an adapter makes of recorded payloads, or why it refuses them",
		Long: `Say what an adapter makes of recorded payloads, or why it refuses them: one line a file, or one JSON object.

It ends with 0 only if every file is evidence of a final state: money that moved, or that did not and will not. Evidence
that the rail is asked about before it counts, such as a callback about a failure, is evidence, and says so. What an
adapter asks, and what only says that something is on its way, is none.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			plug, err := railArgument(rail)
			if err != nil {
				return err
			}
			payload := adapters.Payload{Kind: kind}
			if kind != "" && !slices.Contains(plug.Kinds, kind) {
				return fmt.Errorf("%s has no payload %q; there are %s", rail, kind, strings.Join(plug.Kinds, ", "))
			}
			if currency != "" {
				if err := payload.Currency.UnmarshalText([]byte(currency)); err != nil {
					return err
				}
			}
			if trust != "" {
				if payload.Trust, err = readCertificate(trust); err != nil {
					return err
				}
			}
			asJSON, err := s.asJSON()
			if err != nil {
				return err
			}
			counted := true
			for _, file := range files {
				if payload.Body, err = readFile(file, maxPayloadBytes); err != nil {
					return err
				}
				reading := plug.Decode(payload)
				counted = counted && reading.Counts()
				if err := printReading(c.OutOrStdout(), file, rail, reading, asJSON); err != nil {
					return err
				}
			}
			if !counted {
				return errNoEvidence
			}
			return nil
		},
	}
	c.Flags().StringVar(&rail, "rail", "", "whose payload it is:\n"+listOfRails())
	c.Flags().StringVar(&kind, "kind", "", "what payload it is, where the content does not tell")
	c.Flags().StringVar(&currency, "currency", "", "where neither the payload nor the rail says it")
	c.Flags().StringVar(&trust, "trust", "", "certificate (PEM) that a signature has to be of (default: a signature is looked at and not required)")
	s.register(c)
	complete(c, "rail", rails.Names()...)
	demand(c, "rail")
	return c
}

func readCertificate(path string) (*x509.Certificate, error) {
	text, err := readFile(path, maxConfigBytes)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("%s holds no certificate in PEM", path)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return certificate, nil
}

// printReading prints a reading as a line, and its parts below it, or as a JSON object.
func printReading(out io.Writer, file, rail string, r adapters.Reading, asJSON bool) error {
	if asJSON {
		line, err := json.Marshal(struct {
			File   string `json:"file"`
			Rail   string `json:"rail"`
			Counts bool   `json:"evidence"`
			adapters.Reading
		}{file, rail, r.Counts(), r}, json.Deterministic(true))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s\n", line)
		return err
	}
	if _, err := fmt.Fprintf(out, "%s: %s\n", file, plainReading(r)); err != nil {
		return err
	}
	for i, part := range r.Parts {
		if _, err := fmt.Fprintf(out, "  %d %s\n", i+1, plainReading(part)); err != nil {
			return err
		}
	}
	return nil
}

// plainReading is a reading in one line for people. What a rail wrote is quoted: it can hold anything.
func plainReading(r adapters.Reading) string {
	words := []string{cmp.Or(r.Kind, "?") + ":"}
	add := func(format string, value string) {
		if value != "" {
			words = append(words, fmt.Sprintf(format, value))
		}
	}
	if r.State == "" && r.Refused == "" {
		words = append(words, "says nothing of an end")
	}
	add("%s", string(r.State))
	add("%s", string(r.About))
	if r.Amount != nil {
		add("%s", r.Amount.Amount+" "+r.Amount.Currency)
	}
	add("account %q", r.Account)
	for _, name := range slices.Sorted(maps.Keys(r.IDs)) {
		add(name+" %q", r.IDs[name])
	}
	add("code %q", r.Code)
	add("reason %s", r.Reason)
	add("text %q", r.Text)
	add("signature %s", r.Signature)
	add("(asked about first: %s)", r.Confirm)
	add("refused: %s", r.Refused)
	return strings.Join(words, " ")
}
