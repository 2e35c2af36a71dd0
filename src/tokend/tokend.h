/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scs-tokend's own state, shared by its files: the cards that are in, each with
 * its worker, and the clients. Single-threaded; everything waits in one loop.
 */
#ifndef SCS_TOKEND_TOKEND_H
#define SCS_TOKEND_TOKEND_H

#include "ipc/server.h"
#include "ipc/token-proto.h"
#include "pcsc/client.h"
#include "tokend/access.h"
#include "tokend/pace.h"
#include "tokend/puks.h"
#include "tokend/recall.h"

#define LEAVING_MAX 128 /* scsd's workers */

/* A request on its way to a worker; the first of the queue is in work. */
struct pending {
	struct pending *next;
	struct client *client; /* NULL: nobody waits for the answer any more */
	uint16_t type;
	struct msg msg; /* owned, with its secret until it is sent */
};

/* A card that is in, and the worker that speaks with it. */
struct entry {
	struct entry *next;
	struct tokend *d;
	char reader[TOKEN_READER_MAX];
	uint32_t events; /* the reader's counter: tells card from card */
	uint64_t insertion; /* never used twice */
	uint32_t cookie; /* of the worker that was asked for; 0: none */
	int fd; /* to the worker; -1: none */
	sd_event_source *io, *retry;
	struct buf in, out;
	struct buf token; /* as the worker reported it; empty: not yet */
	char id[TOKEN_ID_MAX], driver[TOKEN_DRIVER_MAX]; /* the same */
	struct recall recall; /* what its workers want remembered */
	struct pending *queue;
	bool paced; /* it came and went: it has to stay before it is read */
	bool kept; /* others keep its card, or its worker, from us */
	uint64_t ready_ms; /* clock_ms() when this worker got ready; 0: not */
	uint64_t backoff_ms; /* the next pause before a worker; 0: the first */
	unsigned int unready; /* workers in a row that never got ready */
	sd_event_source *timer; /* patience.c */
	uint64_t quiet_ms, until_ms;
};

/* How long who may take for what; milliseconds (patience.c). */
struct patience {
	uint64_t spawn_ms; /* scsd, to start a worker */
	uint64_t read_ms; /* a worker without a word, until it has read */
	uint64_t quiet_ms; /* without a word, with a request */
	uint64_t request_ms; /* with a request, words or not */
	uint64_t leave_ms; /* to end, when its channel is closed */
};

extern const struct patience patience_default;

/* A worker that should be on its way out. */
struct leaving {
	uint32_t cookie; /* 0: unused */
	uint64_t by_ms;
};

/* One connection of a client: one PIN session with each card. */
struct client {
	struct tokend *d;
	struct conn *conn;
	uint64_t session; /* never used twice */
	bool watching;
	sd_event_source *settle; /* settle.c; NULL: it does not wait */
	uint64_t settle_by_ms;
	uint64_t
	    logins[TOKENS_MAX]; /* cards that were sent its LOGIN; 0: none */
};

struct tokend {
	sd_event *ev;
	struct server *server;
	struct access access;
	struct entry *entries;
	uint64_t last_insertion, last_session;
	uint32_t last_cookie;
	const char *pcsc_path;
	struct pcsc *pcsc; /* watches the readers; NULL: not connected */
	sd_event_source *pcsc_io, *pcsc_retry;
	uint64_t pcsc_backoff_ms;
	uint64_t pcsc_lost_ms; /* clock_ms() when it went; 0: it is there */
	char gone[TOKEN_READER_MAX]; /* the reader that went with its card */
	uint64_t gone_ms; /* clock_ms() when it did */
	int control; /* -1: standalone, workers are our own children */
	const char *reader_path, *worker_program; /* standalone */
	bool debug;
	struct patience patience;
	struct leaving leaving[LEAVING_MAX];
	sd_event_source *leave_timer;
	struct paces paces;
	struct puks puks;
	struct recalls recalls;
	uint32_t drivers_off; /* bits as driver_id() counts (drivers.c) */
	struct prefs *prefs; /* NULL: none are read */
	struct watch *prefs_watch;
};

/* watch.c */
void watch_start(struct tokend *d); /* now and whenever the service is back */
void watch_stop(struct tokend *d);

/* entry.c */
void entry_add(struct tokend *d, const char *reader, uint32_t events);
void entry_remove(struct entry *e); /* the card is gone, or its reader */
/* The service is gone, or silent. */
void entry_lost(struct entry *e, enum recall_loss loss);
struct entry *entry_find(struct tokend *d, const char *reader);
struct entry *entry_by_insertion(struct tokend *d, uint64_t insertion);
bool entry_listed(const struct entry *e);
/* Its card will be listed soon, as far as one can tell. */
bool entry_reading(const struct entry *e);

/* The worker that was asked for with `cookie`: its end (taken), or why not. */
void entry_worker(struct tokend *d, uint32_t cookie, int fd, err_t e);
void entry_worker_gone(struct tokend *d, uint32_t cookie);
void entry_hung(struct entry *e); /* patience is at its end */
void entry_drivers_changed(struct entry *e); /* some were turned on or off */

/* Its channel is over; ERR_REMOVED: by its end; ERR_BUSY: others kept the card
 * from it; else by what it said. */
void entry_channel_over(struct entry *e, err_t why);

/* channel.c: what is said to a worker and what it says */
MUST_CHECK err_t channel_open(struct entry *e, int fd); /* taken */
void channel_close(struct entry *e); /* who waits hears that it is gone */

/* Queue a request; m's contents are taken. ERR_REMOVED: there is no worker. */
MUST_CHECK err_t entry_request(
    struct entry *e, struct client *from, struct msg *m);

/*
 * The client is gone: its sessions end, nobody waits for its answers, and what
 * its card has not been told yet is not sent: no PIN of somebody who has left.
 */
void entry_forget_client(struct entry *e, struct client *c);

/* patience.c: something is waited for that long without a word, and at most so
 * long altogether; DEADLINE_NONE: no end to that */
void patience_begin(struct entry *e, uint64_t quiet_ms, uint64_t most_ms);
void patience_word(struct entry *e);
void patience_end(struct entry *e);
void worker_kill(struct tokend *d, uint32_t cookie);
void worker_leaves(struct tokend *d, uint32_t cookie); /* or is killed soon */
void worker_left(struct tokend *d, uint32_t cookie);

/* drivers.c: the preference DisabledTokens below this prefix, live */
MUST_CHECK err_t drivers_start(struct tokend *d, const char *prefix);
void drivers_stop(struct tokend *d);

/* spawn.c: ask for a worker; entry_worker() answers, perhaps at once. */
void spawn_worker(struct tokend *d, uint32_t cookie);

/* settle.c: TOK_SETTLED */
MUST_CHECK err_t client_settle(struct client *c);
void client_settle_end(struct client *c);

/* client.c */
extern const struct server_ops client_ops;
/* Where it is noted that the card has its LOGIN; NULL: no room. */
uint64_t *client_login(struct client *c, uint64_t insertion);
void client_answer(struct client *c, err_t e, const struct why *why);
void client_relay(struct client *c, const struct msg *answer);
void clients_changed(struct tokend *d); /* the list is another one */

#endif
