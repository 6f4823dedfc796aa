package iso20022

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/ayni-switch/ayni/messaging/iso20022"
	"github.com/ayni-switch/ayni/messaging/iso20022/schema"
)

const (
	maxCheckedBytes = 4 << 30  // read piece by piece
	maxTreeBytes    = 64 << 20 // read whole
)

// ErrRefused ends a call in which not every file was as it should be.
var ErrRefused = errors.New("not every file was accepted")

// unreadable is the fault of a file that could not be read.
const unreadable schema.Fault = "unreadable"

// verdict is what was found of one file.
type verdict struct {
	File     string       `json:"file"`
	Message  string       `json:"message,omitzero"` // "pacs.008", empty where it is not known
	Version  string       `json:"version,omitzero"` // "001.08"
	Accepted bool         `json:"accepted"`
	Reason   string       `json:"reason,omitzero"` // ISO 20022 external status reason
	Fault    schema.Fault `json:"fault,omitzero"`
	Path     string       `json:"path,omitzero"` // of the first fault
	Detail   string       `json:"detail,omitzero"`
}

// Check says of each file whether the published schema of its message allows it and its figures are sound, on a line or
// as a JSON object each.
// A file of any size is read in little memory. The error is ErrRefused unless all are accepted.
func Check(out io.Writer, files []string, asJSON bool) error {
	return each(out, files, asJSON, check)
}

// RoundTrip reads each file, writes it, reads that, and says whether both are the same.
func RoundTrip(out io.Writer, files []string, asJSON bool) error {
	return each(out, files, asJSON, roundTrip)
}

func each(out io.Writer, files []string, asJSON bool, judge func(file string) (message string, err error)) error {
	var refused error
	for _, file := range files {
		v := verdict{File: file}
		message, err := judge(file)
		v.of(message)
		v.fault(err)
		if !v.Accepted {
			refused = ErrRefused
		}
		if err := v.print(out, asJSON); err != nil {
			return err
		}
	}
	return refused
}

func check(file string) (message string, err error) {
	in, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	return iso20022.Check(in, maxCheckedBytes)
}

// errDiffers would be a defect of package schema.
var errDiffers = errors.New("what was written is not what was read")

func roundTrip(file string) (message string, err error) {
	data, err := readFile(file)
	if err != nil {
		return "", err
	}
	d, err := schema.Parse(data, maxTreeBytes)
	if err != nil {
		return "", err
	}
	out, err := d.Marshal()
	if err != nil {
		return d.Message, err
	}
	again, err := schema.Parse(out, 2*maxTreeBytes)
	if err != nil {
		return d.Message, err
	}
	if !again.Equal(d) {
		return d.Message, errDiffers
	}
	return d.Message, nil
}

// readFile reads no more than is allowed, and one byte by which that shows.
func readFile(file string) (data []byte, err error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	return io.ReadAll(io.LimitReader(in, maxTreeBytes+1))
}

func (v *verdict) of(message string) {
	if parts := strings.SplitN(message, ".", 3); len(parts) == 3 {
		v.Message, v.Version = parts[0]+"."+parts[1], parts[2]
	}
}

func (v *verdict) fault(err error) {
	var wrong *schema.Error
	switch {
	case err == nil:
		v.Accepted = true
	case errors.As(err, &wrong):
		v.of(wrong.Message)
		v.Reason, v.Fault, v.Path, v.Detail = wrong.Reason, wrong.Fault, wrong.Path, wrong.Detail
	default:
		v.Fault, v.Detail = unreadable, err.Error()
	}
}

func (v *verdict) print(out io.Writer, asJSON bool) error {
	if asJSON {
		line, err := json.Marshal(v)
		if err == nil {
			_, err = fmt.Fprintf(out, "%s\n", line)
		}
		return err
	}
	words := []string{v.File + ":", "accepted"}
	if !v.Accepted {
		words[1] = "refused"
	}
	if v.Message != "" {
		words = append(words, v.Message+"."+v.Version)
	}
	if !v.Accepted {
		if v.Reason != "" {
			words = append(words, v.Reason)
		}
		words = append(words, string(v.Fault))
		if v.Path != "" {
			words = append(words, "at", v.Path)
		}
		words[len(words)-1] += ":"
		words = append(words, v.Detail)
	}
	_, err := fmt.Fprintln(out, strings.Join(words, " "))
	return err
}
