/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PIV card in software: NIST SP 800-73-4 Part 2, algorithms of SP 800-78-5.
 * A pure core (bytes in, bytes out) for tests in-process; scs-vcard puts it
 * into a reader.
 *
 * It is a test card. Its state file holds PINs and private keys in the clear,
 * readable by its owner alone; in memory they are in struct secret and OpenSSL
 * keys. A change of the state is in the file before its answer is given.
 */
#ifndef SCS_VCARD_VCARD_H
#define SCS_VCARD_VCARD_H

#include "base/buf.h"
#include "base/why.h"

struct vcard; /* opaque */

/* SP 800-78-5 table 6-2, and 0x16, which vendors use for RSA 4096. */
enum vcard_alg {
	VCARD_3DES = 0x03,
	VCARD_RSA3072 = 0x05,
	VCARD_RSA2048 = 0x07,
	VCARD_AES128 = 0x08,
	VCARD_AES192 = 0x0a,
	VCARD_AES256 = 0x0c,
	VCARD_P256 = 0x11,
	VCARD_P384 = 0x14,
	VCARD_RSA4096 = 0x16,
};

/* What kind of card it is; kept in its state. */
enum vcard_flags {
	VCARD_EXTENDED = 1 << 0, /* takes extended length */
	VCARD_GLOBAL_PIN = 1 << 1, /* has key reference 00 too */
	VCARD_YUBICO = 1 << 2, /* knows Yubico's extensions */
	VCARD_NO_CLEAR = 1 << 3, /* refuses VERIFY with P1=FF: 6A86 */
	VCARD_FOREIGN_CLEARS = 1 << 4, /* SELECT of an unknown AID clears
					    the security status */
	VCARD_FOREIGN_DESELECTS = 1 << 5, /* and deselects PIV */
	VCARD_T0 = 1 << 6, /* T=0 alone; not with VCARD_EXTENDED */
	VCARD_NO_PIN = 1 << 7, /* its keys want no PIN, against SP 800-73-4 */
	VCARD_FLAGS_ALL = (1 << 8) - 1,
};

/* Zero or NULL stands for the value in brackets. All borrowed. */
struct vcard_profile {
	unsigned int flags; /* enum vcard_flags */
	const char *pin; /* 6 to 8 digits ["123456"] */
	const char *puk; /* 8 characters ["12345678"] */
	const char *global_pin; /* with VCARD_GLOBAL_PIN ["123456"] */
	uint8_t pin_tries; /* 1 to 15 [3] */
	uint8_t puk_tries; /* 1 to 15 [3] */
	enum vcard_alg mgm_alg; /* [3DES] */
	struct span mgm_key; /* [0102030405060708 repeated] */
	struct span guid; /* 16 bytes [random, version 4] */
	struct span fascn; /* 25 bytes [agency 9999, random number] */
	const char *expiry; /* YYYYMMDD [ten years from now] */
	uint32_t serial; /* Yubico's GET SERIAL [random] */
};

/*
 * A new card in memory: CHUID, CCC, Discovery, no keys. `p` NULL: all defaults.
 * ERR_FORMAT: the profile is not possible; ERR_NOMEM.
 */
MUST_CHECK err_t vcard_new(const struct vcard_profile *p, struct vcard **out);

/* CLEANUP(vcard_free). Accepts NULL, leaves NULL. */
void vcard_free(struct vcard **c);

/*
 * Write the state to `path` (mode 0600, atomically) now and at each change from
 * now on. Errors as file_write().
 */
MUST_CHECK err_t vcard_attach(struct vcard *c, const char *path);

/*
 * Read a state file and stay attached to it. ERR_FORMAT: not one of ours, or
 * not whole. Else errors as file_read().
 */
MUST_CHECK err_t vcard_open(
    const char *path, struct vcard **out, struct why *why);

/* The card begins without power. Off forgets what a reset forgets. */
void vcard_power(struct vcard *c, bool on);
void vcard_reset(struct vcard *c);
bool vcard_powered(const struct vcard *c);

/* Borrowed until the next call. */
struct span vcard_atr(const struct vcard *c);

/*
 * One command, one answer; `resp` is emptied first and should hold
 * APDU_MAX_RESPONSE bytes. Anything the card can say, it says in `resp`.
 *
 * ERR_REMOVED  the card has no power, or lost it during this command
 * ERR_NOMEM, ERR_LIMIT  `resp` cannot hold the answer
 */
MUST_CHECK err_t vcard_transmit(
    struct vcard *c, struct span cmd, struct buf *resp);

/* The maker's side: no PIN, no management key. `slot`: 9A 9C 9D 9E 82 .. 95. */

/* ERR_UNSUPPORTED: no such slot or algorithm. */
MUST_CHECK err_t vcard_generate(
    struct vcard *c, uint8_t slot, enum vcard_alg alg);

/* A private key, DER or PEM, PKCS #8 or traditional. */
MUST_CHECK err_t vcard_import_key(
    struct vcard *c, uint8_t slot, struct span key);

/*
 * Any certificate (DER), also one that does not fit the key; gzip as SP 800-73-4
 * Part 1, appendix A allows.
 */
MUST_CHECK err_t vcard_import_cert(
    struct vcard *c, uint8_t slot, struct span der, bool gzip);

/*
 * A data object, the value inside its 53 (7E, 7F61: inside that tag). Any
 * bytes; empty removes it. `tag`: 0x7e, 0x7f61, 0x5fc1xx, 0x5fffxx.
 */
MUST_CHECK err_t vcard_put_object(
    struct vcard *c, uint32_t tag, struct span value);

/* The same back, borrowed until the next call. ERR_ABSENT. */
MUST_CHECK err_t vcard_get_object(
    const struct vcard *c, uint32_t tag, struct span *value);

/* SubjectPublicKeyInfo (DER) of a slot's key, appended. ERR_ABSENT: no key. */
MUST_CHECK err_t vcard_public_key(
    const struct vcard *c, uint8_t slot, struct buf *der);

/* Object tag of the certificate of a slot; 0: no such slot. */
uint32_t vcard_cert_tag(uint8_t slot);

unsigned int vcard_tries(const struct vcard *c, uint8_t reference);

/* What came by. */
struct vcard_counts {
	uint32_t total; /* commands since the last clearing */
	uint32_t by_ins[256]; /* by instruction byte */
	uint64_t bytes_in; /* of commands */
	uint64_t bytes_out; /* of answers */
};

const struct vcard_counts *vcard_counts(const struct vcard *c);
void vcard_counts_clear(struct vcard *c);

/*
 * Called after each command with one line of text: number, header, data where
 * it cannot be secret, else its length; status word, answer length. `line` is
 * borrowed for the call.
 */
typedef void vcard_trace_fn(const char *line, void *ctx);
void vcard_on_trace(struct vcard *c, vcard_trace_fn *fn, void *ctx);

/*
 * Add a rule of misbehaviour, or "off" to forget them all. A rule is
 *
 *	KIND[=VALUE] [ins=XX] [tag=XXXXXX] [at=N] [times=N]
 *
 * ins    only commands with this instruction
 * tag    only GET DATA of this object
 * at     only the Nth command since the counts were cleared (from 1)
 * times  so many times [for ever]
 *
 * kind           value  what
 * power-loss     -      power is lost before the command is carried out
 * answer-loss    -      power is lost after it, before the answer
 * delay          ms     the answer is late
 * sw             XXXX   this status word, no data
 * sw-keep        XXXX   this status word, the data as they are
 * cut            bytes  so many bytes of the data are missing at the end
 * pad            bytes  so many zero bytes more at the end
 * garbage        bytes  so many random bytes instead of the data
 * oversize       bytes  53 with so many bytes, of a well-formed length
 * data           hex    these bytes instead of the data
 * length         N      the first length byte of the data is this (decimal)
 * raw            hex    the whole answer, status word included
 * no-clear       -      VCARD_NO_CLEAR from now on; the same for
 * foreign-clears, foreign-deselects, no-pin
 * atr            hex    this ATR from the next power-on or reset
 *
 * ERR_FORMAT: not a rule; ERR_LIMIT: too many.
 */
MUST_CHECK err_t vcard_misbehave(
    struct vcard *c, const char *rule, struct why *why);

#endif
