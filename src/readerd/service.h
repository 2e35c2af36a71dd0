/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The reader service as data: slots (readers that were ever seen), clients,
 * drivers. One thread, one loop; every list belongs to this struct.
 *
 *	client.h   one connection, its frames, one request in work
 *	slot.h     one reader, its card, and the queue of who wants the card
 *	ifd.h      the channel to one driver's process
 */
#ifndef SCS_READERD_SERVICE_H
#define SCS_READERD_SERVICE_H

#include <systemd/sd-event.h>

#include "readerd/access.h"
#include "readerd/client.h"
#include "readerd/ifd.h"
#include "readerd/slot.h"

struct hotplug;
struct prefs;
struct watch;

#define SLOTS_MAX 256 /* 4:6's array; older clients see 16 */
#define IFDS_STATIC 120 /* drivers that are there from the start */
#define IFDS_MAX 128 /* and those of USB readers */
#define CONTEXTS_PER_UID 256 /* of those without privileges */
/*
 * A driver gives a card up after its time limit, and may try a second time, with
 * a reset. It answers within twice the limit and a little more, or it hangs.
 */
#define CARD_TIMEOUT_MS 60000u
#define DRIVER_TIMEOUT_MS(card_ms) (2 * (uint64_t)(card_ms) + 10000)

#define HANDLES_PER_CONTEXT 200
#define HANDLES_PER_SLOT 4096
#define HANDLES_PER_UID 1024 /* of a slot; of those without privileges */

struct service {
	sd_event *ev; /* owned; NULL in tests */
	struct slot *slots[SLOTS_MAX];
	size_t slots_n; /* never shrinks */
	struct client *clients;
	size_t clients_n, clients_max;
	struct ifd ifds[IFDS_MAX];
	size_t ifds_n;
	struct access access;
	uint16_t events; /* readers added or removed, 1, 2, ... */
	bool log_next; /* log the APDUs of the next reader that appears */
	/* called when `log_next` was used up; NULL: nobody to tell */
	void (*log_used)(struct service *svc);
	/* logging.c */
	bool logging; /* the preference, as it was last */
	bool clearing; /* it will be turned off, by us */
	bool journal; /* there is a socket to it */
	struct prefs *prefs; /* owned; NULL: not read */
	struct watch *prefs_watch;
	int control; /* channel to scsd; -1: none */
	bool looking; /* for the USB readers that are there at the start */
	bool settling; /* what readers there are is not known yet */
	struct hotplug *hotplug; /* borrowed; NULL: no USB readers */
	uint64_t driver_ms; /* a driver that takes longer hangs */
};

/* Everything but the sockets. `ev` may be NULL (tests). */
void service_init(struct service *svc, sd_event *ev);
void service_done(struct service *svc);

/*
 * There are drivers 0 to n - 1. The first slot of each has its place in the
 * array from now on, whichever process is up first.
 */
void service_drivers(struct service *svc, size_t n);

/*
 * The readers that are there at the start are known, and what is in them: each
 * driver has shown that, or has failed once.
 */
bool service_settled(const struct service *svc);

/* Clients that have asked about readers meanwhile (NEEDS_READERS) are answered. */
void service_settle(struct service *svc);

/* A reader that is there. NULL: unknown. */
struct slot *service_find(struct service *svc, const char *name);

/*
 * The slot of this driver and number, made at first use and kept for ever, so
 * that a reader that comes back is in the same place of the array. NULL: too
 * many, or no memory.
 */
struct slot *service_slot(
    struct service *svc, struct ifd *ifd, uint16_t number);

/* Something in the states array has changed: one event to each who waits. */
void service_changed(struct service *svc);

/* A reader came or went: the same, and the count of such events. */
void service_reader_event(struct service *svc);

/* A 31-bit number from the kernel, not 0. */
uint32_t service_random(void);

#endif
