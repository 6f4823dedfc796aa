package witness

import "golang.org/x/mod/sumdb/tlog"

// judge decides about a checkpoint whose signature was verified: nil where it continues what is known. Nothing known
// is the empty tree. Errors are *RefusedError, and *SplitViewError where the two notes prove that the log forked.
func judge(known Signed, r Request, submitted Signed) error {
	if submitted.Size == known.Size {
		if fork := diverge(known, submitted, nil); fork != nil {
			return fork
		}
	}
	if r.Old != known.Size {
		return &RefusedError{Fault: FaultConflict, Known: known.Size, Detail: "the proof does not begin where this witness stands"}
	}
	if r.Old == 0 {
		if len(r.Proof) != 0 {
			return refuse(FaultProof, "from an empty tree there is nothing to prove")
		}
		return nil
	}
	if tlog.CheckTree(r.Proof, submitted.Size, submitted.Root, known.Size, known.Root) == nil {
		return nil
	}
	if fork := diverge(known, submitted, r.Proof); fork != nil {
		return fork
	}
	return refuse(FaultProof, "the proof does not lead from size %d to size %d", r.Old, submitted.Size)
}

// nothing is what is known of a log that never showed a checkpoint.
func nothing() Signed {
	var s Signed
	s.Root = emptyRoot()
	return s
}
