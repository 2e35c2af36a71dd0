#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What pam_smartcard.so shows to, and wants from, the process it is loaded into.
. "$(dirname "$0")/lib.sh"
need readelf nm

exported=$(nm -D --defined-only "$MODULE" | awk '{ print $3 }' | sort | tr '\n' ' ')
same "exports the six entry points and nothing else" \
	"pam_sm_acct_mgmt pam_sm_authenticate pam_sm_chauthtok pam_sm_close_session pam_sm_open_session pam_sm_setcred " \
	"$exported"
[ "${SANITIZE:-false}" = false ] || finish

needed=$(readelf -d "$MODULE" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | sort | tr '\n' ' ')
same "needs libpam and libc alone" "libc.so.6 libpam.so.0 " "$needed"

# base/fd.c blocks SIGPIPE in its thread while it writes to a pipe
# (pthread_sigmask, restored at once); the module writes to sockets alone.
imports=$(nm -D --undefined-only "$MODULE" | awk '{ print $2 }' | sed 's/@.*//')
for name in getenv secure_getenv setenv putenv unsetenv environ clearenv \
	signal sigaction sigprocmask raise kill alarm setitimer \
	pthread_create clone fork vfork execve execv execvp posix_spawn system \
	popen printf puts putchar fputs fwrite fprintf vprintf perror stdout \
	stderr syslog openlog exit _exit abort atexit setlocale chdir umask \
	setuid seteuid setreuid setresuid setgid dlopen pam_get_authtok; do
	if echo "$imports" | grep -qx -e "$name" -e "__${name}_chk"; then
		not_ok "does not call $name"
	fi
done
ok "no thread, signal, output, environment or child ($(echo "$imports" | wc -l) imports looked at)"

flags=$(readelf -d "$MODULE" | grep -c -e 'BIND_NOW' -e 'FLAGS.*NOW' || :)
[ "$flags" -gt 0 ] && ok "bound at load" || not_ok "bound at load"
readelf -d "$MODULE" | grep -q TEXTREL && not_ok "no text relocations"
readelf -lW "$MODULE" | grep -q 'GNU_RELRO' && ok "relro" || not_ok "relro"
readelf -lW "$MODULE" | grep 'GNU_STACK' | grep -q 'RWE' && not_ok "stack is not executable"
finish
