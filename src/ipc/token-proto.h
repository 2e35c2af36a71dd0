/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What clients (libscs, the PKCS#11 module, scs-authd, tools) say to scs-tokend
 * on its socket, and tokend to a token worker. Frames as in ipc/msg.h; one
 * request is answered by one TOK_ANSWER, in order. Events come only after
 * TOK_WATCH, on that connection, between answers.
 *
 * A token is named by its insertion: a number that tokend gives to each card
 * that goes in and never uses again. So a request can never reach another card
 * than the one the client saw: ERR_REMOVED instead.
 *
 * A PIN session belongs to the connection: it begins with TOK_LOGIN and ends
 * with TOK_LOGOUT, the end of the connection, a reset or the card's removal.
 *
 * request             body                              secret
 * TOK_LIST            -                                 -
 * TOK_WATCH           -                                 -
 * TOK_TRIES           u64 insertion                     -
 * TOK_LOGIN           u64 insertion                     PIN
 * TOK_LOGOUT          u64 insertion                     -
 * TOK_SIGN            u64 insertion, u8 slot, u8 mech,  PIN for this one use
 *                     bytes data                        (9C), or none
 * TOK_DECRYPT         the same: RSA, data is one block; answer is the raw,
 *                     still padded block
 * TOK_DERIVE          the same: ECDH, data is the peer's point 04 X Y
 * TOK_CHANGE_PIN      u64 insertion, u8 length of old   old PIN, new PIN
 * TOK_UNBLOCK         u64 insertion, u8 length of PUK   PUK, new PIN
 * TOK_VERIFY_SIGN     u64 insertion, u8 slot, u8 mech,  PIN
 *                     bytes data, u8 last_try_ok
 *                     scs-authd only: VERIFY, one signature, status cleared
 *                     after the answer; leaves no session behind
 *                     With one try left and last_try_ok 0 nothing is sent:
 *                     ERR_DENIED, tries 1
 * TOK_PROBE           u64 insertion, u8 slot            -
 *                     scs-authd only: does the key sign without a PIN?
 * TOK_SETTLED         -                                 -
 *                     answered when no card is being read any more, or after
 *                     TOK_SETTLED_MS: whose card it is, and whether it is a
 *                     copy, is known only then. A card that comes and goes, and
 *                     a reader that has just gone with its card, are waited for
 *                     only while no other is listed
 *
 * TOK_ANSWER begins with u16 err_t. When it is not ERR_OK there follow: str
 * reason, u8 tries (0xff: unknown). When it is ERR_OK:
 *
 * TOK_LIST            u16 count, then `count` tokens (below)
 * TOK_TRIES           u8 tries left (0xff: the card does not say)
 * TOK_SIGN, TOK_DECRYPT, TOK_DERIVE
 *                     bytes result
 * TOK_VERIFY_SIGN     bytes result, u16 APDUs that went to the card for it, as
 *                     the reader service counted them (0xffff: not known)
 * TOK_PROBE           u8 1 if the key signed without a PIN, else 0
 * TOK_SETTLED         str a reader whose card is still being read, or ""
 * others              -
 *
 * TOK_EVENT           - : the list has changed, ask again
 *
 * A token:
 *	u64 insertion, str token_id, str reader, str driver, bytes atr,
 *	u8 TOKEN_* flags, u8 pin_min, u8 pin_max,
 *	u16 item count, items; u16 problem count, str problems
 * An item:
 *	u8 slot (PIV key reference: 9A 9C 9D 9E 82..95), str label_cert,
 *	str label_key, bytes pkhh (20), u8 alg (SP 800-78-5 table 6-2; 0: none
 *	that we know), u16 bits, u8 ITEM_* flags, u8 pin policy, bytes
 *	certificate (DER; empty: none), bytes SubjectPublicKeyInfo (DER)
 */
#ifndef SCS_IPC_TOKEN_PROTO_H
#define SCS_IPC_TOKEN_PROTO_H

enum token_msg {
	TOK_LIST = 1,
	TOK_WATCH,
	TOK_TRIES,
	TOK_LOGIN,
	TOK_LOGOUT,
	TOK_SIGN,
	TOK_DECRYPT,
	TOK_DERIVE,
	TOK_CHANGE_PIN,
	TOK_UNBLOCK,
	TOK_VERIFY_SIGN,
	TOK_PROBE,
	TOK_SETTLED,
	TOK_ANSWER = 0x80,
	TOK_EVENT,
};

enum token_flags {
	TOKEN_LOGIN = 1 << 0, /* its driver may be used for login */
	TOKEN_PINPAD = 1 << 1, /* the reader takes the PIN itself */
};

enum token_item_flags {
	ITEM_KEY = 1 << 0, /* the card has the private key */
	ITEM_SIGN = 1 << 1,
	ITEM_DECRYPT = 1 << 2,
	ITEM_DERIVE = 1 << 3,
	ITEM_LOGIN = 1 << 4, /* the driver's login key (PIV: 9A) */
};

enum token_pin_policy {
	PIN_POLICY_NEVER, /* 9E */
	PIN_POLICY_ONCE, /* once a session: 9A, 9D */
	PIN_POLICY_ALWAYS, /* for every use: 9C */
};

/* What `data` of a signature request is. */
enum token_mech {
	MECH_RSA_RAW = 1, /* a whole block, modulus long */
	MECH_RSA_PKCS1 = 2, /* DigestInfo; the worker adds type 1 padding */
	MECH_ECDSA = 3, /* a digest; the answer is DER, as from the card */
};

#define TOKEN_TRIES_UNKNOWN 0xff
#define TOKEN_ID_MAX 128 /* bytes with NUL, as all below */
#define TOKEN_READER_MAX 128
#define TOKEN_DRIVER_MAX 128
#define TOKEN_LABEL_MAX 256
#define TOKEN_PROBLEM_MAX 256
#define TOKEN_ITEMS_MAX 24 /* 4 slots and 20 retired keys */
#define TOKEN_PROBLEMS_MAX 16
#define TOKEN_CERT_MAX 16384 /* DER, decompressed */
#define TOKEN_SPKI_MAX 1024
#define TOKEN_ATR_MAX 33
#define TOKENS_MAX 64
#define TOK_SETTLED_MS 10000 /* an old card that is read in small pieces */

#endif
