/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor's own state, shared by its files: what was asked for on the
 * command line, the services, their workers.
 */
#ifndef SCS_SCSD_SCSD_H
#define SCS_SCSD_SCSD_H

#include <systemd/sd-event.h>

#include "base/path.h"
#include "ipc/control.h"
#include "reader/config/reader-conf.h"
#include "scsd/bundles.h"
#include "scsd/drivers.h"
#include "scsd/spawn.h"
#include "scsd/users.h"

#define READERS_MAX 120 /* drivers of no bus: readerd's IFDS_STATIC */
#define VIRTUAL_MAX 16 /* virtual readers */
#define DRIVERS_MAX 128 /* workers of readerd: its IFDS_MAX */
#define TOKENS_WORKERS_MAX 64 /* workers of tokend: TOKENS_MAX */
#define WORKERS_MAX (DRIVERS_MAX + TOKENS_WORKERS_MAX)
#define ARGS_MAX 64

enum service_id {
	SVC_READERD,
	SVC_TOKEND,
	SVC_AUTHD,
	SVC_COUNT
};

/*
 * Restart delays: doubled at each death, back to the first after a calm minute.
 * What was ready before it died can serve: whoever kills it, it is soon back.
 * Milliseconds.
 */
#define BACKOFF_FIRST 100
#define BACKOFF_READY 400
#define BACKOFF_MAX 10000
#define CALM_AFTER 60000

/* A service that has said ALIVE once must go on saying it. Seconds. */
#define WATCHDOG_SEC 30

struct options {
	const char *prefix; /* "" for the system */
	const char *libexec; /* folder of the services' programs */
	const char *pcscd; /* socket of a pcscd that has the readers, or NULL */
	const char *virtual_names[VIRTUAL_MAX];
	unsigned int virtual_n;
	const char *reader_conf; /* folder; NULL: /etc/reader.conf.d */
	const char *card_timeout; /* milliseconds; NULL: the default */
	bool access_all; /* every local user may see the cards (tests) */
	bool debug;
};

struct scsd;

struct service {
	struct scsd *d;
	enum service_id id;
	const char *name, *program;
	struct user_id user;
	int listen[2]; /* -1: none; become 4, 5 in the service */
	int control; /* our end; -1 while it does not run */
	pid_t pid; /* 0 while it does not run */
	bool ready;
	bool was_ready; /* the process before */
	uint64_t started_ms;
	uint64_t backoff_ms;
	uint64_t alive_ms; /* last ALIVE; 0: never said */
	sd_event_source *child, *io, *restart;
};

struct worker {
	struct service *owner; /* NULL: free entry */
	uint32_t kind, cookie;
	unsigned int slot; /* the number of its user id */
	uint32_t
	    device; /* a USB reader's: usb_pack(), given to `uid`; 0: none */
	uid_t uid;
	char line[READER_CONF_PATH]; /* a node given to `uid` by its name */
	pid_t pid;
	bool given_up; /* killed at its owner's wish */
	sd_event_source *child;
};

struct scsd {
	sd_event *ev;
	struct options opt;
	bool separate; /* we are root: every process has a user of its own */
	bool stopping;
	struct service services[SVC_COUNT];
	struct worker workers[WORKERS_MAX];
	int virtual_listen[VIRTUAL_MAX];
	/* drivers: the virtual ones come first, then these */
	struct reader_list readers;
	struct bundles bundles; /* of USB readers' drivers */
	struct watch *watch; /* of both; NULL: none */
	sd_event_source *clear_log; /* while that child runs */
};

/* service.c */
bool service_used(const struct scsd *d, enum service_id id);
MUST_CHECK err_t service_init(struct scsd *d); /* users, sockets */
MUST_CHECK err_t service_start(struct service *s);
void service_stop_all(struct scsd *d); /* SIGTERM to all */
unsigned int service_running(const struct scsd *d);
/* Kill those whose watchdog ran out, find those that ended unseen. */
void service_watch(struct scsd *d);

/* worker.c */
void worker_spawn(struct service *s, const struct control *request);
void worker_kill(struct service *s, uint32_t cookie); /* one of its own */
void worker_kill_all_of(struct service *s);
void worker_watch(struct scsd *d); /* find those that ended unseen */
void worker_end_all(struct scsd *d); /* we end: kill, take devices back */
unsigned int worker_running(const struct scsd *d);

/*
 * A child that is traced ends without its parent's being told, and the
 * event source for it has then had its one wake-up: give it another. NULL: none.
 */
void child_look_again(sd_event_source *child);

/* clear-log.c: turn the preference Logging off, by a child */
void clear_log(struct scsd *d);

/* The absolute path of a program in libexec. ERR_LIMIT: too long. */
MUST_CHECK err_t scsd_program(
    const struct scsd *d, const char *name, char out[SCS_PATH_MAX]);

#endif
