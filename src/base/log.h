/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One event, one line, one level. Only processes log; libraries return errors.
 * `err` needs a person, `warning` says what was done instead, `notice` is who
 * logged in how, `debug` is everything else. Never a PIN, never a pointer.
 */
#ifndef SCS_BASE_LOG_H
#define SCS_BASE_LOG_H

#include "base/err.h"

enum log_level { /* as syslog(3) */
	LOG_LV_ERR = 3,
	LOG_LV_WARNING = 4,
	LOG_LV_NOTICE = 5,
	LOG_LV_DEBUG = 7,
};

/*
 * Where lines go: descriptor `fd` (one write a line, so lines of several
 * processes do not mix), prefixed "<level>name[pid]: ". `name` is borrowed for
 * ever. Before the first call lines go to standard error.
 */
void log_init(const char *name, int fd, enum log_level max);

/*
 * Cut to 1 KiB and cleaned (base/text.h): one event is one line. Of warnings and
 * errors of one kind (one `fmt`) at most LOG_BURST are written in LOG_WINDOW_MS,
 * and the next one is preceded by how many were not: who can cause them fills no
 * disk, and drives nobody else's lines out of a journal.
 */
#define LOG_BURST 100
#define LOG_WINDOW_MS 10000
void log_at(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

/* The same, without that limit: the caller has one of its own. */
void log_counted(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

#define log_err(...) log_at(LOG_LV_ERR, __VA_ARGS__)
#define log_warning(...) log_at(LOG_LV_WARNING, __VA_ARGS__)
#define log_notice(...) log_at(LOG_LV_NOTICE, __VA_ARGS__)
#define log_debug(...) log_at(LOG_LV_DEBUG, __VA_ARGS__)

#endif
