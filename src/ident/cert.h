/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What login needs to know of an X.509 certificate (RFC 5280). The bytes come
 * from a card, so nobody who decides parses them: cert_examine() forks a child
 * that may compute and nothing else, and checks what it says. Whether the facts
 * are true of the key is not the child's word either: ident/spki.h.
 */
#ifndef SCS_IDENT_CERT_H
#define SCS_IDENT_CERT_H

#include "base/buf.h"
#include "base/why.h"

#define CERT_MAX 16384 /* bytes of DER */
#define CERT_CN_MAX 256 /* with NUL */
#define CERT_SPKI_MAX 1024 /* bytes of DER */
#define CERT_FACTS_MAX 4096 /* bytes of cert_facts_build() */

enum cert_eku {
	EKU_PRESENT = 1 << 0, /* the certificate has the extension */
	EKU_CARD_AUTH = 1 << 1, /* id-PIV-cardAuth, 2.16.840.1.101.3.6.8 */
	EKU_CLIENT_AUTH = 1 << 2, /* id-kp-clientAuth */
	EKU_SMARTCARD_LOGON = 1 << 3, /* 1.3.6.1.4.1.311.20.2.2 */
	EKU_ANY = 1 << 4, /* anyExtendedKeyUsage */
	EKU_ALL_ = (1 << 5) - 1
};

/* RFC 5280, 4.2.1.3, bit 0 is digitalSignature. */
enum cert_key_usage {
	KEY_USAGE_SIGNATURE = 1 << 0,
	KEY_USAGE_NON_REPUDIATION = 1 << 1,
	KEY_USAGE_KEY_ENCIPHERMENT = 1 << 2,
	KEY_USAGE_KEY_AGREEMENT = 1 << 4,
	KEY_USAGE_ALL_ = (1 << 9) - 1,
	KEY_USAGE_ABSENT = 1 << 15 /* no such extension: any use */
};

struct cert_facts {
	char cn[CERT_CN_MAX]; /* first Common Name, "" if none */
	uint8_t spki[CERT_SPKI_MAX]; /* SubjectPublicKeyInfo, DER */
	size_t spki_n;
	unsigned int eku; /* enum cert_eku bits */
	unsigned int key_usage; /* enum cert_key_usage bits */
	int64_t not_before, not_after; /* seconds since 1970, UTC */
};

/*
 * Parse here and now, with OpenSSL: for the child, for tests, for tools that
 * only look at certificates. ERR_FORMAT: not exactly one certificate, or an
 * extension above is malformed or twice there. ERR_LIMIT: a cap above.
 */
MUST_CHECK err_t cert_parse(
    struct span der, struct cert_facts *out, struct why *why);

/* The facts as the child writes them, and back, believing nothing. */
void cert_facts_build(const struct cert_facts *f, struct buf *out);
MUST_CHECK err_t cert_facts_parse(struct span in, struct cert_facts *out);

/*
 * The child's whole answer: u16 err_t, then the facts or the reason. ERR_FORMAT
 * for nonsense, the child's error for what it refused; the reason is in `why`.
 */
MUST_CHECK err_t cert_answer_parse(
    struct span in, struct cert_facts *out, struct why *why);

/* Call once, early, in a process that will call cert_examine(): what OpenSSL
 * needs from files and the kernel it must have before the sandbox closes. */
MUST_CHECK err_t cert_init(void);

/*
 * The same as cert_parse() by a child in a sandbox. The caller must have one
 * thread and must not ignore SIGCHLD. ERR_FORMAT also when the child died or
 * said nonsense; ERR_TIMEOUT; ERR_IO: no child could be made.
 */
MUST_CHECK err_t cert_examine(struct span der, uint64_t deadline,
    struct cert_facts *out, struct why *why);

#endif
