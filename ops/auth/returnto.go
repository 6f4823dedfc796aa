package auth

import (
	"net/url"
	"path"
	"strings"
)

// Where sign-in begins, and where it leads by itself.
const (
	SignInPath = "/auth/sign-in"
	startPath  = "/"
)

// maxReturn bounds where one may return to after signing in, in bytes.
const maxReturn = 1024

// ReturnTo is where to go after signing in: what was asked for if it is a page of ours, else the start. Whatever a
// browser might take for another site is none of ours.
func ReturnTo(asked string) string {
	if len(asked) > maxReturn || !strings.HasPrefix(asked, "/") || strings.ContainsFunc(asked, strange) {
		return startPath
	}
	at, err := url.Parse(asked)
	if err != nil || at.Scheme != "" || at.Host != "" || at.User != nil || at.Opaque != "" || at.Fragment != "" {
		return startPath
	}
	if at.Path != path.Clean(at.Path) && at.Path != path.Clean(at.Path)+"/" || strings.HasPrefix(at.Path, "/auth/") {
		return startPath
	}
	return asked
}

// strange is what an address of ours does not have as it is: browsers read a backslash as a slash, and drop what
// does not print.
func strange(c rune) bool { return c <= ' ' || c >= 0x7f || c == '\\' }

// signIn is the address of the sign-in page, from which one returns.
func signIn(back string) string {
	if back = ReturnTo(back); back == startPath {
		return SignInPath
	}
	return SignInPath + "?return_to=" + url.QueryEscape(back)
}
