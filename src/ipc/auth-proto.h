/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What pam_smartcard.so and the tools say to scs-authd. Frames as in ipc/msg.h.
 * The caller only asks and relays; every decision is made by scs-authd, from
 * the caller's credentials (SO_PEERCRED) and its own files. What the caller
 * says of itself can only make the verdict stricter.
 *
 * A login is a conversation on one connection:
 *
 * caller          body
 * AUTH_START      str service, str user ("" = find from the card), str rhost,
 *                 str tty, u8 AUTH_* flags
 * AUTH_CHOOSE     u16 index into the choice
 * AUTH_PIN        u8 1 = "yes, spend the last try"; the PIN as secret
 *
 * scs-authd answers each with one of
 * AUTH_CHOICE     u16 count, str users: which of them? (only if interactive)
 * AUTH_PROMPT     str user, str label, u8 tries left (0xff unknown),
 *                 u8 1 = the last try: ask for a yes before the PIN,
 *                 str message ("" or what was wrong with the PIN before, as
 *                 the person reads it: "PIN rejected, 2 tries left").
 *                 label is what lists call the certificate, on macOS too:
 *                 "Certificate For PIV Authentication (CN)"; made by scs-authd
 *                 from the certificate, not taken from the card's worker
 * AUTH_RESULT     u16 verdict, str user, str reason, str token_id,
 *                 u16 APDUs from PIN to verdict (0xffff: not known)
 * After AUTH_RESULT the connection is done. Closing it cancels.
 *
 * The user of each AUTH_PROMPT and of AUTH_RESULT with VERDICT_OK is the one of
 * AUTH_START or, if that was "", the one chosen or found. VERDICT_OK comes only
 * after an AUTH_PIN. A PIN that was not sent to the card (it cannot be one)
 * leads to an AUTH_PROMPT with the same number of tries. Without
 * AUTH_INTERACTIVE there is no AUTH_CHOICE and at most one AUTH_PIN.
 *
 * For sc_auth, one request and one answer on a connection:
 * AUTH_PAIR_CHECK str user, str hash (40 hex digits), u8 flags (0); PIN as
 *                 secret, optional -> AUTH_PAIR_RESULT u16 verdict, str reason,
 *                 str label of the certificate, u8 PAIR_* notes
 * AUTH_USER_OF    str hash -> AUTH_USERS u16 count, str users: who is paired
 */
#ifndef SCS_IPC_AUTH_PROTO_H
#define SCS_IPC_AUTH_PROTO_H

#include <stdint.h>

enum auth_msg {
	AUTH_START = 0x100,
	AUTH_CHOOSE,
	AUTH_PIN,
	AUTH_PAIR_CHECK,
	AUTH_USER_OF,
	AUTH_CHOICE = 0x180,
	AUTH_PROMPT,
	AUTH_RESULT,
	AUTH_PAIR_RESULT,
	AUTH_USERS,
};

enum auth_flags {
	AUTH_INTERACTIVE = 1 << 0, /* somebody can be asked */
	AUTH_HAVE_PIN = 1 << 1, /* the PIN comes from an earlier module */
};

/* The numbers travel in frames: append, never reorder. 0 is never success by
 * accident: a zeroed answer says "internal". */
enum verdict {
	VERDICT_INTERNAL = 0, /* our own failure */
	VERDICT_OK = 1,
	VERDICT_NO_CARD, /* no card in any reader that counts */
	VERDICT_NOT_PAIRED, /* cards, but none of this user */
	VERDICT_REFUSED, /* policy, trust, or no proof of possession */
	VERDICT_WRONG_PIN, /* and no more tries here */
	VERDICT_BLOCKED, /* the card's PIN is blocked */
	VERDICT_NO_CONSENT, /* the last try was not confirmed */
	VERDICT_CARD_ERROR, /* removed or failed in the middle */
	VERDICT_SERVICE, /* token or reader service down, or no answer */
	VERDICT_COUNT_
};

enum pair_notes {
	PAIR_NO_KEYRING_KEY = 1 << 0, /* no usable 9D */
	PAIR_ONE_CARD = 1 << 1, /* the user may have no other: oneCardPerUser */
};

#define AUTH_TRIES 3 /* PIN tries in one conversation at most */
#define AUTH_NAME_MAX 256 /* user, service, host, tty; with NUL */
#define AUTH_TEXT_MAX 512
#define AUTH_USERS_MAX 16

#endif
