// Package failpoint names the moments between two durable steps at which a process dies in a test.
//
//	failpoint.Hit("written") // committed, nothing published yet
//
// In the product Hit is empty and costs nothing. Built with the tag failpoints it kills its own process,
// with SIGKILL, so that nothing is flushed and nothing deferred runs, or stops it, with SIGSTOP, so that
// it can wake up later as a zombie. Which moment is the last one, the environment says, or Arm:
//
//	AYNI_FAILPOINT=written:3       at the third time that it comes by "written"
//	AYNI_FAILPOINT=decided:1:stop  stopped, until somebody sends SIGCONT
package failpoint
