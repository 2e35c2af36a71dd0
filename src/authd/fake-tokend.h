/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests: a token service in a process of its own that shows the cards it is
 * told to show, signs with real keys, and lies on demand. What it shows and
 * what it was asked lie in memory that the test shares with it.
 */
#ifndef SCS_AUTHD_FAKE_TOKEND_H
#define SCS_AUTHD_FAKE_TOKEND_H

#include <sys/types.h>

#include "directory/pairing.h"
#include "ipc/token-proto.h"

enum fake_key { /* made once, with certificates for all purposes */
	FAKE_RSA,
	FAKE_P256,
	FAKE_P384,
	FAKE_OTHER, /* P-256: another card's */
	FAKE_CARD_AUTH, /* P-256: its certificate says id-PIV-cardAuth */
	FAKE_WEAK, /* RSA 1024 */
	FAKE_KEYS
};

enum fake_lie {
	LIE_NONE,
	LIE_RANDOM_SIGNATURE,
	LIE_OTHER_KEY, /* a card that has only the certificate */
	LIE_SHORT_SIGNATURE,
	LIE_LONG_SIGNATURE,
	LIE_EMPTY_SIGNATURE,
	LIE_REPLAY, /* the signature of the login before */
	LIE_OTHER_DIGEST, /* by the right key, of something else */
	LIE_CLOSE, /* in the middle of the answer */
	LIE_HUGE_FRAME,
	LIE_GARBAGE, /* an answer of the right type with a wrong body */
	LIE_WRONG_TYPE,
	LIE_UNKNOWN_ERROR, /* an err_t that does not exist */
	LIE_LIST_GARBAGE,
	LIE_LIST_HUGE_COUNT,
};

struct fake_item {
	uint8_t slot, flags;
	enum fake_key key; /* signs */
	enum fake_key cert; /* is shown */
	bool no_cert, bad_cert;
};

#define FAKE_ITEMS 4
#define FAKE_CARDS 3
#define FAKE_PINS 8

struct fake_card {
	const char *id; /* lives in both processes: a literal */
	uint8_t flags; /* enum token_flags */
	struct fake_item items[FAKE_ITEMS];
	size_t items_n;
	bool signs_without_pin;
};

struct fake {
	struct fake_card cards[FAKE_CARDS];
	size_t cards_n;
	size_t
	    cards_soon; /* cards_n when they all have been read; 0: it is so */
	bool slow; /* one is not read in time */
	enum fake_lie lie;
	char pin[16];
	uint8_t tries; /* left, on every card */
	uint8_t say_tries; /* TOK_TRIES and refusals say this, if not 0 */
	uint32_t refuse; /* TOK_VERIFY_SIGN fails with this err_t, if set */
	/* what happened */
	unsigned int presented; /* PINs that reached the card */
	char pins[FAKE_PINS][16];
	unsigned int signatures, probes;
	uint8_t digest[64]; /* the data last signed */
	size_t digest_n;
	uint8_t honest[1024]; /* the last signature without a lie */
	size_t honest_n;
};

/* Make keys and certificates; once. */
void fake_init(void);

/* Serve at `path` until fake_stop(); the shared memory is zeroed. */
struct fake *fake_start(const char *path, pid_t *pid);
void fake_stop(struct fake **f, pid_t *pid);

/* The hash of a key's certificate, as pairings name it. */
struct pkhh fake_hash(enum fake_key key);

/* One PIV card: 9A with `key`, a 9D, PIN 123456, three tries, no lie. */
void fake_reset(struct fake *f, enum fake_key key);

#endif
