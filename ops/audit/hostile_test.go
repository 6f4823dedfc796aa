package audit_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	opsaudit "github.com/ayni-switch/ayni/ops/audit"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// Whatever a hostile operator signs: a difference or an error, soon, and never a panic.
func TestHostileExportsAreRefused(t *testing.T) {
	d := theDay(t)
	batch := d.whole.batches(func(e object) bool { return e["inputs"] != nil })[0]
	deep := strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20)
	wide := `{"screened":[` + strings.Repeat("{},", 1<<20) + "{}]}"
	for name, forge := range map[string]func(h *history) map[string]string{
		"nothing at all": func(*history) map[string]string { return map[string]string{"": ""} },
		"a deep record": func(h *history) map[string]string {
			e := h.entry(batch)
			e["record"] = h.blob([]byte(deep))
			h.set(batch, e)
			return nil
		},
		"a wide record": func(h *history) map[string]string {
			e := h.entry(batch)
			e["record"] = h.blob([]byte(wide))
			h.set(batch, e)
			return nil
		},
		"a huge record": func(h *history) map[string]string {
			e := h.entry(batch)
			e["record"] = h.blob(append(bytes.Repeat([]byte(" "), 64<<20), "{}"...))
			h.set(batch, e)
			return nil
		},
		"deep inputs": func(h *history) map[string]string {
			e := h.entry(batch)
			e["inputs"] = h.blob([]byte(deep + "\n"))
			h.set(batch, e)
			return nil
		},
		"inputs without an end": func(h *history) map[string]string {
			e := h.entry(batch)
			e["inputs"] = h.blob(make([]byte, 8<<20))
			h.set(batch, e)
			return nil
		},
		"a million steps": func(h *history) map[string]string {
			e := h.entry(batch)
			e["steps"].(object)["count"] = "1000000"
			h.set(batch, e)
			return nil
		},
		"steps beyond counting": func(h *history) map[string]string {
			e := h.entry(batch)
			e["steps"].(object)["count"] = "9223372036854775807"
			h.set(batch, e)
			return nil
		},
		"steps below none": func(h *history) map[string]string {
			e := h.entry(batch)
			e["steps"].(object)["count"] = "-1"
			h.set(batch, e)
			return nil
		},
		"steps of no kind": func(h *history) map[string]string { e := h.entry(batch); e["steps"] = "x"; h.set(batch, e); return nil },
		"names that are none": func(h *history) map[string]string {
			e := h.entry(batch)
			e["record"] = "../../etc/passwd"
			h.set(batch, e)
			return nil
		},
		"entries of no kind": func(h *history) map[string]string { h.entries[0] = []byte(`[]`); return nil },
		"only commands":      func(h *history) map[string]string { h.entries = h.entries[1:2]; return nil },
		"a log of 2^62": func(*history) map[string]string {
			signed, _ := audit.Checkpoint{Origin: audit.Origin(d.signer.Name()), Size: 1 << 62}.Sign(d.signer)
			return map[string]string{"checkpoint": signed}
		},
		"an empty log": func(*history) map[string]string {
			signed, _ := audit.Checkpoint{Origin: audit.Origin(d.signer.Name())}.Sign(d.signer)
			return map[string]string{"checkpoint": signed}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := d.whole.clone()
			instead := forge(h)
			files, err := h.files()
			require.NoError(t, err)
			if _, nothing := instead[""]; nothing {
				files, instead = nil, nil
			}
			for file, text := range instead {
				files[file] = []byte(text)
			}
			dir := t.TempDir()
			require.NoError(t, (&stage{dir: dir}).show(files))
			began := time.Now()
			report, err := opsaudit.Verify(t.Context(), opsaudit.Config{Dir: dir, Key: d.key})
			require.True(t, err != nil || !report.OK(), "%s", report)
			require.Less(t, time.Since(began), 20*time.Second)
			t.Log(report, err)
		})
	}
	report, err := opsaudit.Verify(t.Context(), opsaudit.Config{Dir: filepath.Join(t.TempDir(), "nowhere")})
	require.True(t, err != nil || !report.OK(), "there is no such folder")
	locked := filepath.Join(t.TempDir(), "locked")
	require.NoError(t, os.Mkdir(locked, 0))
	report, err = opsaudit.Verify(t.Context(), opsaudit.Config{Dir: locked})
	require.True(t, err != nil || !report.OK())
}
