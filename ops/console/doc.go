// Package console is the switch in a browser: what flows and what stands still, to be found, followed to its proof,
// and acted on by two people.
//
//	*store.Ledger ──nouns──▶ page ──html/template──▶ browser ──form──▶ request ──a second person──▶ the switch
//	      └── pulse, four times a second while somebody looks ──▶ live.Feed ──▶ text/event-stream
//
// Pages are written by the server and work without a script; with it, filters answer in place (htmx), figures move,
// and keys lead everywhere. Nothing is built: styles, scripts and templates are files in the binary. Every route is
// mounted by a Guard with its auth.Need; what it shows of participants is held to auth.Own and auth.Scope. A page
// decides nothing and writes nothing: what it asks for is a request that somebody else approves. Webhooks alone, which move
// no money, are tried and paused at once.
package console
