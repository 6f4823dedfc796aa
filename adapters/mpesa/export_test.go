package mpesa

// SignedPath is the path of a callback that the rail asked for.
func (r *Rail) SignedPath(path string, segments ...string) string {
	return r.signedURL(path, segments...)[len(r.cfg.CallbackBaseURL):]
}
