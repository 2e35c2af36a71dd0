#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run a command with a copy of /etc in place of /etc, for set-id programs, which
# ignore every preloaded wrapper. The mount namespace goes with its last process.
#
#	etcns.sh DIR init               copy /etc to DIR/etc, make DIR/home
#	etcns.sh DIR user NAME UID      add a user and group, password locked
#	etcns.sh DIR run COMMAND...     as root
set -eu
[ $# -ge 2 ] || {
	echo "usage: etcns.sh DIR init|user|run ..." >&2
	exit 64
}
dir=$1 what=$2
shift 2
case $what in
init)
	cp -a /etc "$dir/etc"
	mkdir "$dir/home"
	;;
user)
	echo "$1:x:$2:$2:$1:/home/$1:/bin/sh" >>"$dir/etc/passwd"
	echo "$1:!:19000:0:99999:7:::" >>"$dir/etc/shadow"
	echo "$1:x:$2:" >>"$dir/etc/group"
	mkdir -m 700 "$dir/home/$1"
	chown "$2:$2" "$dir/home/$1"
	;;
run)
	ETCNS=$dir exec unshare --mount --propagation private /bin/sh -euc '
		mount -n --bind "$ETCNS/etc" /etc
		mount -n --bind "$ETCNS/home" /home
		unset ETCNS
		exec "$@"' etcns "$@"
	;;
*)
	echo "etcns.sh: no command $what" >&2
	exit 64
	;;
esac
