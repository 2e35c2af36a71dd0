/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Logging is one-shot (SmartCardServices(7)): when a reader has used it up, the
 * preference is turned off, which root alone may do. A child does it, since
 * what is read and written again is a property list, and scsd parses none.
 */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "prefs/prefs.h"
#include "scsd/scsd.h"

#define CHILD_SEC 10

/* 0: done, or nothing to do. */
static int
clear(const char *prefix)
{
	static const struct pref_value off = { .type = PREF_BOOL };
	CLEANUP(prefs_close) struct prefs *p = NULL;
	struct why why = { 0 };
	err_t e;

	(void)alarm(CHILD_SEC);
	(void)umask(022); /* everybody may read preferences */
	if ((e = prefs_open(prefix, &p))) {
		log_err("preference Logging: %s", err_text(e));
		return 1;
	}
	if (!prefs_bool(p, PREF_LOGGING))
		return 0;
	if (prefs_origin(p, PREF_LOGGING) != PREF_SYSTEM) {
		log_warning("preference Logging: a profile keeps it on");
		return 0;
	}
	e = prefs_set(prefix, PREFS_SMARTCARD, "Logging", &off, &why);
	if (e != ERR_OK)
		log_err("preference Logging is not turned off: %s",
		    why_text(&why, e));
	return e == ERR_OK ? 0 : 1;
}

static int
on_exit_child(sd_event_source *src UNUSED, const siginfo_t *si, void *data)
{
	struct scsd *d = data;

	if (si->si_code != CLD_EXITED || si->si_status != 0)
		log_err("preference Logging may still be on: turn it off");
	d->clear_log = sd_event_source_disable_unref(d->clear_log);
	return 0;
}

void
clear_log(struct scsd *d)
{
	pid_t pid;

	if (d->clear_log != NULL)
		return;
	if ((pid = fork()) == 0)
		_exit(clear(d->opt.prefix));
	if (pid < 0 ||
	    sd_event_add_child(
		d->ev, &d->clear_log, pid, WEXITED, on_exit_child, d) < 0)
		log_err("no process to turn the preference Logging off");
}
