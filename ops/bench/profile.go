package bench

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// profileSample is where processor time went: the functions, innermost first, and the goroutine's labels.
type profileSample struct {
	stack  []string
	labels map[string]string
	cpu    time.Duration
}

// profile is a CPU profile as runtime/pprof writes it: profile.proto of github.com/google/pprof, compressed. Only the
// fields that are asked for here are read.
type profile struct {
	texts     []string
	functions map[uint64]uint64   // id → name, as a number of texts
	locations map[uint64][]uint64 // id → functions, innermost first
}

var errProfile = errors.New("not a profile")

// readProfile lists a profile's samples.
func readProfile(compressed []byte) (samples []profileSample, err error) {
	zipped, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(zipped)
	if err != nil {
		return nil, err
	}
	p := profile{functions: map[uint64]uint64{}, locations: map[uint64][]uint64{}}
	var raw [][]byte // read at the end: what they name stands behind them
	err = fields(text, func(number, _ uint64, body []byte) error {
		switch number {
		case 2:
			raw = append(raw, body)
		case 4:
			return p.location(body)
		case 5:
			head, err := numbers(body)
			p.functions[head[1]] = head[2]
			return err
		case 6:
			p.texts = append(p.texts, string(body))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, body := range raw {
		s, err := p.sample(body)
		if err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	return samples, nil
}

func (p *profile) location(body []byte) error {
	head, err := numbers(body)
	if err != nil {
		return err
	}
	return fields(body, func(number, _ uint64, line []byte) error {
		if number != 4 {
			return nil
		}
		of, err := numbers(line)
		p.locations[head[1]] = append(p.locations[head[1]], of[1])
		return err
	})
}

func (p *profile) sample(body []byte) (profileSample, error) {
	s := profileSample{labels: map[string]string{}}
	var locations, values []uint64
	err := fields(body, func(number, value uint64, body []byte) (err error) {
		switch number {
		case 1:
			locations, err = repeated(locations, value, body)
		case 2:
			values, err = repeated(values, value, body)
		case 3:
			var label [3]uint64
			label, err = numbers(body)
			s.labels[p.text(label[1])] = p.text(label[2])
		}
		return err
	})
	if err != nil || len(values) != 2 { // how often, and for how many nanoseconds
		return s, errors.Join(errProfile, err)
	}
	s.cpu = time.Duration(values[1])
	for _, l := range locations {
		for _, f := range p.locations[l] {
			s.stack = append(s.stack, p.text(p.functions[f]))
		}
	}
	return s, nil
}

func (p *profile) text(at uint64) string {
	if at < uint64(len(p.texts)) {
		return p.texts[at]
	}
	return ""
}

// numbers are a message's fields 1 and 2, where they are numbers.
func numbers(body []byte) (n [3]uint64, err error) {
	err = fields(body, func(number, v uint64, _ []byte) error {
		if number < uint64(len(n)) {
			n[number] = v
		}
		return nil
	})
	return n, err
}

// fields visits the fields of a protocol buffer's message: value of numbers, body of the rest.
func fields(text []byte, visit func(number, value uint64, body []byte) error) error {
	for len(text) > 0 {
		tag, n := binary.Uvarint(text)
		if n <= 0 {
			return errProfile
		}
		text = text[n:]
		value, n := binary.Uvarint(text)
		if n <= 0 {
			return errProfile
		}
		text = text[n:]
		var body []byte
		switch tag & 7 {
		case 0:
		case 2:
			if value > uint64(len(text)) {
				return errProfile
			}
			body, text = text[:value], text[value:]
		default:
			return fmt.Errorf("%w: a field of type %d", errProfile, tag&7)
		}
		if err := visit(tag>>3, value, body); err != nil {
			return err
		}
	}
	return nil
}

// repeated adds to a field's numbers: one, or those that stand packed in body.
func repeated(to []uint64, value uint64, body []byte) ([]uint64, error) {
	if body == nil {
		return append(to, value), nil
	}
	for len(body) > 0 {
		value, n := binary.Uvarint(body)
		if n <= 0 {
			return nil, errProfile
		}
		to, body = append(to, value), body[n:]
	}
	return to, nil
}
