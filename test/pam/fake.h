/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scs-authd that reads from a script: words as in login/pam/test-says.h,
 * connections separated by " / ", the last one for all that follow. Before each
 * word it waits for a frame. More words:
 *
 *	close          hang up
 *	hang           stay silent until the other end hangs up
 *	card:PIN:N:U   a card of user U with N tries left: it knows its PIN, and
 *	               remembers the tries from one connection to the next
 */
#ifndef SCS_TEST_PAM_FAKE_H
#define SCS_TEST_PAM_FAKE_H

/*
 * Serve `listen_fd` for ever, appending the frames that come to the file
 * `log_fd` as text. Exit status 2 for a script that makes no sense.
 */
_Noreturn void fake_authd(int listen_fd, const char *script, int log_fd);

#endif
