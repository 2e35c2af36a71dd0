/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small blocking PC/SC client over pcsc/wire.h, for tokend and its workers.
 * One struct pcsc is one connection and one context; any number of handles, one
 * request at a time, not thread safe. Nothing here reads the environment.
 *
 * Two dialects: the plain one, which any PC/SC service speaks (Debian's pcscd
 * too), and the worker one of readerd's second socket, with HOLD.
 *
 * Deadlines are clock_ms() values (base/clock.h). A deadline that passes while
 * an answer is outstanding leaves the stream out of step: the call returns
 * ERR_TIMEOUT and the connection is dead (pcsc_alive() is false; further calls
 * return ERR_SERVICE), which resets a card that was held. The exceptions, where
 * a time-out costs nothing, are pcsc_wait(), pcsc_begin() and pcsc_hold().
 *
 * All functions may return ERR_SERVICE (the service went away, or spoke
 * nonsense), ERR_TIMEOUT and ERR_NOMEM; those that name a handle also
 * ERR_REMOVED (the card left or was reset, the reader went).
 */
#ifndef SCS_PCSC_CLIENT_H
#define SCS_PCSC_CLIENT_H

#include "base/buf.h"
#include "pcsc/wire.h"

enum pcsc_dialect {
	PCSC_PLAIN,
	PCSC_WORKER,
};

struct pcsc; /* opaque, owned */

/*
 * Connect to a service's socket and establish a context.
 * ERR_SERVICE: nobody there. ERR_DENIED: not allowed for this user.
 */
MUST_CHECK err_t pcsc_open(const char *path, enum pcsc_dialect dialect,
    uint64_t deadline, struct pcsc **out);

/* The same over a connected socket; `fd` is taken, also on failure. */
MUST_CHECK err_t pcsc_open_fd(
    int fd, enum pcsc_dialect dialect, uint64_t deadline, struct pcsc **out);

/* Accepts NULL, leaves NULL. The service cleans up behind us. */
void pcsc_close(struct pcsc **c);

bool pcsc_alive(const struct pcsc *c);

/* Call `fn` about every `ms` while an answer is waited for. */
void pcsc_on_wait(struct pcsc *c, void (*fn)(void), uint64_t ms);

/* For who waits between two calls: the same, if it is time. */
void pcsc_pulse(struct pcsc *c);

/*
 * For poll(2): readable when a WANTED or the event after pcsc_watch() has come,
 * or the service is gone. Borrowed.
 */
int pcsc_fd(const struct pcsc *c);

/* PC/SC's own number for the last answer, for messages (rv_text()). */
uint32_t pcsc_rv(const struct pcsc *c);

/*
 * The protocol of the card that pcsc_hold() took, which may be another than at
 * pcsc_connect(): others reset cards, too. 0: the dialect does not say.
 */
uint32_t pcsc_spoken(const struct pcsc *c);

/* ---- readers */

#define PCSC_READERS_MAX 256

/*
 * The readers as they are now; out[cap] gets the first *n of them, empty slots
 * left out.
 */
MUST_CHECK err_t pcsc_readers(struct pcsc *c, struct wire_reader_state *out,
    size_t cap, size_t *n, uint64_t deadline);

/*
 * The same, and ask for one event at the next change of any reader: pcsc_fd()
 * becomes readable, pcsc_changed() takes the event. Between the two no other
 * call but pcsc_watch_stop() may be made on this connection: keep one
 * connection for watching alone.
 */
MUST_CHECK err_t pcsc_watch(struct pcsc *c, struct wire_reader_state *out,
    size_t cap, size_t *n, uint64_t deadline);
MUST_CHECK err_t pcsc_watch_stop(struct pcsc *c, uint64_t deadline);

/*
 * Take the event that pcsc_fd() announced, never waiting long. ERR_OK: something
 * changed, call pcsc_watch() again. ERR_TIMEOUT: nothing there yet.
 */
MUST_CHECK err_t pcsc_changed(struct pcsc *c);

/* pcsc_watch() has to precede: wait for the event. ERR_TIMEOUT: none came. */
MUST_CHECK err_t pcsc_wait(struct pcsc *c, uint64_t deadline);

/* ---- a card */

/*
 * share and protocols are SCARD_SHARE_* and SCARD_PROTOCOL_* bits; `active` is
 * the protocol that was chosen. In the worker dialect a connection is no share:
 * nobody is shut out by it, and no exclusive client shuts it out.
 *
 * ERR_ABSENT       no such reader, or no card in it
 * ERR_BUSY         somebody has it exclusively
 * ERR_UNSUPPORTED  the card does not speak these protocols
 */
MUST_CHECK err_t pcsc_connect(struct pcsc *c, const struct wire_connect *want,
    int32_t *card, uint32_t *active, uint64_t deadline);

/* A request for pcsc_connect(); a longer reader name is cut off (and unknown).
 */
struct wire_connect pcsc_want(
    const char *reader, uint32_t share, uint32_t protocols);

MUST_CHECK err_t pcsc_disconnect(
    struct pcsc *c, int32_t card, uint32_t disposition, uint64_t deadline);

/*
 * Reset the card (warm), keeping the handle; the protocol is negotiated again.
 * While the card is held the hold goes on.
 */
MUST_CHECK err_t pcsc_reset(struct pcsc *c, int32_t card, uint32_t protocols,
    uint32_t *active, uint64_t deadline);

/*
 * After somebody else's reset (pcsc_rv() is SCARD_W_RESET_CARD): make the
 * handle good again, without another reset. It is then a handle of whatever
 * card is in the reader. ERR_BUSY: another client has a transaction.
 */
MUST_CHECK err_t pcsc_reconnect(struct pcsc *c, int32_t card,
    uint32_t protocols, uint32_t *active, uint64_t deadline);

/* Is the handle still good? ERR_REMOVED if not. */
MUST_CHECK err_t pcsc_status(struct pcsc *c, int32_t card, uint64_t deadline);

/*
 * Waits while others have it. A nested one counts. A service that answers
 * "sharing violation" instead of queueing is asked again until the deadline,
 * and its last answer waited for; ERR_TIMEOUT then leaves the connection fine.
 */
MUST_CHECK err_t pcsc_begin(struct pcsc *c, int32_t card, uint64_t deadline);
MUST_CHECK err_t pcsc_end(
    struct pcsc *c, int32_t card, uint32_t disposition, uint64_t deadline);

struct pcsc_exchange {
	int32_t card;
	uint32_t protocol; /* SCARD_PROTOCOL_T0 or _T1, as connect said */
	struct span cmd; /* borrowed */
};

/*
 * One command, one answer with its status word, appended to `answer`. `cmd` is
 * copied only into memory that is wiped. `protocol` is what connect chose.
 *
 * ERR_LIMIT  cmd is longer than WIRE_DATA_MAX, or the answer than answer->max
 * ERR_IO     the card or reader failed
 */
MUST_CHECK err_t pcsc_transmit(struct pcsc *c, const struct pcsc_exchange *x,
    struct buf *answer, uint64_t deadline);

/* ---- holding a card (ARCHITECTURE.md, "Who holds the card") */

/*
 * Wait for our turn and take the card. *touched is what others have done to it
 * since this handle's last hold, WIRE_TOUCHED_*; a card that was powered anew
 * counts as used, and so does the first hold. `flags` is 0 or WIRE_HOLD_TAKE. In
 * the plain dialect this is pcsc_begin(), and *touched is always _USED.
 *
 * ERR_TIMEOUT  it was not our turn in time; nothing is held, the connection is
 *              fine
 */
MUST_CHECK err_t pcsc_hold(struct pcsc *c, int32_t card, uint32_t flags,
    uint32_t *touched, uint64_t deadline);

/*
 * Give the card to the next who waits; disposition SCARD_LEAVE_CARD or
 * SCARD_RESET_CARD. Closing a connection that holds resets the card.
 */
MUST_CHECK err_t pcsc_unhold(
    struct pcsc *c, int32_t card, uint32_t disposition, uint64_t deadline);

/*
 * Has somebody begun to wait for the card that this connection holds? Does not
 * block. Stays true until pcsc_unhold(). A dead connection says true.
 */
bool pcsc_wanted(struct pcsc *c);

/*
 * APDUs that this handle has sent to the card so far, as the reader service
 * counts them. ERR_UNSUPPORTED in the plain dialect.
 */
MUST_CHECK err_t pcsc_count(
    struct pcsc *c, int32_t card, uint64_t *apdus, uint64_t deadline);

#endif
