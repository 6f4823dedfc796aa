package console

import (
	"fmt"
	"html/template"
	"strings"
)

// tones say how a state is to be taken; what is in none of them is plain. Beside its colour a badge has a sign and
// the word itself.
var tones = map[string]string{
	"paid": "good", "settled": "good", "up": "good", "applied": "good", "confirmed": "good", "approved": "good", "done": "good", "active": "good", "released": "good", "cosigned": "good", "verified": "good", "matched": "good", "current": "good", "delivered": "good",
	"queued": "calm", "received": "calm", "cleared": "calm", "open": "calm", "closed": "calm", "settling": "calm", "due": "calm", "funded": "calm", "pledged": "calm", "waiting": "calm", "return_pending": "calm", "asked": "calm", "running": "calm", "reserving": "calm",
	"held": "warn", "stopped": "warn", "late": "warn", "unknown": "warn", "slow": "warn", "degraded": "warn", "silent": "warn", "expiring": "warn", "returned": "warn", "undecided": "warn", "unheard": "warn", "unexplained": "warn", "lapsed": "warn", "paused": "warn",
	"revoked": "bad", "rejected": "bad", "refused": "bad", "expired": "bad", "failed": "bad", "down": "bad", "suspended": "bad", "exception": "bad", "split": "bad", "failing": "bad", "dropped": "bad",
	"answers": "good", "does not answer": "bad", "breaker closed": "good", "breaker half-open": "warn", "breaker open": "bad",
}

// words writes a token for people: "return_pending" is "return pending".
func words(token any) string { return strings.ReplaceAll(fmt.Sprint(token), "_", " ") }

// badge shows a state: by colour, sign and word.
func badge(state any) template.HTML {
	token := fmt.Sprint(state)
	return template.HTML(fmt.Sprintf(`<span class="badge %s">%s</span>`, //nolint:gosec // escaped
		tones[token], template.HTMLEscapeString(words(token))))
}
