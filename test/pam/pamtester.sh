#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A foreign application, pamtester, with the services of pam_wrapper.
. "$(dirname "$0")/lib.sh"
need pamtester
wrapper=$(find /usr/lib -name libpam_wrapper.so 2>/dev/null | head -n 1)
[ -n "$wrapper" ] || skip "pam_wrapper is not installed"

service svc <<EOF
auth required $MODULE prefix=$W timeout=5
account required pam_permit.so
EOF

# run WHAT WANTED-STATUS SCRIPT INPUT PAMTESTER-ARGUMENTS
run() {
	what=$1 want=$2
	authd "$3"
	printf '%b' "$4" >"$W/in"
	shift 4
	LD_PRELOAD=$wrapper PAM_WRAPPER=1 PAM_WRAPPER_SERVICE_DIR="$W/pam.d" \
		pamtester svc "$@" <"$W/in" >"$W/out" 2>&1 && rc=0 || rc=$?
	same "$what" "$want" "$rc"
	[ "$want" = "$rc" ] || cat "$W/out"
}

run "right PIN" 0 "card:123456:3:demo" '123456\n' demo authenticate
same "the PIN reached the service once" "start:demo:1 pin:123456:0 " "$(cat "$W/log")"
grep -q "Enter PIN for 'Card': " "$W/out" && ok "prompt" || not_ok "prompt"
run "and credentials" 0 "card:123456:3:demo" '123456\n' demo \
	"authenticate" "setcred" "acct_mgmt"
run "wrong PIN three times" 1 "card:123456:9:demo" '1\n2\n3\n123456\n' demo authenticate
grep -q "PIN rejected, 7 tries left" "$W/out" && ok "tries told" || not_ok "tries told"
run "no card" 1 "r:2:" '123456\n' demo authenticate
run "another's card" 1 "r:3:" '123456\n' demo authenticate
authd_stop
finish
