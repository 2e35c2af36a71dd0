/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a process may still do once it has started: nothing that gains
 * privileges, no core dump, and of the system calls only those of the groups it
 * names. A call outside them kills the process (the supervisor starts it
 * again), so an attacker in a parser cannot look around by trying.
 */
#ifndef SCS_SANDBOX_SANDBOX_H
#define SCS_SANDBOX_SANDBOX_H

#include "base/err.h"

enum sandbox_group {
	/* compute on memory, read and write what is open, know the time */
	SANDBOX_COMPUTE = 0,
	/* send, receive and wait on sockets that are open */
	SANDBOX_SOCKETS = 1 << 0,
	/* an event loop: epoll, timers, signals, accepting clients */
	SANDBOX_LOOP = 1 << 1,
	/* connect to AF_UNIX sockets; no other kind of socket can be made */
	SANDBOX_CONNECT = 1 << 2,
	/* open and look at files, for reading alone; watch folders */
	SANDBOX_READ_FILES = 1 << 3,
	/* fork and wait for children, and signal them */
	SANDBOX_FORK = 1 << 4,
	/* add further filters (a child that narrows itself down), and no more */
	SANDBOX_NARROW = 1 << 5,
	/*
	 * libraries that nobody here wrote are loaded when they are needed: the
	 * name services of passwd. Files may be mapped as code, and a call
	 * outside the groups fails instead of killing
	 */
	SANDBOX_STRANGERS = 1 << 6,
	/*
	 * for code of other people that expects a process of its own: threads,
	 * devices open for writing, local and netlink sockets. What is outside
	 * is refused with EPERM instead of death, since nobody here knows what
	 * it tries by habit; other processes, exec, new files and terminals
	 * stay out of reach
	 */
	SANDBOX_FOREIGN = 1 << 7,
	/* with the one before: internet sockets */
	SANDBOX_INTERNET = 1 << 8,
};

/*
 * Before anything from outside is read, and before sandbox_enter(): not
 * dumpable (so no process of the same user can trace us or read our memory), no
 * core file, no new privileges, no terminal that could be typed into (a session
 * of its own, unless the process leads a group already); all memory locked
 * where there is no limit to that, since APDUs in buffers may carry a PIN.
 * ERR_IO: one of the first three failed.
 */
MUST_CHECK err_t sandbox_harden(void);

/*
 * Cap what this process may allocate, so that a leak in code of other people
 * ends it and not the machine: its own memory, and half a gibibyte more of
 * what is mapped in any way, shared memory too. Nothing in builds with
 * sanitizers. ERR_IO.
 */
MUST_CHECK err_t sandbox_memory(size_t bytes);

/*
 * From here on only SANDBOX_COMPUTE and the groups in `groups` (bits), for
 * every thread of the process. Can be repeated with fewer groups if
 * SANDBOX_NARROW was among them. Memory can no longer be made executable, but
 * from files with SANDBOX_STRANGERS. ERR_IO: the kernel or libseccomp refused;
 * the caller must not go on.
 */
MUST_CHECK err_t sandbox_enter(unsigned int groups);

#endif
