/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * After a login the PIN is nowhere in the memory of the process: neither in the
 * application's answer, which the module wipes, nor in a frame, nor on the
 * stack. The PIN is made up when it is asked for, and searched for without
 * ever being written down again.
 */
#include <fcntl.h>
#include <security/pam_appl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "test.h"
#include "world.h"

#define PIN_LEN 60
#define TAIL 24 /* free(3) writes over the beginning of what it gets */
#define CHUNK 65536
#define LARGE ((uint64_t)1 << 32) /* a sanitizer's shadow, not data */

/* The PIN's bytes, one at a time, so that no copy of it lies around. */
static char
pin_at(size_t i)
{
	return (char)('!' + (i * 37 + 11) % 89);
}

static int
converse(int n, const struct pam_message **msg, struct pam_response **out,
    void *ctx UNUSED)
{
	struct pam_response *r = calloc((size_t)n, sizeof(*r));

	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (msg[i]->msg_style != PAM_PROMPT_ECHO_OFF)
			continue;
		r[i].resp = malloc(PIN_LEN + 1);
		if (r[i].resp == NULL)
			abort();
		for (size_t k = 0; k < PIN_LEN; k++)
			r[i].resp[k] = pin_at(k);
		r[i].resp[PIN_LEN] = '\0';
	}
	*out = r;
	return PAM_SUCCESS;
}

static unsigned int
count_in(const char *p, size_t n)
{
	unsigned int found = 0;

	for (size_t i = 0; i + TAIL <= n; i++) {
		size_t k = 0;

		while (k < TAIL && p[i + k] == pin_at(PIN_LEN - TAIL + k))
			k++;
		found += k == TAIL ? 1 : 0;
	}
	return found;
}

static unsigned int
count_range(int mem, uint64_t from, uint64_t to)
{
	static char chunk[CHUNK + TAIL];
	unsigned int found = 0;

	for (uint64_t at = from; at < to; at += CHUNK) {
		size_t n = sizeof(chunk);
		ssize_t r;

		/* our own buffer would show what was read before */
		if (at < (uintptr_t)chunk + sizeof(chunk) &&
		    at + n > (uintptr_t)chunk)
			continue;
		if (to - at < n)
			n = (size_t)(to - at);
		r = pread(mem, chunk, n, (off_t)at);
		if (r > 0)
			found += count_in(chunk, (size_t)r);
	}
	explicit_bzero(chunk, sizeof(chunk));
	return found;
}

/* How often the PIN is in the writable memory of this process. */
static unsigned int
traces(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	CLOSE_FD int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	unsigned int found = 0;
	char line[512], mode[8];
	unsigned long from, to;

	assert_non_null(maps);
	assert_true(mem >= 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, mode) != 3 ||
		    mode[1] != 'w' || to - from > LARGE)
			continue;
		found += count_range(mem, from, to);
	}
	(void)fclose(maps);
	return found;
}

static int
login(struct world *w)
{
	struct pam_conv conv = { converse, NULL };
	pam_handle_t *h = NULL;
	int rc;

	assert_int_equal(
	    pam_start_confdir("svc", "demo", &conv, w->conf, &h), PAM_SUCCESS);
	rc = pam_authenticate(h, 0);
	pam_end(h, rc);
	return rc;
}

TEST(the_search_finds_what_is_there)
{
	char *copy = malloc(PIN_LEN);

	if (copy == NULL)
		abort();
	for (size_t i = 0; i < PIN_LEN; i++)
		copy[i] = pin_at(i);
	assert_in_range(traces(), 1, 9);
	/* as free(3) leaves what nobody wiped */
	explicit_bzero(copy, PIN_LEN - TAIL);
	assert_in_range(traces(), 1, 9);
	explicit_bzero(copy, PIN_LEN);
	free(copy);
	assert_int_equal(traces(), 0);
}

TEST(a_pin_leaves_no_trace_in_the_applications_memory)
{
	static const struct {
		const char *script;
		int rc;
	} rows[] = {
		{ "P3 r:1:demo", PAM_SUCCESS }, { "P3 r:5:demo", PAM_AUTH_ERR },
		{ "P3 close", PAM_AUTHINFO_UNAVAIL },
		{ "P3 short", PAM_AUTHINFO_UNAVAIL },
		{ "P3 hang", PAM_AUTHINFO_UNAVAIL },
		{ "P5 P4 r:1:demo", PAM_AUTH_ERR }, /* the same PIN again */
	};
	struct world w;

	world_init(&w);
	world_service(&w, "svc", "auth required MODULE");
	for (size_t i = 0; i < nitems(rows); i++) {
		world_authd(&w, rows[i].script);
		assert_int_equal(login(&w), rows[i].rc);
		assert_non_null(strstr(world_sent(&w), "pin:"));
		/* the log's text, which this test has just read */
		explicit_bzero((void *)(uintptr_t)world_sent(&w), 4096);
		if (traces() != 0)
			fail_msg("%s: %u traces", rows[i].script, traces());
	}
	world_done(&w);
}

TEST_MAIN("pam/traces")
