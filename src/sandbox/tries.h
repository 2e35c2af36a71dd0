/* SPDX-License-Identifier: BSD-2-Clause */
/* What a confined process tries, for tests. */
#ifndef SCS_SANDBOX_TRIES_H
#define SCS_SANDBOX_TRIES_H

#include "base/err.h"

/* In a child, in the sandbox: did the call work? Killed counts as no. */
bool works(unsigned int groups, int (*try)(void));

/* 0: it worked; otherwise it did not. */
int try_open_read(void);
int try_open_write(void);
int try_inet(void);
int try_unix(void);
int try_bind(void);
int try_exec(void);
int try_fork(void);
int try_ptrace(void);
int try_kill(void);
int try_tgkill(void);
int try_raise(void);
int try_limit_of_another(void);
int try_namespace(void);
int try_library(void);
int try_memory_that_says_file(void);
int try_library_to_be_changed(void);
int try_executable_memory(void);
int try_setuid(void);
int try_digest(void);
int try_packet(void);
int try_device(void);
int try_thread(void);
int try_typing(void);
int try_fionread(void);
int try_dumpable(void);
int try_device_request(void);
int try_serial_request(void);
int try_typing_at_length(void);
int try_outlive(void);
int try_die_along(void);
int try_pidfd(void);
#if defined(__x86_64__)
int try_i386(void);
int try_x32(void);
#endif

#endif
