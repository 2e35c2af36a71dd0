/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libscs: what is on the smart cards of this machine, and what they can do.
 *
 * The client side of the token service (scs-tokend). Everything public was read
 * when the card went in, so listing costs no command to the card. A connection
 * is one PIN session: what it logged in to, no other process can use. Not
 * thread safe: one connection for each thread, or a lock around it. After
 * fork() the child must open a connection of its own; calls on the parent's
 * return SCS_SERVICE.
 */
#ifndef SCS_SCS_H
#define SCS_SCS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Results; zero is success. The numbers are part of the interface. */
enum scs_result {
	SCS_OK = 0,
	SCS_NOMEM = 1,
	SCS_SERVICE = 2, /* the service does not run or went away */
	SCS_REMOVED = 3, /* that card has left or was reset: list again */
	SCS_ABSENT = 4, /* no such token, slot or key */
	SCS_PIN_WRONG = 5, /* see scs_tries() */
	SCS_PIN_BLOCKED = 6, /* unblock it with the PUK */
	SCS_PIN_FORM = 7, /* cannot be a PIN; was not sent to the card */
	SCS_PIN_NEEDED = 8, /* log in first */
	SCS_DENIED = 9, /* not allowed for this user */
	SCS_UNSUPPORTED = 10,
	SCS_CARD = 11, /* the card refused */
	SCS_IO = 12, /* reader or socket failed */
	SCS_TIMEOUT = 13,
	SCS_INVALID = 14 /* arguments, or an answer that makes no sense */
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
	SCS_ITEM_KEY = 1 << 0,
	SCS_ITEM_SIGN = 1 << 1,
	SCS_ITEM_DECRYPT = 1 << 2,
	SCS_ITEM_DERIVE = 1 << 3,
	SCS_ITEM_LOGIN = 1 << 4 /* pairing, mapping and login use this key */
};

enum scs_pin_policy {
	SCS_PIN_NEVER,
	SCS_PIN_ONCE,
	SCS_PIN_ALWAYS
};

enum scs_mech {
	SCS_RSA_RAW = 1,
	SCS_RSA_PKCS1 = 2,
	SCS_ECDSA = 3
};

/* A certificate and its key. Strings are UTF-8 without control characters. */
struct scs_item {
	uint8_t slot;
	const char *cert_label; /* "Certificate For PIV Authentication (CN)" */
	const char *key_label; /* "Key For PIV Authentication (CN)" */
	uint8_t pkhh[20]; /* SHA-1 of the public key's BIT STRING contents */
	uint8_t alg; /* 07 05 16 (RSA), 11 14 (P-256, P-384); 0 unknown */
	uint16_t bits;
	unsigned int flags; /* enum scs_item_flags */
	unsigned int pin; /* enum scs_pin_policy */
	const uint8_t *cert; /* DER, not checked in any way; NULL: none */
	size_t cert_len;
	const uint8_t *spki; /* DER SubjectPublicKeyInfo */
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
	int pinpad; /* the reader takes the PIN itself */
	unsigned int pin_min, pin_max; /* characters */
	const struct scs_item *items;
	size_t items_n;
	const char *const
	    *problems; /* what is missing, and what that prevents */
	size_t problems_n;
};

/*
 * Connect to the token service under `prefix` (NULL: this machine's).
 * SCS_SERVICE: it does not run.
 */
int scs_open(const char *prefix, struct scs **out);
void scs_close(struct scs **s); /* ends the PIN session; accepts NULL */

/*
 * The tokens of all cards in all readers. The array belongs to `s` and is valid
 * until the next scs_list() or scs_close().
 */
int scs_list(struct scs *s, const struct scs_token **tokens, size_t *n);

/* A descriptor for poll(2) that becomes readable when the list may have
 * changed, after scs_watch(); scs_changed() reads the events (1: changed). */
int scs_watch(struct scs *s);
int scs_fd(const struct scs *s);
int scs_changed(struct scs *s);

/* PIN tries left; -1 when the card does not say. */
int scs_tries(struct scs *s, uint64_t insertion, int *tries);

/*
 * Present the PIN. It is copied to locked memory and sent once; the caller
 * wipes its own. On SCS_PIN_WRONG *tries (may be NULL) is what is left.
 */
int scs_login(
    struct scs *s, uint64_t insertion, const char *pin, size_t n, int *tries);
int scs_logout(struct scs *s, uint64_t insertion);

/*
 * Use a private key. `pin` (may be NULL) is for a key that wants it for each
 * use. The answer is written to out[cap]; *out_len is its length, also when it
 * does not fit (SCS_INVALID).
 */
int scs_sign(struct scs *s, uint64_t insertion, unsigned int slot,
    unsigned int mech, const uint8_t *data, size_t n, const char *pin,
    size_t pin_n, uint8_t *out, size_t cap, size_t *out_len);
int scs_decrypt(struct scs *s, uint64_t insertion, unsigned int slot,
    const uint8_t *data, size_t n, uint8_t *out, size_t cap, size_t *out_len);
int scs_derive(struct scs *s, uint64_t insertion, unsigned int slot,
    const uint8_t *point, size_t n, uint8_t *out, size_t cap, size_t *out_len);

int scs_change_pin(struct scs *s, uint64_t insertion, const char *old,
    size_t old_n, const char *pin, size_t pin_n, int *tries);
int scs_unblock(struct scs *s, uint64_t insertion, const char *puk,
    size_t puk_n, const char *pin, size_t pin_n, int *tries);

/* Why the last call on `s` failed, for people. Borrowed until the next call. */
const char *scs_reason(const struct scs *s);

/* A result for people: "the PIN is wrong". Never NULL. */
const char *scs_result_text(int result);

#ifdef __cplusplus
}
#endif

#endif
