/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What went wrong, for the whole stack, named by what the caller can do about
 * it. Zero is success. No errno, status word, PC/SC, CKR or PAM code leaves its
 * layer; three tables translate (pcsc/rv.c, pkcs11/rv.c, login/pam/rv.c).
 */
#ifndef SCS_BASE_ERR_H
#define SCS_BASE_ERR_H

#include "base/def.h"

/* The numbers travel in frames: append, never reorder. */
typedef enum err {
	ERR_OK = 0,
	ERR_NOMEM, /* memory or descriptors: give up, or free something */
	ERR_LIMIT, /* a cap of ours was reached: refuse, stay alive */
	ERR_SHORT, /* input ends too early: read more or reject */
	ERR_FORMAT, /* input is complete and wrong: reject */
	ERR_SEQUENCE, /* out of step: drop the peer (OpenSSL owns "ERR_STATE") */
	ERR_IO, /* reader, socket or file failed */
	ERR_TIMEOUT, /* the deadline passed: try later */
	ERR_BUSY, /* somebody else holds it: wait */
	ERR_CARD, /* the card refused; its status word is in `why` */
	ERR_ABSENT, /* no such reader, card, object or user */
	ERR_REMOVED, /* the card left or was reset: start over */
	ERR_PIN_WRONG, /* ask again, tell how many tries are left */
	ERR_PIN_BLOCKED, /* stop asking, tell about unblocking */
	ERR_PIN_FORM, /* cannot be a PIN; it was not sent to the card */
	ERR_PIN_NEEDED, /* present the PIN first */
	ERR_DENIED, /* policy said no; the reason is in `why` */
	ERR_UNSUPPORTED, /* this card, key or reader cannot do that */
	ERR_SERVICE, /* the service does not run or does not answer */
	ERR_COUNT_ /* not an error: how many there are */
} err_t;

/* The name without ERR_, lower case: "pin_wrong". Never NULL. */
const char *err_name(err_t e);

/* A sentence fragment for people: "the PIN is wrong". Never NULL. */
const char *err_text(err_t e);

/*
 * A number from a frame back to err_t. A peer that sends a number we do not
 * know gets ERR_FORMAT: an unknown failure is never success.
 */
err_t err_from_wire(uint32_t n);

#endif
