# SPDX-License-Identifier: BSD-2-Clause
# The virtual card under Debian's pcscd, in a mount namespace of its own, so
# that neither a running pcscd nor another test is disturbed. Sourced with
# VCARD set to the program; skips (77) where that cannot be done.
#
#   in_private "$@"          first line of a script: enter the namespace
#   start_pcscd NAME         a reader of that name
#   start_card FILE          a card goes in
#   check NAME COMMAND...    a check of its own
#   check_fails NAME ...     the same, the command must fail
#   finish                   last line: the verdict

skip() {
	echo "skipped: $1"
	exit 77
}

in_private() {
	[ -z "${SCS_IN_PRIVATE:-}" ] || return 0
	[ "$(id -u)" = 0 ] || skip "needs root for a mount namespace"
	unshare -m true 2>/dev/null || skip "no mount namespaces here"
	for need in pcscd opensc-tool openssl; do
		command -v "$need" >/dev/null || [ -x "/usr/sbin/$need" ] ||
			skip "$need is not installed"
	done
	[ -e /usr/lib/pcsc/drivers/serial/libifdvpcd.so ] ||
		skip "vsmartcard-vpcd is not installed"
	exec env SCS_IN_PRIVATE=1 unshare -m "$0" "$@"
}

pids=
checks=0
failures=0

stop_all() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	pids=
}

leave() {
	stop_all
	rm -rf "$W"
}

begin() { # PORT
	W=$(mktemp -d /tmp/scs-strangers.XXXXXX)
	trap leave EXIT
	# what OpenSC keeps in a home goes with the folder
	unset XDG_CACHE_HOME XDG_CONFIG_HOME
	export HOME="$W"
	mount -n -t tmpfs -o mode=755 tmpfs /run
	mkdir /run/pcscd
	# two ports, one for each slot of the driver; no other test's
	PORT=$(($1 + $$ % 1000 * 2))
}

wait_for() { # TRIES COMMAND...
	tries=$1
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

start_pcscd() {
	mkdir -p "$W/readers"
	cat >"$W/readers/vpcd" <<END
FRIENDLYNAME "$1"
DEVICENAME /dev/null:$(printf '0x%X' "$PORT")
LIBPATH /usr/lib/pcsc/drivers/serial/libifdvpcd.so
CHANNELID $(printf '0x%X' "$PORT")
END
	/usr/sbin/pcscd -f -c "$W/readers" >"$W/pcscd.log" 2>&1 &
	pids="$pids $!"
	wait_for 600 test -S /run/pcscd/pcscd.comm || {
		cat "$W/pcscd.log"
		echo "pcscd does not start"
		exit 1
	}
}

start_card() {
	CONTROL=$W/control
	"$VCARD" run "$1" --connect "tcp:127.0.0.1:$PORT" \
		--control "$CONTROL" &
	card_pid=$!
	pids="$card_pid $pids"
	wait_for 300 card_seen || {
		echo "the card does not arrive in the reader"
		exit 1
	}
}

card_seen() {
	opensc-tool -a | grep -q 3b:8b
}

stop_card() {
	kill "$card_pid" 2>/dev/null || :
	wait "$card_pid" 2>/dev/null || :
	rm -f "$CONTROL"
	wait_for 300 fails card_seen # pcscd looks now and then
}

tell() {
	"$VCARD" tell "$CONTROL" "$@"
}

counted() { # clear, run, print the number of APDUs
	tell clear
	"$@" >"$W/counted.log" 2>&1 || {
		cat "$W/counted.log"
		return 1
	}
	tell counts | sed -n 's/^total //p'
}

check() {
	name=$1
	shift
	checks=$((checks + 1))
	if "$@" >"$W/check.log" 2>&1; then
		echo "ok: $name"
	else
		failures=$((failures + 1))
		echo "NOT OK: $name ($*)"
		sed 's/^/    /' "$W/check.log"
	fi
}

fails() {
	! "$@"
}

check_fails() {
	name=$1
	shift
	check "$name" fails "$@"
}

finish() {
	echo "$checks checks, $failures failed"
	[ "$failures" -eq 0 ] && [ "$checks" -gt 0 ]
	exit
}
