/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/logging.h"

#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/log.h"
#include "base/path.h"
#include "prefs/prefs.h"
#include "prefs/watch.h"
#include "readerd/service.h"

#define JOURNAL "/run/systemd/journal/socket"

static bool
journal_there(void)
{
	return access(JOURNAL, W_OK) == 0;
}

void
logging_line(const struct slot *s, const char *line)
{
	if (s->svc->journal && journal_there() &&
	    sd_journal_send("MESSAGE=%s", line, "PRIORITY=%d", LOG_LV_NOTICE,
		"SYSLOG_IDENTIFIER=scs-readerd", "SUBSYSTEM=" LOGGING_SUBSYSTEM,
		"CATEGORY=" LOGGING_CATEGORY, "READER=%s", s->name, NULL) >= 0)
		return;
	log_notice("[" LOGGING_SUBSYSTEM ":" LOGGING_CATEGORY
		   "] reader \"%s\": %s",
	    s->name, line);
}

void
logging_reader(struct slot *s)
{
	struct service *svc = s->svc;

	s->log = (struct apdulog){ .on = svc->log_next };
	if (!svc->log_next)
		return;
	log_notice("reader \"%s\": its APDUs are logged until it is unplugged",
	    s->name);
	svc->log_next = false; /* one-shot */
	svc->clearing = svc->logging;
	if (svc->log_used != NULL)
		svc->log_used(svc);
}

static void
end_all(struct service *svc)
{
	svc->log_next = false;
	for (size_t i = 0; i < svc->slots_n; i++)
		svc->slots[i]->log.on = false;
	log_notice("APDUs are not logged any more");
}

/* Turned off by us it ends no log; by an administrator it does. */
void
logging_set(struct service *svc, bool on)
{
	bool before = svc->logging;

	svc->logging = on;
	if (on == before)
		return;
	if (on) {
		svc->log_next = true;
		log_notice("the APDUs of the next reader that appears are "
			   "logged");
	} else if (svc->clearing) {
		svc->clearing = false;
	} else {
		end_all(svc);
	}
}

static void
on_change(void *ctx)
{
	struct service *svc = ctx;
	const char *problem;

	prefs_reload(svc->prefs);
	for (size_t i = 0; (problem = prefs_problem(svc->prefs, i)); i++)
		log_err("preferences: %s", problem);
	logging_set(svc, prefs_bool(svc->prefs, PREF_LOGGING));
}

err_t
logging_start(struct service *svc, const char *prefix)
{
	static const char *const rel[] = { PATH_MANAGED_DIR, PATH_PREFS_DIR };
	const struct watch_below what = { prefix, rel, nitems(rel) };
	err_t e;

	if ((e = prefs_open(prefix, &svc->prefs)) ||
	    (e = watch_new_below(
		 svc->ev, &what, on_change, svc, &svc->prefs_watch)))
		return e;
	/* libsystemd makes its socket at the first line, and we cannot later */
	svc->journal =
	    sd_journal_send("MESSAGE=started", "PRIORITY=%d", LOG_LV_DEBUG,
		"SYSLOG_IDENTIFIER=scs-readerd", NULL) >= 0;
	on_change(svc);
	return ERR_OK;
}

void
logging_stop(struct service *svc)
{
	watch_free(&svc->prefs_watch);
	prefs_close(&svc->prefs);
}
