# SPDX-License-Identifier: BSD-2-Clause
# What the scripts here share: a private prefix, a scripted scs-authd in it, and
# a count of what failed. Sourced; wants MODULE and FAKE_AUTHD in the
# environment. Exit status 77 is a test that cannot run here, with its reason.
set -eu
umask 022

skip() {
	echo "SKIP: $*"
	exit 77
}

need() {
	for tool; do
		command -v "$tool" >/dev/null || skip "$tool is not installed"
	done
}

# Every folder on the way to the socket has to be root's, if we are root.
if [ "$(id -u)" = 0 ]; then
	W=$(mktemp -d /run/scs-test-XXXXXX)
else
	W=$(mktemp -d /tmp/scs-test-XXXXXX)
fi
chmod 755 "$W"
mkdir "$W/pam.d"
authd_pid=
failed=0

authd_stop() {
	[ -n "$authd_pid" ] || return 0
	kill "$authd_pid" 2>/dev/null || :
	wait "$authd_pid" 2>/dev/null || :
	authd_pid=
}

cleanup() {
	authd_stop
	rm -rf "$W"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# authd SCRIPT: start one, instead of the one before (fake.h has the words)
authd() {
	authd_stop
	: >"$W/log"
	: >"$W/ready"
	"$FAKE_AUTHD" "$W" "$W/log" "$1" >"$W/ready" &
	authd_pid=$!
	i=0
	until grep -q ready "$W/ready"; do
		i=$((i + 1))
		[ $i -lt 1200 ] || {
			echo "fake-authd does not start"
			exit 1
		}
		sleep 0.05
	done
}

# service NAME <LINES: a PAM service of this prefix
service() {
	cat >"$W/pam.d/$1"
	chmod 644 "$W/pam.d/$1"
}

ok() {
	echo "ok: $1"
}

not_ok() {
	echo "NOT OK: $1"
	failed=$((failed + 1))
}

# same WHAT WANT GOT
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		printf 'wanted: %s\ngot:    %s\n' "$2" "$3"
	fi
}

finish() {
	[ "$failed" = 0 ] || {
		echo "$failed failed"
		exit 1
	}
	exit 0
}
