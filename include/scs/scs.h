/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libscs: what is on the smart cards of this machine, and what they can do.
 *
 * The client side of the token service (scs-tokend). Everything public was read
 * when the card went in, so listing costs no command to the card. A connection
 * is one PIN session: what it logged in to, no other process can use. Not
 * thread safe: one connection for each thread, or a lock around it. After
 * fork() the child must open a connection of its own; calls on the parent's
 * return SCS_SERVICE, and scs_close() there leaves the parent's session alone.
 *
 * Functions that return int return enum scs_result. Outputs are untouched on
 * failure unless said otherwise. The library reads no environment, prints
 * nothing, starts no threads and handles no signals.
 */
#ifndef SCS_SCS_H
#define SCS_SCS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SCS_API __attribute__((visibility("default")))
#else
#define SCS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Results; zero is success. The numbers are part of the interface. */
enum scs_result {
	SCS_OK = 0,
	SCS_NOMEM = 1, /* no memory, or it could not be locked */
	SCS_SERVICE = 2, /* the service does not run or went away: open again */
	SCS_REMOVED = 3, /* that card has left or was reset: list again */
	SCS_ABSENT = 4, /* no such token, slot or key */
	SCS_PIN_WRONG = 5, /* ask again, with the tries that are left */
	SCS_PIN_BLOCKED = 6, /* unblock it with the PUK */
	SCS_PIN_FORM = 7, /* cannot be a PIN; was not sent to the card */
	SCS_PIN_NEEDED = 8, /* log in first */
	SCS_DENIED = 9, /* not for this user, or not now: scs_reason() */
	SCS_UNSUPPORTED = 10, /* this card, key or reader cannot do that */
	SCS_CARD = 11, /* the card refused */
	SCS_IO = 12, /* the reader failed */
	SCS_TIMEOUT = 13, /* no answer in time; the connection is closed */
	SCS_INVALID = 14, /* arguments, or an answer that makes no sense */
	SCS_BUSY = 15 /* somebody else is using the card: later */
};

struct scs; /* one connection */

/* PIV key references (SP 800-73-4 Part 1, table 4b). */
enum scs_slot {
	SCS_SLOT_AUTH = 0x9a,
	SCS_SLOT_SIGN = 0x9c,
	SCS_SLOT_KEYMGMT = 0x9d,
	SCS_SLOT_CARDAUTH = 0x9e,
	SCS_SLOT_RETIRED_FIRST = 0x82,
	SCS_SLOT_RETIRED_LAST = 0x95
};

enum scs_item_flags {
	SCS_ITEM_KEY = 1 << 0, /* the card has the private key */
	SCS_ITEM_SIGN = 1 << 1,
	SCS_ITEM_DECRYPT = 1 << 2,
	SCS_ITEM_DERIVE = 1 << 3,
	SCS_ITEM_LOGIN = 1 << 4 /* pairing, mapping and login use this key */
};

/* When a key wants the PIN: never, once a session, for every use. */
enum scs_pin_policy {
	SCS_PIN_NEVER,
	SCS_PIN_ONCE,
	SCS_PIN_ALWAYS
};

/* What the bytes to sign are: a whole padded block, a DigestInfo, a digest. */
enum scs_mech {
	SCS_RSA_RAW = 1,
	SCS_RSA_PKCS1 = 2,
	SCS_ECDSA = 3
};

#define SCS_PKHH_SIZE 20
#define SCS_RESULT_MAX 1024 /* room for the answer of any key */

/*
 * A certificate, a key, or both. Strings are UTF-8 without control characters;
 * they say what the card says, which nobody has checked.
 */
struct scs_item {
	uint8_t slot;
	const char *cert_label; /* "Certificate For PIV Authentication (CN)" */
	const char *key_label; /* "Key For PIV Authentication (CN)" */
	/* SHA-1 of the contents of the public key's BIT STRING */
	uint8_t pkhh[SCS_PKHH_SIZE];
	size_t pkhh_len; /* SCS_PKHH_SIZE, or 0: no public key is known */
	uint8_t alg; /* 05 07 16 (RSA), 11 14 (P-256, P-384); 0 unknown */
	uint16_t bits;
	unsigned int flags; /* enum scs_item_flags */
	unsigned int pin; /* enum scs_pin_policy */
	const uint8_t *cert; /* DER, not checked in any way; NULL: none */
	size_t cert_len;
	const uint8_t *spki; /* DER SubjectPublicKeyInfo; NULL: none */
	size_t spki_len;
};

struct scs_token {
	uint64_t insertion; /* names this card until it leaves */
	const char *id; /* "com.apple.pivtoken:00112233…" */
	const char *reader;
	const char *driver; /* "com.apple.CryptoTokenKit.pivtoken" */
	const uint8_t *atr;
	size_t atr_len;
	int login; /* its driver may be used for login */
	int pinpad; /* the reader takes the PIN itself: pass none */
	unsigned int pin_min, pin_max; /* characters */
	const struct scs_item *items;
	size_t items_n;
	const char *const *problems; /* what is missing, what that prevents */
	size_t problems_n;
};

/*
 * Connect to the token service under `prefix` (NULL: this machine's).
 * SCS_SERVICE: it does not run. SCS_INVALID: a prefix that is not absolute.
 * SCS_DENIED: this user may not; or this is root, and somebody else could have
 * put the service's socket there.
 */
SCS_API int scs_open(const char *prefix, struct scs **out);

/* End the PIN session. Accepts NULL, leaves NULL. */
SCS_API void scs_close(struct scs **s);

/*
 * How long each call may take; 0 is the default: 15 seconds for what needs no
 * card, 90 for what does (a queue, a slow key, a PIN pad).
 */
SCS_API void scs_set_timeout(struct scs *s, unsigned int ms);

/*
 * The tokens of all cards in all readers. The array belongs to `s` and is valid
 * until the next successful scs_list() or scs_close().
 */
SCS_API int scs_list(struct scs *s, const struct scs_token **tokens, size_t *n);

/*
 * Being told: after scs_watch() the service says when the list has changed.
 * scs_fd() is a descriptor for poll(2), -1 after the connection was lost; when
 * it is readable, scs_changed() takes what is there without waiting. Events
 * that came during another call are not readable any more: ask scs_changed()
 * once before each poll.
 */
SCS_API int scs_watch(struct scs *s);
SCS_API int scs_fd(const struct scs *s);
SCS_API int scs_changed(struct scs *s, int *changed);

/* PIN tries left; -1 when the card does not say. Presents nothing. */
SCS_API int scs_tries(struct scs *s, uint64_t insertion, int *tries);

/* Borrowed bytes; { NULL, 0 } is none. */
struct scs_bytes {
	const void *p;
	size_t n;
};

/*
 * A copy of a card that got the PIN could keep it. So before a PIN or PUK goes to
 * a card, by the functions below or from a PIN pad, those that are being read
 * are waited for, at most 10 seconds; then, if another one shows the same login
 * key or the same token id, SCS_DENIED: scs_reason() names both readers. Only
 * cards without any key or certificate may have one id. scs_list() has both.
 */

/*
 * Present the PIN. It is copied to locked memory and sent once; the caller
 * wipes its own. Whenever the service tells, and always on SCS_PIN_WRONG,
 * *tries (may be NULL) is what is left, -1 when the card does not say.
 */
SCS_API int scs_login(
    struct scs *s, uint64_t insertion, struct scs_bytes pin, int *tries);
SCS_API int scs_logout(struct scs *s, uint64_t insertion);

/* *tries as in scs_login(): of the old PIN, or of the PUK. */
SCS_API int scs_change_pin(struct scs *s, uint64_t insertion,
    struct scs_bytes old, struct scs_bytes pin, int *tries);
SCS_API int scs_unblock(struct scs *s, uint64_t insertion, struct scs_bytes puk,
    struct scs_bytes pin, int *tries);

/* A private key: of which card, in which slot. */
struct scs_key {
	uint64_t insertion;
	unsigned int slot;
};

/*
 * Where an answer goes: room for `cap` bytes. `len` is set to its length, also
 * when it does not fit (SCS_INVALID, nothing written). SCS_RESULT_MAX bytes are
 * always enough.
 */
struct scs_answer {
	uint8_t *p; /* the caller's */
	size_t cap, len;
};

/* `pin` is for a key that wants it for each use, else none. */
SCS_API int scs_sign(struct scs *s, const struct scs_key *key,
    unsigned int mech, struct scs_bytes data, struct scs_bytes pin,
    struct scs_answer *out);

/* RSA; the answer is the whole block, still padded. */
SCS_API int scs_decrypt(struct scs *s, const struct scs_key *key,
    struct scs_bytes block, struct scs_bytes pin, struct scs_answer *out);

/* ECDH with the other side's point 04 X Y; the answer is the x-coordinate. */
SCS_API int scs_derive(struct scs *s, const struct scs_key *key,
    struct scs_bytes point, struct scs_bytes pin, struct scs_answer *out);

/* Why the last call on `s` failed, for people. Borrowed until the next call. */
SCS_API const char *scs_reason(const struct scs *s);

/* A result for people: "the PIN is wrong". Never NULL. */
SCS_API const char *scs_result_text(int result);

#ifdef __cplusplus
}
#endif

#endif
