package diary_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"github.com/ayni-switch/ayni/adapters/pool/diary"
	"github.com/ayni-switch/ayni/settlement/audit"
)

// The log's tree is that of settlement/audit, and each checkpoint commits to what was taken by then.
func TestCheckpointsAreOfTheTree(t *testing.T) {
	s := newSample(t)
	var tree audit.Tree
	require.Empty(t, s.Checkpoint())
	for i := range int64(70) {
		d, err := s.Draft([]diary.Line{says(t, "decisions", "anything")})
		require.NoError(t, err)
		require.Equal(t, i, s.Size(), "a draft is not in the log")
		again, err := s.Draft([]diary.Line{says(t, "decisions", "anything")})
		require.NoError(t, err)
		require.Equal(t, d, again, "the same lines give the same bytes")
		require.NoError(t, s.Take(d))
		require.Error(t, s.Take(again), "once")
		tree.Append(audit.Leaf(d.Entry))
		c, err := audit.OpenCheckpoint(s.Checkpoint(), s.verifier(t))
		require.NoError(t, err)
		require.Equal(t, audit.Checkpoint{Origin: pool + "/log", Size: i + 1, Root: tree.Root()}, c)
	}
}

func TestALogThatIsReadBackIsTheSame(t *testing.T) {
	s := newSample(t)
	s.grow(t, 9)
	salts := diary.GenerateSaltKey()
	read := func(upto int) *diary.Log {
		log, err := diary.NewLog(s.signer, s.verifier(t), salts)
		require.NoError(t, err)
		for _, logged := range s.kept[:upto] {
			require.NoError(t, logged.Check())
			require.NoError(t, log.Add(logged.Entry))
		}
		return log
	}
	log := read(9)
	require.NoError(t, log.Resume(s.Checkpoint()))
	require.Equal(t, s.Checkpoint(), log.Checkpoint())
	require.Error(t, read(8).Resume(s.Checkpoint()), "an entry is missing")
	require.Error(t, log.Add([]byte(`{"kind":"batch"}`)))

	s.kept[3], s.kept[4] = s.kept[4], s.kept[3]
	var other *audit.RootError
	require.ErrorAs(t, read(9).Resume(s.Checkpoint()), &other)
	forged, err := audit.Checkpoint{Origin: "another/log", Size: 9, Root: other.Root}.Sign(s.signer)
	require.NoError(t, err)
	require.Error(t, read(9).Resume(forged), "a checkpoint of another log")

	_, public, err := diary.GenerateKey(pool)
	require.NoError(t, err)
	key, err := audit.ParseKey(public)
	require.NoError(t, err)
	_, err = diary.NewLog(s.signer, key, salts)
	require.Error(t, err, "keys that are no pair")
}

func TestWhatCannotBeRead(t *testing.T) {
	s := newSample(t)
	_, err := s.Draft(nil)
	require.Error(t, err)
	_, err = s.Draft([]diary.Line{{Section: "decisions", Kind: "said", About: []string{"m2", "m1"}}})
	require.Error(t, err, "is not written")
	_, err = s.Draft([]diary.Line{{Section: "decisions", Kind: "said"}})
	require.NoError(t, err, "about nobody")
	many := make([]diary.Line, diary.MaxLines+1)
	for i := range many {
		many[i] = says(t, "decisions", "the same")
	}
	_, err = s.Draft(many)
	require.Error(t, err)
	d, err := s.Draft(many[1:])
	require.NoError(t, err, "lines that say the same have salts of their own")
	require.Len(t, d.Lines, diary.MaxLines)
}

// Any line is proved by its receipt alone, as of any later checkpoint, and no other line is.
func TestAReceiptProvesOneLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSample(t)
		s.grow(t, rapid.IntRange(1, 12).Draw(t, "size"))
		index := rapid.Int64Range(0, s.Size()-1).Draw(t, "index")
		place := rapid.IntRange(0, 2).Draw(t, "place")
		logged := s.kept[index]
		r, err := s.Receipt(index, place, logged.Entry, logged.Blobs[place])
		require.NoError(t, err)
		text, err := r.Text()
		require.NoError(t, err)
		read, err := diary.ReadReceipt(text)
		require.NoError(t, err)
		line, checkpoint, err := read.Check(s.verifier(t))
		require.NoError(t, err)
		require.Equal(t, s.Size(), checkpoint.Size)
		require.Equal(t, s.lines[diary.Commit(logged.Blobs[place])], line)

		other := s.kept[rapid.IntRange(0, len(s.kept)-1).Draw(t, "other")]
		elsewhere := rapid.IntRange(0, 2).Draw(t, "elsewhere")
		if other.Index == index && elsewhere == place {
			return
		}
		_, err = s.Receipt(index, place, logged.Entry, other.Blobs[elsewhere])
		var wrong *diary.ReceiptError
		require.ErrorAs(t, err, &wrong)
		for _, change := range []func(r *diary.Receipt){
			func(r *diary.Receipt) { r.Line = string(other.Blobs[elsewhere]) },
			func(r *diary.Receipt) { r.Place = (place + 1) % 3 },
			func(r *diary.Receipt) { r.Place = -1 },
			func(r *diary.Receipt) { r.Place = 3 },
			func(r *diary.Receipt) { r.Index++ },
			func(r *diary.Receipt) { r.Index = -1 },
			func(r *diary.Receipt) { r.Version = 2 },
			func(r *diary.Receipt) { r.Entry, r.Line = string(other.Entry), string(other.Blobs[elsewhere]) },
		} {
			changed := *r
			change(&changed)
			if changed.Entry == r.Entry && changed.Line == r.Line && changed.Place == r.Place && changed.Index == r.Index && changed.Version == r.Version {
				continue
			}
			if changed.Entry == string(logged.Entry) && changed.Place == elsewhere && other.Index == index && changed.Index == index {
				continue // another line of the same entry, which it proves as well
			}
			_, _, err := changed.Check(s.verifier(t))
			require.ErrorAs(t, err, &wrong)
		}
	})
}

// Every bit of a receipt.
func TestAnyFlippedBitOfAReceiptIsRefused(t *testing.T) {
	s := newSample(t)
	s.grow(t, 3)
	r, err := s.Receipt(1, 2, s.kept[1].Entry, s.kept[1].Blobs[2])
	require.NoError(t, err)
	text, err := r.Text()
	require.NoError(t, err)
	for bit := range 8 * len(text) {
		text[bit/8] ^= 1 << (bit % 8)
		read, err := diary.ReadReceipt(text)
		if err == nil {
			_, _, err = read.Check(s.verifier(t))
		}
		require.Error(t, err, "bit %d: %s", bit, text)
		text[bit/8] ^= 1 << (bit % 8)
	}
	_, public, err := diary.GenerateKey(pool)
	require.NoError(t, err)
	key, err := audit.ParseKey(public)
	require.NoError(t, err)
	_, _, err = r.Check(key)
	require.Error(t, err, "another key of the same name")
}

// Receipts are handed out while the log grows, each as of a checkpoint that covers its entry.
func TestReceiptsWhileTheLogGrows(t *testing.T) {
	s := newSample(t)
	first := s.write(t, says(t, "decisions", "first"))
	var group errgroup.Group
	grown := make(chan struct{})
	for range 3 {
		group.Go(func() error {
			for {
				r, err := s.Receipt(0, 0, first.Entry, first.Lines[0].Blob) // which checks itself
				if err != nil {
					return err
				}
				select {
				case <-grown:
					if _, c, err := r.Check(s.verifier(t)); err != nil || c.Size < 1 {
						return fmt.Errorf("size %d: %w", c.Size, err)
					}
					return nil
				default:
				}
			}
		})
	}
	s.grow(t, 200)
	close(grown)
	require.NoError(t, group.Wait())
}
