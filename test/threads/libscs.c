/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many threads with libscs, as scs.h says they may: each with a connection of
 * its own, and some that share one with a lock around it; or, to see that it
 * would be seen, without one. Built with ThreadSanitizer, which ends the
 * program with its own status when two of them touch the same memory.
 *
 * usage: tsan-libscs PREFIX PIN ROUNDS [without-lock]
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scs/scs.h"

#define OWN 6
#define SHARING 4
#define WITHOUT_LOCK "without-lock"
#define FORBIDDEN_CALLS 100

static const char *prefix, *pin;
static long rounds;
static struct scs *shared;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Every thread ends here when something is not as it should be. */
static void
want(int got, int result, const char *what, const struct scs *s)
{
	if (got == result)
		return;
	(void)fprintf(stderr, "%s: %s: %s\n", what, scs_result_text(got),
	    s != NULL ? scs_reason(s) : "");
	exit(1);
}

/* Log in, sign a digest with 9A, ask, log out. */
static void
use_card(struct scs *s, uint64_t insertion)
{
	struct scs_bytes word = { pin, strlen(pin) };
	struct scs_key key = { insertion, SCS_SLOT_AUTH };
	uint8_t digest[32] = { 1, 2, 3 }, sig[SCS_RESULT_MAX];
	struct scs_answer out = { sig, sizeof(sig), 0 };
	struct scs_bytes data = { digest, sizeof(digest) };
	int tries = 0;

	want(scs_login(s, insertion, word, &tries), SCS_OK, "login", s);
	want(scs_sign(s, &key, SCS_ECDSA, data, (struct scs_bytes){ 0 }, &out),
	    SCS_OK, "sign", s);
	want(scs_tries(s, insertion, &tries), SCS_OK, "tries", s);
	want(tries == 3, 1, "three tries left", s);
	want(scs_logout(s, insertion), SCS_OK, "logout", s);
}

static uint64_t
the_card(struct scs *s)
{
	const struct scs_token *tokens;
	size_t n;

	want(scs_list(s, &tokens, &n), SCS_OK, "list", s);
	want(n == 1 && tokens[0].items_n == 4, 1, "one card of four", s);
	return tokens[0].insertion;
}

static void *
with_own(void *arg)
{
	struct scs *s = NULL;

	for (long i = 0; i < rounds; i++) {
		want(scs_open(prefix, &s), SCS_OK, "open", NULL);
		want(scs_watch(s), SCS_OK, "watch", s);
		use_card(s, the_card(s));
		scs_close(&s);
	}
	return arg;
}

static void *
with_shared(void *arg)
{
	for (long i = 0; i < rounds; i++) {
		(void)pthread_mutex_lock(&lock);
		use_card(shared, the_card(shared));
		(void)pthread_mutex_unlock(&lock);
	}
	return arg;
}

/*
 * What scs.h forbids. Nothing is wanted of the results: an answer in pieces
 * ends the connection within a call or two, and the program must not end
 * before the race in it has been seen.
 */
static void *
without_lock(void *arg)
{
	int tries;

	for (long i = 0; i < rounds * FORBIDDEN_CALLS; i++)
		(void)scs_tries(shared, 1, &tries);
	return arg;
}

int
main(int argc, char **argv)
{
	void *(*sharing)(void *) = with_shared;
	pthread_t threads[OWN + SHARING];

	if (argc < 4)
		return 2;
	prefix = argv[1];
	pin = argv[2];
	rounds = strtol(argv[3], NULL, 10);
	if (argc > 4 && strcmp(argv[4], WITHOUT_LOCK) == 0)
		sharing = without_lock;
	want(scs_open(prefix, &shared), SCS_OK, "open", NULL);
	for (size_t i = 0; i < OWN + SHARING; i++)
		if (pthread_create(&threads[i], NULL,
			i < OWN ? with_own : sharing, NULL) != 0)
			return 1;
	for (size_t i = 0; i < OWN + SHARING; i++)
		(void)pthread_join(threads[i], NULL);
	scs_close(&shared);
	(void)printf("%d threads, %ld rounds each\n", OWN + SHARING, rounds);
	return 0;
}
