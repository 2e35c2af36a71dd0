#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The set-id and login programs themselves: su, sudo, login, as ordinary users of
# a private /etc, with this module as their only way in.
. "$(dirname "$0")/lib.sh"
need su runuser unshare
[ "$(id -u)" = 0 ] || skip "needs root, for a mount namespace"
unshare --mount true 2>/dev/null || skip "no mount namespaces here"

ns() {
	sh "$(dirname "$0")/etcns.sh" "$W" "$@"
}
ns init
ns user scsdemo 64010
ns user scsother 64011
for name in su sudo login; do
	cat >"$W/etc/pam.d/$name" <<EOF
auth requisite $MODULE prefix=$W timeout=5
account required pam_permit.so
session required pam_permit.so
EOF
done
mkdir -p "$W/etc/sudoers.d"
echo 'scsdemo ALL=(ALL:ALL) ALL' >"$W/etc/sudoers.d/scs-test"
chmod 440 "$W/etc/sudoers.d/scs-test"

# run WHAT WANTED-OUTPUT SCRIPT INPUT COMMAND...: its standard output
run() {
	what=$1 want=$2
	authd "$3"
	printf '%b' "$4" >"$W/in"
	shift 4
	out=$(ns run "$@" <"$W/in" 2>"$W/err") || :
	same "$what" "$want" "$(echo "$out" | tail -n 1)"
	[ "$want" = "$(echo "$out" | tail -n 1)" ] || cat "$W/err"
}

as_other="runuser -u scsother --"
as_demo="runuser -u scsdemo --"
run "su: the target's card and PIN" scsdemo "card:123456:3:scsdemo" '123456\n' \
	$as_other su scsdemo -c 'id -un'
same "su: asked for the target" "start:scsdemo:1 pin:123456:0 " "$(cat "$W/log")"
run "su: wrong, then right" scsdemo "card:123456:5:scsdemo" '1\n123456\n' \
	$as_other su scsdemo -c 'id -un'
run "su: wrong three times" "" "card:123456:9:scsdemo" '1\n2\n3\n123456\n' \
	$as_other su scsdemo -c 'id -un'
run "su: no card" "" "r:2:" '123456\n' $as_other su scsdemo -c 'id -un'
run "su: somebody else's yes" "" "P3 r:1:demo" '123456\n' \
	$as_other su scsdemo -c 'id -un'
run "su: service breaks off" "" "P3 close" '123456\n' \
	$as_other su scsdemo -c 'id -un'
if command -v sudo >/dev/null; then
	run "sudo: the caller's card and PIN" root "card:123456:3:scsdemo" \
		'123456\n' $as_demo sudo -k -S id -un
	same "sudo: asked for the caller" "start:scsdemo:1 pin:123456:0 " "$(cat "$W/log")"
	run "sudo: blocked" "" "r:6:scsdemo" '123456\n' $as_demo sudo -k -S id -un
	run "sudo: not paired" "" "r:3:" '123456\n' $as_demo sudo -k -S id -un
	run "sudo: the socket's folder opened to others" root \
		"card:123456:3:scsdemo" '123456\n' $as_demo sudo -k -S id -un
	chmod 777 "$W/run/scs"
	authd "card:123456:3:scsdemo"
	out=$(ns run $as_demo sudo -k -S id -un <"$W/in" 2>/dev/null) || :
	same "sudo: then it gets no PIN" "" "$out$(cat "$W/log")"
	chmod 755 "$W/run/scs"
else
	echo "sudo is not installed: not tried"
fi
if command -v login >/dev/null && command -v expect >/dev/null; then
	authd "card:123456:3:scsdemo"
	ns run expect -c '
		set timeout 60
		spawn -noecho login scsdemo
		expect "Enter PIN for" { send "123456\r" } timeout { exit 3 } eof { exit 4 }
		expect -re {\$ $} { send "id -un; exit\r" } timeout { exit 5 } eof { exit 6 }
		expect -re {\nscsdemo} { exit 0 } timeout { exit 7 } eof { exit 8 }
	' >"$W/out" 2>&1 && rc=0 || rc=$?
	same "login: PIN, then a shell" 0 "$rc"
	[ "$rc" = 0 ] || cat "$W/out"
else
	echo "login or expect is not installed: not tried"
fi
finish
