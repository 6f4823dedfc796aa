package store

import "github.com/ayni-switch/ayni/settlement/ledger"

// inspectTraces holds what came in and went out against its numbering: nothing was dropped.
func inspectTraces(from horizon) inspection {
	var c count
	gapless := func(name, table, key string, after int64) piece {
		return c.query(name, `SELECT count(*) FILTER (WHERE first <> $1::bigint + 1 OR kept <> last - $1::bigint), 0
			FROM (SELECT count(*) AS kept, min(`+key+`) AS first, max(`+key+`) AS last FROM ledger.`+table+`) numbered`, after)
	}
	return inspection{
		pieces: []piece{
			c.query("messages", `SELECT count(*) FILTER (WHERE coalesce(e.first, d.sequence + 1) IS DISTINCT FROM coalesce(d.sequence, 0) + 1
			                                          OR coalesce(e.kept, 0) IS DISTINCT FROM p.sequence - coalesce(d.sequence, 0)
			                                          OR coalesce(e.last, d.sequence) IS DISTINCT FROM p.sequence), coalesce(sum(e.kept), 0)::bigint
				FROM (SELECT participant, count(*) AS kept, min(sequence) AS first, max(sequence) AS last
				      FROM ledger.envelope GROUP BY participant) e
				FULL JOIN ledger.stream_position p ON p.participant = e.participant
				LEFT JOIN (SELECT participant, max(sequence) AS sequence FROM ledger.detached_stream GROUP BY participant) d
					ON d.participant = p.participant`),
			gapless("outbox", "outbox", "id", from.outbox), gapless("commands", "command_result", "command", 0), gapless("batches", "batch", "id", 0),
		},
		tell: func() ledger.Finding {
			return c.finding("nothing_lost", "%d messages kept as they came, up to where each stream was read; outbox and batches without a gap",
				"%d gaps beside %d messages")
		},
	}
}

// inspectClearing holds what each batch reached between what first-in-first-out reaches and what can be
// reached, and against what the log says of it. Where returns came first, value may have had to wait for
// them that first-in-first-out would not have kept waiting.
func inspectClearing(all []section) inspection {
	var c count
	var i inspection
	for _, s := range all {
		i.pieces = append(i.pieces, c.query("clearing", `
			SELECT count(*) FILTER (WHERE greatest(b.reached, b.fifo) > b.bound OR (b.reached < b.fifo AND b.returns = 0) OR e.clearing IS NULL
			           OR (e.clearing->>'reached', e.clearing->>'bound', e.clearing->>'fifo', e.clearing->>'iterations', e.clearing->>'coarser',
			               e.clearing->>'returns')
			              IS DISTINCT FROM (b.reached::text, b.bound::text, b.fifo::text, b.iterations::text, b.coarser::text, b.returns::text)
			           OR (e.clearing->>'tier', e.clearing->>'numeraire') IS DISTINCT FROM (b.tier, b.numeraire)), count(*)
			FROM ledger.batch b
			LEFT JOIN LATERAL (SELECT convert_from(l.body, 'UTF8')::jsonb->'clearing' AS clearing FROM ledger.log_entry l
				WHERE l.index = b.log_index AND l.kind = 'batch') e ON true
			WHERE b.tier <> '' AND b.id BETWEEN $1 AND $2`, s.batches()...))
	}
	i.tell = func() ledger.Finding {
		return c.finding("clearing_within_bound",
			"%d batches that had to choose: none reached more than its bound or, but for returns going first, less than first-in-first-out",
			"%d of %d batches reached more than their bound, less than first-in-first-out, or not what the log says")
	}
	return i
}
