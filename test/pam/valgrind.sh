#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The main flows under valgrind: no invalid access, nothing used uninitialised,
# nothing lost. Suppresses nothing.
. "$(dirname "$0")/lib.sh"
need valgrind

service svc <<EOF
auth required $MODULE prefix=$W timeout=5
EOF
service first <<EOF
auth optional $SPY set=123456
auth required $MODULE prefix=$W timeout=5 use_first_pass
EOF

# run WHAT WANTED-LINE SCRIPT PAMTEST-ARGUMENTS
run() {
	what=$1 want=$2
	authd "$3"
	shift 3
	valgrind -q --error-exitcode=99 --leak-check=full \
		--errors-for-leak-kinds=definite,indirect,possible \
		--track-fds=yes --log-file="$W/valgrind" \
		"$PAMTEST" -c "$W/pam.d" "$@" >"$W/out" && rc=0 || rc=$?
	same "$what" "$want" "$(grep -xF "$want" "$W/out" || cat "$W/out")"
	if [ "$rc" = 99 ] || grep -q 'ERROR\|Invalid\|uninit\|lost' "$W/valgrind"; then
		not_ok "$what: valgrind"
		cat "$W/valgrind"
	fi
}

run "login" "setcred: PAM_SUCCESS" "card:123456:3:demo" \
	-a 123456 svc demo authenticate setcred
run "user from the card" "user: demo" "card:123456:3:demo" \
	-a 123456 svc "" authenticate user
run "wrong, wrong, right" "authenticate: PAM_SUCCESS" "card:123456:8:demo" \
	-a 1 -a 2 -a 123456 svc demo authenticate
run "three wrong" "authenticate: PAM_AUTH_ERR" "card:123456:8:demo" \
	-a 1 -a 2 -a 3 svc demo authenticate
run "last try, yes" "authenticate: PAM_SUCCESS" "card:123456:1:demo" \
	-a yes -a 123456 svc demo authenticate
run "last try, no" "authenticate: PAM_AUTH_ERR" "card:123456:1:demo" \
	-a no svc demo authenticate
run "choice" "user: bob" "choice p:bob r:1:bob" \
	-a bob -a 1111 svc "" authenticate user
run "first pass" "authenticate: PAM_SUCCESS" "card:123456:3:demo" \
	first demo authenticate
run "no card" "authenticate: PAM_CRED_UNAVAIL" "r:2:" svc demo authenticate
run "name asked for" "authenticate: PAM_CRED_INSUFFICIENT" "r:3: / r:3:" \
	-a demo svc "" authenticate
run "person gone" "authenticate: PAM_CONV_ERR" "P3" svc demo authenticate
run "breaks off" "authenticate: PAM_AUTHINFO_UNAVAIL" "P3 close" \
	-a 1111 svc demo authenticate
run "babbles" "authenticate: PAM_AUTHINFO_UNAVAIL" "P3 short" \
	-a 1111 svc demo authenticate
finish
