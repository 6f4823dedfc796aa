package audit

// WaitReplay waits for the replay that is under way.
func (e *Evidence) WaitReplay() { e.ended.Wait() }
