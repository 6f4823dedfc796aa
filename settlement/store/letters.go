package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ayni-switch/ayni/settlement/ledger"
)

func writeLetters(w *wire, b *ledger.Batch) {
	copyIn(w, "letter_replay", "command, batch, participant, sequence, place, asker, reason, fault, detail, transfers, first_transfer",
		b.LetterReplays, func(r *row, l ledger.LetterReplay) {
			r.bigint(l.Command)
			r.bigint(b.ID)
			r.integer(l.Participant)
			r.bigint(signed(l.Sequence))
			r.integer(l.Place)
			r.text(l.Asker)
			r.text(l.Reason)
			r.text(string(l.Fault))
			r.text(l.Detail)
			r.integer(l.Transfers)
			r.reference(int64(l.First))
		})
	copyIn(w, "key_rotation", "command, batch, participant, signing_key", b.Rotations, func(r *row, k ledger.KeyRotation) {
		r.bigint(k.Command)
		r.bigint(b.ID)
		r.integer(k.Participant)
		r.text(k.SigningKey)
	})
	for _, k := range b.Rotations { // by number from the table, so that no key stands in a statement
		w.run(fmt.Sprintf(`UPDATE ledger.participant SET signing_key = k.signing_key FROM ledger.key_rotation k
			WHERE k.command = %d AND participant.id = k.participant`, k.Command))
	}
}

// Letters looks up dead letters. Those that there are not are absent from the answer. Isolation is as with
// Intents.
func (l *Ledger) Letters(ctx context.Context, keys []ledger.LetterKey) (map[ledger.LetterKey]ledger.Letter, error) {
	letters := make(map[ledger.LetterKey]ledger.Letter, len(keys))
	if len(keys) == 0 {
		return letters, nil
	}
	participants, sequences, places := make([]int32, len(keys)), make([]int64, len(keys)), make([]int32, len(keys))
	for i, k := range keys {
		participants[i], sequences[i], places[i] = k.Participant, signed(k.Sequence), k.Place
	}
	err := each(ctx, l.pool, `SELECT d.participant, d.sequence, d.place, e.kind, e.received_at, e.payload, e.closed, e.signature, e.hash,
		       EXISTS (SELECT FROM ledger.letter_replay r WHERE r.fault = '' AND r.participant = d.participant
		               AND r.sequence = d.sequence AND r.place = d.place)
		FROM unnest($1::integer[], $2::bigint[], $3::integer[]) AS asked (participant, sequence, place)
		JOIN ledger.dead_letter d ON d.participant = asked.participant AND d.sequence = asked.sequence AND d.place = asked.place
		JOIN ledger.envelope e ON e.participant = d.participant AND e.sequence = d.sequence`,
		func(row pgx.Rows) error {
			var key ledger.LetterKey
			var v ledger.Letter
			var hash, signature []byte
			if err := row.Scan(&key.Participant, &key.Sequence, &key.Place, &v.Kind, &v.ReceivedAt, &v.Payload, &v.Closed, &signature, &hash,
				&v.Replayed); err != nil {
				return err
			}
			v.Participant, v.Sequence, v.Signature = key.Participant, key.Sequence, string(signature)
			v.ReceivedAt = v.ReceivedAt.UTC()
			copy(v.Hash[:], hash)
			letters[key] = v
			return nil
		}, participants, sequences, places)
	if err != nil {
		return nil, fmt.Errorf("ledger: look up dead letters: %w", err)
	}
	return letters, nil
}

// ListLetters reads at most limit dead letters, the newest first. It does not read their messages: an auditor
// may list them.
func (l *Ledger) ListLetters(ctx context.Context, limit int) ([]ledger.ListedLetter, error) {
	rows, err := l.pool.Query(ctx, `SELECT p.name, d.sequence, d.place, b.decided_at, d.fault, d.detail,
		       coalesce(e.kept, ''), coalesce(r.replays, 0), coalesce(r.replayed, false)
		FROM (SELECT * FROM ledger.dead_letter ORDER BY batch DESC, participant, sequence, place LIMIT $1) d
		JOIN ledger.participant p ON p.id = d.participant
		JOIN ledger.batch b ON b.id = d.batch
		LEFT JOIN LATERAL (SELECT 'ledger.envelope' || CASE WHEN v.decided_at < '1970-02-01' THEN '_first'
			ELSE to_char(v.decided_at AT TIME ZONE 'UTC', '_YYYY_MM') END AS kept FROM ledger.envelope v
			WHERE v.participant = d.participant AND v.sequence = d.sequence) e ON true
		LEFT JOIN LATERAL (SELECT count(*) AS replays, bool_or(r.fault = '') AS replayed FROM ledger.letter_replay r
			WHERE r.participant = d.participant AND r.sequence = d.sequence AND r.place = d.place) r ON true
		ORDER BY d.batch DESC, d.participant, d.sequence, d.place`, limit)
	if err != nil {
		return nil, fmt.Errorf("ledger: dead letters: %w", err)
	}
	letters, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ledger.ListedLetter])
	if err != nil {
		return nil, fmt.Errorf("ledger: dead letters: %w", err)
	}
	return letters, nil
}

// LetterReplay tells what became of a dead letter that a command had taken in again; found is false where the
// command named none, or was not carried out yet.
func (l *Ledger) LetterReplay(ctx context.Context, command int64) (replay ledger.LetterReplay, found bool, err error) {
	err = l.pool.QueryRow(ctx, `SELECT command, participant, sequence, place, asker, reason, fault, detail, transfers, coalesce(first_transfer, 0)
		FROM ledger.letter_replay WHERE command = $1`, command).Scan(&replay.Command, &replay.Participant, &replay.Sequence, &replay.Place,
		&replay.Asker, &replay.Reason, &replay.Fault, &replay.Detail, &replay.Transfers, &replay.First)
	if errors.Is(err, pgx.ErrNoRows) {
		return replay, false, nil
	}
	if err != nil {
		return replay, false, fmt.Errorf("ledger: replay of a dead letter by command %d: %w", command, err)
	}
	return replay, true, nil
}

// checkLetters holds every replay of a dead letter against the letter, the command that asked for it, and the
// transfers that came of it.
func (h horizon) checkLetters(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "letters_replayed_once", `
		SELECT count(*) FILTER (WHERE d.batch IS NULL OR d.batch >= r.batch OR c.kind IS DISTINCT FROM 'replay_letter' OR res.batch IS DISTINCT FROM r.batch
		           OR (res.fault = '') <> (r.fault = '') OR r.batch >= $1 AND r.transfers <> (SELECT count(*) FROM ledger.transfer t
		               WHERE t.batch = r.batch AND t.id >= r.first_transfer AND t.id < r.first_transfer + r.transfers AND t.return_of IS NULL
		                 AND t.debtor = r.participant AND t.envelope_sequence = r.sequence AND r.place IN (-1, t.envelope_place))), count(*)
		FROM ledger.letter_replay r
		LEFT JOIN ledger.dead_letter d ON d.participant = r.participant AND d.sequence = r.sequence AND d.place = r.place
		LEFT JOIN ledger.command c ON c.id = r.command
		LEFT JOIN ledger.command_result res ON res.command = r.command`,
		"times that a dead letter was taken in again: %d, each as a command asked for", "%d of %d replays of dead letters are not what a command asked for", h.batch)
}

// checkKeys holds every participant's signing key against the commands that gave it.
func checkKeys(ctx context.Context, tx pgx.Tx) (ledger.Finding, error) {
	return counted(ctx, tx, "keys_were_given", `
		WITH given AS (
			SELECT c.id, convert_from(c.body, 'UTF8')::jsonb AS body, c.kind FROM ledger.command c
			JOIN ledger.command_result r ON r.command = c.id AND r.fault = '' WHERE c.kind IN ('add_participant', 'rotate_key')
		), newest AS (
			SELECT DISTINCT ON (name) coalesce(body->>'name', body->>'participant') AS name, coalesce(body->>'signing_key', '') AS signing_key
			FROM given ORDER BY name, id DESC
		)
		SELECT count(*) FILTER (WHERE n.signing_key IS DISTINCT FROM p.signing_key)
		     + (SELECT count(*) FROM given g FULL JOIN ledger.key_rotation k ON k.command = g.id
		            WHERE coalesce(g.kind, 'rotate_key') = 'rotate_key' AND g.body->>'signing_key' IS DISTINCT FROM k.signing_key), count(*)
		FROM ledger.participant p LEFT JOIN newest n ON n.name = p.name`,
		"%d participants, each with the signing key that a command gave it last", "%d of %d participants have a signing key that no command gave")
}
