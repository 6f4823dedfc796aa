package telemetry

import (
	"regexp"
	"strings"
)

// withheld stands where something was that no log shows.
const withheld = "[withheld]"

// shapes are what people and secrets look like, whatever key they come under. Some are masked that are neither: a log
// is read by many, and who has to know looks at the ledger, where reading is granted.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|$)`),
	regexp.MustCompile(`PRIVATE\+KEY\+\S+`),                                             // of a note's signer
	regexp.MustCompile(`S[ACNOUX][A-Z2-7]{56}`),                                         // nkeys seeds
	regexp.MustCompile(`(?i)\b(?:bearer|basic|digest|negotiate)\s+[A-Za-z0-9._~+/=-]+`), // of an Authorization
	regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?`),        // JSON Web Tokens, credentials files
	regexp.MustCompile(`://[^/\s@]+@`),                                                  // a URL's user and password
	regexp.MustCompile(`(?i)\b(?:password|passwd|pwd|secret|token|api_?key|access_?key|session|code|pin)=[^\s&"']+`),
	regexp.MustCompile(`[\p{L}\p{N}._%+-]+(?:@|%40)[\p{L}\p{N}][\p{L}\p{N}.-]*`), // mail, and UPI's virtual addresses
	regexp.MustCompile(`\+\d[\d ().-]{6,20}\d`),                                  // +254 700 000 001
}

// number finds runs of digits as long as a telephone number or an account, perhaps set apart into groups.
var number = regexp.MustCompile(`\d(?:[ -]?\d){8,33}`)

// quoted finds what an error quotes: often what somebody sent.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// token is what errors quote of our own: names of participants, streams, subjects, files.
var token = regexp.MustCompile(`^"[a-z0-9][a-z0-9_./-]{0,63}"$`)

// mask withholds what in a text looks personal or secret.
func mask(text string) string {
	for _, shape := range shapes {
		text = shape.ReplaceAllLiteralString(text, withheld)
	}
	text = number.ReplaceAllStringFunc(text, func(found string) string {
		if date.MatchString(found) {
			return found
		}
		return withheld
	})
	return quoted.ReplaceAllStringFunc(text, func(found string) string {
		if token.MatchString(found) {
			return found
		}
		return `"` + withheld + `"`
	})
}

// date is a day as logs write it, with the hour behind it or not.
var date = regexp.MustCompile(`^20\d\d-[01]\d-[0-3]\d(?: [0-2]\d)?$`)

// denied are the keys whose values no log shows, and endings of keys.
var (
	denied = map[string]bool{
		"account": true, "address": true, "authorization": true, "beneficiary": true, "body": true, "cookie": true, "credentials": true,
		"creds": true, "detail": true, "email": true, "iban": true, "mail": true, "msisdn": true, "name": true, "originator": true,
		"passphrase": true, "password": true, "payee": true, "payer": true, "payload": true, "person": true, "phone": true, "pin": true,
		"secret": true, "seed": true, "text": true, "to": true, "token": true, "town": true, "vpa": true,
	}
	deniedEndings = []string{"_account", "_address", "_key", "_name", "_number", "_password", "_phone", "_secret", "_seed", "_token"}
)

// deny tells whether a key's value is withheld, whatever it is.
func deny(key string) bool {
	key = strings.ToLower(strings.ReplaceAll(key, "-", "_"))
	if denied[key] {
		return true
	}
	for _, ending := range deniedEndings {
		if strings.HasSuffix(key, ending) {
			return true
		}
	}
	return false
}
