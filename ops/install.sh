#!/bin/sh
# Installs what the switch needs on this machine and is not there yet: a PostgreSQL server, whose
# programs it starts by itself. Checks Go, which it does not install. Says what it does before it does it.
set -eu
cd "$(dirname "$0")/.."

min_postgres=15
min_go=1.26

say() { printf '%s\n' "$*" >&2; }

# found_postgres succeeds when an initdb from min_postgres on is in PATH or where packages put it.
# The places are those of usualPlaces in settlement/store/postgres/binaries.go.
found_postgres() {
	for initdb in \
		"$(command -v initdb || true)" \
		/usr/lib/postgresql/*/bin/initdb \
		/usr/pgsql-*/bin/initdb \
		/usr/libexec/postgresql*/initdb \
		/opt/homebrew/opt/postgresql*/bin/initdb \
		/usr/local/opt/postgresql*/bin/initdb \
		/Library/PostgreSQL/*/bin/initdb \
		/usr/local/pgsql/bin/initdb \
		/home/linuxbrew/.linuxbrew/opt/postgresql*/bin/initdb; do
		[ -x "$initdb" ] || continue
		major=$("$initdb" --version 2>/dev/null | sed -n 's/.*(PostgreSQL) \([0-9]\{1,\}\).*/\1/p')
		[ "${major:-0}" -ge "$min_postgres" ] && return 0
	done
	return 1
}

# as_root runs a command as root: directly, or through sudo, which asks only where somebody can answer.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null && [ -t 0 ]; then
		sudo "$@"
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		sudo -n "$@"
	else
		say "This needs root, and there is no sudo to ask. Run this as root, then try again:"
		say "  $*"
		return 1
	fi
}

install_postgres() {
	say "No PostgreSQL server from version $min_postgres on was found (initdb in PATH or the usual places)."
	if command -v apt-get >/dev/null; then
		announce "apt-get install postgresql"
		as_root apt-get update -q
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends postgresql
	elif command -v dnf >/dev/null; then
		announce "dnf install postgresql-server"
		as_root dnf install -y -q postgresql-server
	elif command -v apk >/dev/null; then
		announce "apk add postgresql"
		as_root apk add --quiet postgresql
	elif command -v pacman >/dev/null; then
		announce "pacman -S postgresql"
		as_root pacman -S --needed --noconfirm postgresql
	elif command -v brew >/dev/null; then
		announce "brew install postgresql@17"
		brew install --quiet postgresql@17
	else
		say "None of apt-get, dnf, apk, pacman and brew is here to install it with."
		say "Install it from https://www.postgresql.org/download/ and try again."
		return 1
	fi
}

announce() {
	say "Installing it now: $1"
	say "Only its programs are used: the switch runs a private server in its own data folder. A server that the"
	say "package may set up by itself is left alone."
}

check_go() {
	if ! command -v go >/dev/null; then
		say "Go is not installed. Install Go $min_go or newer from https://go.dev/doc/install and try again."
		return 1
	fi
	# Inside the module, Go from 1.21 on fetches the version that go.mod asks for.
	version=$(go env GOVERSION 2>/dev/null || true)
	number=${version#go}
	major=${number%%.*}
	rest=${number#*.}
	minor=${rest%%[!0-9]*}
	case "$major$minor" in
	*[!0-9]* | '') major=0 minor=0 ;;
	esac
	if [ "$major" -lt "${min_go%%.*}" ] || { [ "$major" -eq "${min_go%%.*}" ] && [ "${minor:-0}" -lt "${min_go#*.}" ]; }; then
		say "Go $min_go or newer is needed; found: ${version:-a Go that does not run here}."
		say "Install it from https://go.dev/doc/install and try again."
		return 1
	fi
}

check_go
found_postgres && exit 0
install_postgres
if ! found_postgres; then
	say "The package manager's PostgreSQL is older than $min_postgres or lies elsewhere."
	say "Install a newer one from https://www.postgresql.org/download/ and try again."
	exit 1
fi
say "PostgreSQL is installed."
