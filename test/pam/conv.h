/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An application's side of PAM: a conversation with answers from a list, which
 * writes down what it was asked and can be as badly behaved as applications
 * are.
 */
#ifndef SCS_TEST_PAM_CONV_H
#define SCS_TEST_PAM_CONV_H

#include <security/pam_appl.h>
#include <stddef.h>

enum conv_manners {
	CONV_GOOD,
	CONV_FAILS, /* PAM_CONV_ERR, no answer */
	CONV_FAILS_LOUD, /* PAM_CONV_ERR, and an answer all the same */
	CONV_NULL, /* PAM_SUCCESS, no array of answers */
	CONV_NULL_ANSWER, /* PAM_SUCCESS, an array without text */
	CONV_AGAIN, /* PAM_CONV_AGAIN */
	CONV_SETS_USER, /* changes PAM_USER to "mallory" while it is asked */
};

struct conv {
	const char *answers; /* left to give, separated by '|'; NULL: none */
	enum conv_manners manners;
	pam_handle_t *h; /* for CONV_SETS_USER */
	char heard[4096]; /* "echo_off TEXT\n" and so on, one a message */
};

/* `c` is borrowed for as long as the result is used. */
struct pam_conv conv_of(struct conv *c);

#endif
