#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# conf/pam/pam-configs-smartcard through Debian's pam-auth-update, on copies of
# what it writes to; then logins with the common-auth that comes out.
. "$(dirname "$0")/lib.sh"
need unshare
[ -x /usr/sbin/pam-auth-update ] || skip "no pam-auth-update here"
[ "$(id -u)" = 0 ] || skip "needs root, for a mount namespace"
unshare --mount true 2>/dev/null || skip "no mount namespaces here"

ns() {
	sh "$(dirname "$0")/etcns.sh" "$W" "$@"
}
ns init
cp -a /usr/share/pam-configs "$W/configs"
cp -a /var/lib/pam "$W/saved"
cp -a /var/cache/debconf "$W/debconf"
cp "$CONF/pam-configs-smartcard" "$W/configs/smartcard"

# update ARGUMENT...
update() {
	W=$W ns run sh -euc '
		mount -n --bind "$W/configs" /usr/share/pam-configs
		mount -n --bind "$W/saved" /var/lib/pam
		mount -n --bind "$W/debconf" /var/cache/debconf
		export DEBIAN_FRONTEND=noninteractive
		exec pam-auth-update "$@"' sh "$@" >"$W/out" 2>&1 </dev/null ||
		cat "$W/out"
}

common=$W/etc/pam.d/common-auth
update --package
if grep -q pam_smartcard "$common"; then
	not_ok "off unless an administrator turns it on"
else
	ok "off unless an administrator turns it on"
fi
update --enable smartcard
same "before the password, and the password after it" \
	"pam_smartcard.so pam_unix.so pam_deny.so pam_permit.so" \
	"$(sed -n 's/^auth.*[[:space:]]\(pam_[a-z]*\.so\).*/\1/p' "$common" |
		grep -e smartcard -e unix -e deny -e permit | tr '\n' ' ' | sed 's/ $//')"

sed "s|pam_smartcard.so|$MODULE prefix=$W timeout=5|" \
	"$common" >"$W/pam.d/svc"

# run WHAT SCRIPT WANTED PAMTEST-ARGUMENTS
run() {
	what=$1 want=$3
	authd "$2"
	shift 3
	"$PAMTEST" -c "$W/pam.d" "$@" >"$W/result" || :
	same "$what" "$want" "$(grep -xF "$want" "$W/result" || cat "$W/result")"
}
run "the card's PIN" "p:root r:1:root" "authenticate: PAM_SUCCESS" \
	-a 1111 svc "" authenticate
run "credentials" "p:root r:1:root" "setcred: PAM_SUCCESS" \
	-a 1111 svc "" authenticate setcred
run "no card: the password is asked for" "r:2:" "echo_off Password: " \
	-a wrong svc nobody authenticate
run "no card and a wrong password" "r:2:" "authenticate: PAM_AUTH_ERR" \
	-a wrong svc nobody authenticate
run "refused: the password is asked for" "p:nobody r:4:nobody" "echo_off Password: " \
	-a 1111 -a wrong svc nobody authenticate
run "refused and a wrong password" "p:nobody r:4:nobody" \
	"authenticate: PAM_AUTH_ERR" -a 1111 -a wrong svc nobody authenticate
finish
