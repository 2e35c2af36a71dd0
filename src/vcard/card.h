/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is inside the card: the state that survives a reset (and is in the
 * file), and the state that does not. Shared by the files of this folder alone.
 */
#ifndef SCS_VCARD_CARD_H
#define SCS_VCARD_CARD_H

#include <openssl/evp.h>

#include "base/secret.h"
#include "codec/apdu.h"
#include "codec/atr.h"
#include "vcard/misbehave.h"
#include "vcard/vcard.h"

#define KEYS_MAX 24 /* 9A 9C 9D 9E 82 .. 95 */
#define OBJECTS_MAX 64
#define OBJECT_MAX 24576 /* bytes of one object's value */
#define CHAIN_MAX (OBJECT_MAX + 64)
#define PIN_LEN 8 /* bytes, SP 800-73-4 Part 2, 2.4.3 */
#define BLOCK_MAX 16 /* of the management key's cipher */
#define MGM_SLOT 0x9b
#define STATE_MAX (2 * 1024 * 1024) /* bytes of the state file */
#define STATE_MAGIC "SCSVCARD\x02"
#define STATE_MAGIC_LEN (sizeof(STATE_MAGIC) - 1)
#define STATE_HASH_LEN 32

/* Status words, SP 800-73-4 Part 2, 3. */
enum sw {
	SW_OK = 0x9000,
	SW_MORE = 0x6100, /* | bytes left */
	SW_TRIES = 0x63c0, /* | tries left */
	SW_MEMORY = 0x6581, /* the state could not be written */
	SW_LE = 0x6c00, /* | bytes there are (T=0) */
	SW_LENGTH = 0x6700,
	SW_CHANNEL = 0x6881,
	SW_SECURE = 0x6882,
	SW_SECURITY = 0x6982, /* security status not satisfied */
	SW_BLOCKED = 0x6983,
	SW_CONDITIONS = 0x6985,
	SW_DATA = 0x6a80,
	SW_NO_OBJECT = 0x6a82,
	SW_FULL = 0x6a84,
	SW_P1P2 = 0x6a86,
	SW_NO_REFERENCE = 0x6a88,
	SW_INS = 0x6d00,
	SW_CLA = 0x6e00,
};

enum ins {
	INS_VERIFY = 0x20,
	INS_CHANGE = 0x24,
	INS_RESET_RETRY = 0x2c,
	INS_GENERATE = 0x47,
	INS_AUTHENTICATE = 0x87,
	INS_SELECT = 0xa4,
	INS_GET_RESPONSE = 0xc0,
	INS_GET_DATA = 0xcb,
	INS_PUT_DATA = 0xdb,
};

struct pin {
	struct secret *value; /* PIN_LEN bytes; NULL: no such reference */
	uint8_t tries; /* in all */
	uint8_t left;
};

enum pin_which {
	PIN_PIV,
	PIN_PUK,
	PIN_GLOBAL,
	PIN_COUNT
};

/* When a key asks for the PIN; the numbers are Yubico's. */
enum key_policy {
	POLICY_NEVER = 1,
	POLICY_ONCE,
	POLICY_ALWAYS
};

struct key {
	uint8_t slot;
	uint8_t alg; /* enum vcard_alg */
	uint8_t policy; /* enum key_policy */
	EVP_PKEY *pkey; /* owned */
};

struct object {
	uint32_t tag;
	struct buf value; /* inside 53, 7E or 7F61 */
};

/* A challenge or witness that waits for its response. */
enum admin_step {
	ADMIN_IDLE,
	ADMIN_CHALLENGE,
	ADMIN_WITNESS
};

struct vcard {
	/* in the file */
	unsigned int flags; /* enum vcard_flags */
	uint32_t serial;
	struct pin pins[PIN_COUNT];
	uint8_t mgm_alg;
	struct secret *mgm_key;
	struct key keys[KEYS_MAX];
	size_t keys_n;
	struct object objects[OBJECTS_MAX];
	size_t objects_n;

	char *path; /* owned; NULL: in memory alone */

	/* gone with a reset */
	bool powered;
	bool selected; /* the PIV application */
	bool pin_ok[PIN_COUNT];
	bool admin_ok;
	bool fresh; /* the last command was a successful VERIFY */
	enum admin_step step;
	uint8_t block[BLOCK_MAX]; /* plain text that the host must know */
	struct buf chain; /* data so far */
	struct apdu chain_head; /* header of the chain */
	struct buf pending; /* answer not fetched yet */
	uint16_t pending_sw; /* its last status word */

	/* the observer's */
	struct buf atr;
	struct misbehaviour mis;
	struct vcard_counts counts;
	vcard_trace_fn *trace;
	void *trace_ctx;
};

/* A command that is whole; data for the answer go to `out`. */
typedef uint16_t command_fn(
    struct vcard *c, const struct apdu *cmd, struct buf *out);

command_fn select_command, get_data_command, put_data_command, verify_command,
    change_command, reset_retry_command, authenticate_command, generate_command;
command_fn version_command, serial_command, import_key_command, set_mgm_command,
    set_tries_command, factory_reset_command;

/* Empty: no PIN, no key. */
MUST_CHECK err_t card_alloc(struct vcard **out);

/* Forget what a reset forgets. */
void card_forget(struct vcard *c);

/* Into the file, if there is one. */
MUST_CHECK err_t card_save(const struct vcard *c);

/* store.c: the state as bytes, appended. The second adds the digest alone. */
MUST_CHECK err_t state_build(const struct vcard *c, struct buf *out);
MUST_CHECK err_t state_seal(struct buf *out);
/*
 * load.c: the same back into an empty card, which is worth nothing after a
 * failure. ERR_FORMAT: not a whole state.
 */
MUST_CHECK err_t state_parse(struct vcard *c, struct span in, struct why *why);
/* profile.c: flags that a card can have. */
bool vcard_flags_ok(unsigned int flags);

/* card.c: of the shape SP 800-73-4 Part 2, 2.4.3 wants. */
bool pin_form_ok(struct span block);
MUST_CHECK err_t pin_set(struct pin *p, struct span block, uint8_t tries);

/* A PIN is asked and was presented as the key's policy wants it. */
bool policy_satisfied(const struct vcard *c, uint8_t policy, bool fresh);

/* One of 9A 9C 9D 9E 82 .. 95. */
bool slot_ok(uint8_t slot);
uint8_t slot_policy(uint8_t slot);
const struct key *key_find(const struct vcard *c, uint8_t slot);
/* Replace or add; pkey is taken, also on failure. */
MUST_CHECK err_t key_put(
    struct vcard *c, uint8_t slot, uint8_t policy, EVP_PKEY *pkey);
/* 0: not a key this card can hold. */
uint8_t key_alg(const EVP_PKEY *pkey);
size_t key_bytes(uint8_t alg); /* modulus or field */
bool alg_is_rsa(uint8_t alg);
bool alg_is_ec(uint8_t alg);
MUST_CHECK err_t key_generate(uint8_t alg, EVP_PKEY **out);
/* 7F49 of SP 800-73-4 Part 2, 3.3.2, appended. */
MUST_CHECK err_t key_public_template(const EVP_PKEY *pkey, struct buf *out);

/* Private key operations: raw in, raw out. ERR_FORMAT: not for this key. */
MUST_CHECK err_t key_rsa(const struct key *k, struct span in, struct buf *out);
MUST_CHECK err_t key_ecdsa(
    const struct key *k, struct span digest, struct buf *out);
MUST_CHECK err_t key_ecdh(
    const struct key *k, struct span point, struct buf *out);

/* admin.c: GENERAL AUTHENTICATE with the management key. */
uint16_t admin_authenticate(struct vcard *c, const struct apdu *cmd,
    struct span template, struct buf *out);
size_t mgm_key_len(uint8_t alg); /* 0: no such algorithm */

bool object_tag_ok(uint32_t tag);

#endif
