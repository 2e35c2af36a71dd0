/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver's thread with a driver of two slots, and one that hangs. */
#include "reader/ifd/thread.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "test.h"

static const uint8_t atr[] = { 0x3b, 0x80, 0x01, 0x81 };

static atomic_bool card[2]; /* in the slots */
static atomic_int inside; /* calls that are in the driver at once */
static atomic_bool overlapped, hangs, polls, hasty, stoppable;
static atomic_bool told[2]; /* to return from its polling */
static atomic_uint looks, closed, polled, unlooked;

static void
enter(void)
{
	if (atomic_fetch_add(&inside, 1) != 0)
		overlapped = true;
}

static long
leave(long code)
{
	(void)atomic_fetch_sub(&inside, 1);
	return code;
}

static long
fake_create(ifdh_dword lun, ifdh_dword channel UNUSED)
{
	enter();
	return leave(lun < 2 ? IFDH_SUCCESS : IFDH_COMMUNICATION_ERROR);
}

static long
fake_close(ifdh_dword lun UNUSED)
{
	closed++;
	return IFDH_SUCCESS;
}

static long
fake_poll(ifdh_dword lun, int timeout_ms)
{
	bool before = card[lun];
	uint64_t until = deadline_in((uint64_t)timeout_ms);

	if (hasty) {
		/* each slot's was looked at but the last */
		if (polled++ > looks + 1)
			unlooked++;
		return IFDH_SUCCESS;
	}
	while (clock_ms() < until && card[lun] == before && !told[lun])
		(void)usleep(5000);
	return IFDH_SUCCESS;
}

static long
fake_stop(ifdh_dword lun)
{
	told[lun] = true;
	return IFDH_SUCCESS;
}

static long
fake_get(ifdh_dword lun UNUSED, ifdh_dword tag, ifdh_dword *n, uint8_t *value)
{
	ifdh_poll_fn *fn = fake_poll;
	ifdh_stop_fn *stop_fn = fake_stop;

	enter();
	if (tag == IFDH_TAG_SLOTS) {
		*n = 1;
		value[0] = 3; /* the third cannot be opened */
		return leave(IFDH_SUCCESS);
	}
	if (tag == IFDH_TAG_STOP_POLLING && stoppable) {
		memcpy(value, &stop_fn, sizeof(stop_fn));
		return leave(IFDH_SUCCESS);
	}
	if (tag != IFDH_TAG_POLLING || !polls)
		return leave(IFDH_TAG_UNKNOWN);
	memcpy(value, &fn, sizeof(fn));
	return leave(IFDH_SUCCESS);
}

static long
fake_power(
    ifdh_dword lun UNUSED, ifdh_dword action, uint8_t *out, ifdh_dword *n)
{
	enter();
	*n = 0;
	if (action != IFDH_POWER_DOWN) {
		memcpy(out, atr, sizeof(atr));
		*n = sizeof(atr);
	}
	return leave(IFDH_SUCCESS);
}

static long
fake_transmit(ifdh_dword lun, struct ifdh_pci send UNUSED, uint8_t *tx UNUSED,
    ifdh_dword tx_length UNUSED, uint8_t *rx, ifdh_dword *n,
    struct ifdh_pci *recv UNUSED)
{
	enter();
	while (hangs)
		(void)usleep(10000);
	rx[0] = 0x90;
	rx[1] = (uint8_t)lun;
	*n = 2;
	return leave(IFDH_SUCCESS);
}

static long
fake_presence(ifdh_dword lun)
{
	enter();
	looks++;
	return leave(card[lun] ? IFDH_ICC_PRESENT : IFDH_ICC_NOT_PRESENT);
}

struct news {
	struct worker_frame f;
	bool heard;
	uint8_t body[64];
};

/* What came and nobody has asked for yet. */
static struct news seen[64];
static size_t seen_n;

static int ends[2]; /* scs-readerd's and the driver's */
static struct buf said;

static struct thread *
start(bool polling)
{
	struct thread_setup setup = { .driver = { .create = fake_create,
					  .close = fake_close,
					  .get = fake_get,
					  .power = fake_power,
					  .transmit = fake_transmit,
					  .presence = fake_presence },
		.name = "Fake",
		.device = "",
		.timeout_ms = 500 };
	struct thread *t = NULL;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	setup.fd = ends[1];
	buf_init(&said, 1 << 20);

	log_init("test", STDERR_FILENO, 0);
	card[0] = card[1] = false;
	overlapped = hangs = hasty = false;
	polled = unlooked = 0;
	told[0] = told[1] = false;
	polls = polling;
	closed = looks = 0;
	seen_n = 0;
	EXPECT_OK(thread_new(&setup, &t));
	EXPECT_OK(thread_run(t));
	return t;
}

static void
stop(struct thread **t)
{
	thread_free(t);
	if (*t != NULL)
		return;
	(void)close(ends[0]);
	(void)close(ends[1]);
	buf_done(&said);
}

static void
ask(const struct worker_frame *f)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1000);

	EXPECT_OK(worker_build(f, &b));
	assert_int_equal(write(ends[0], b.p, b.n), b.n);
}

static void
keep(const struct worker_frame *f)
{
	struct news *n = &seen[seen_n];

	assert_true(seen_n < nitems(seen) && f->body.n <= sizeof(n->body));
	seen_n++;
	n->f = *f;
	if (f->body.n > 0)
		memcpy(n->body, f->body.p, f->body.n);
}

/* Take the first such frame out of `seen`. */
static bool
take(struct news *want)
{
	for (size_t i = 0; i < seen_n; i++) {
		const struct worker_frame *f = &seen[i].f;

		if (f->type != want->f.type || f->slot != want->f.slot ||
		    (f->type == WORKER_CARD && f->value != want->f.value))
			continue;
		*want = seen[i];
		want->heard = true;
		seen[i] = seen[--seen_n];
		return true;
	}
	return false;
}

static void
listen_once(void)
{
	struct pollfd p = { .fd = ends[0], .events = POLLIN };
	uint8_t chunk[4096];
	struct worker_frame f;
	size_t used;
	ssize_t r;

	if (poll(&p, 1, 100) <= 0 || (r = read(p.fd, chunk, sizeof(chunk))) < 0)
		return;
	buf_put(&said, span_from(chunk, (size_t)r));
	while (worker_parse(buf_span(&said), &f, &used) == ERR_OK) {
		keep(&f);
		buf_drop(&said, used);
	}
}

/* Wait for such a frame; false after five seconds. */
static bool
hear(struct news *want)
{
	uint64_t until = deadline_in(5000);

	while (!take(want) && clock_ms() < until)
		listen_once();
	return want->heard;
}

static struct news
wants(enum worker_type type, uint16_t slot, uint32_t value)
{
	return (struct news){
		.f = { .type = (uint16_t)type, .slot = slot, .value = value }
	};
}

static void
must_hear(enum worker_type type, uint16_t slot, uint32_t v)
{
	struct news want = wants(type, slot, v);

	if (!hear(&want))
		fail_msg("no frame %u of slot %u", (unsigned int)type, slot);
}

static void
cards_come_and_go(bool polling)
{
	struct thread *t = start(polling);
	struct news in = wants(WORKER_CARD, 1, WORKER_CARD_IN);

	must_hear(WORKER_SLOT, 1, 0);
	must_hear(WORKER_CARD, 1, WORKER_CARD_OUT);
	card[1] = true;
	assert_true(hear(&in));
	assert_int_equal(in.f.body.n, sizeof(atr));
	assert_memory_equal(in.body, atr, sizeof(atr));
	card[1] = false;
	must_hear(WORKER_CARD, 1, WORKER_CARD_OUT);
	stop(&t);
	assert_null(t);
	assert_int_equal(closed, 2); /* the third was never open */
	assert_false(overlapped);
}

TEST(a_card_is_seen_by_looking)
{
	cards_come_and_go(false);
}

TEST(a_card_is_seen_by_the_polling_function)
{
	cards_come_and_go(true);
}

TEST(a_polling_function_that_can_be_told_to_return_is)
{
	stoppable = true;
	cards_come_and_go(
	    true); /* and closes both slots before it is given up */
	stoppable = false;
	assert_true(told[0] && told[1]);
}

TEST(requests_of_two_slots_are_answered_one_at_a_time)
{
	static const uint8_t cmd[] = { 0, 1, 2, 3 };
	struct worker_frame f = { WORKER_TRANSMIT, 0, 1, 1, SPAN_OF(cmd) };
	struct thread *t = start(false);

	card[0] = card[1] = true;
	must_hear(WORKER_CARD, 0, WORKER_CARD_IN);
	must_hear(WORKER_CARD, 1, WORKER_CARD_IN);
	for (uint32_t i = 1; i <= 50; i++) {
		struct news a = wants(WORKER_ANSWER, 0, 0);

		f.id = i;
		f.slot = (uint16_t)(i % 2);
		a.f.slot = f.slot;
		ask(&f);
		assert_true(hear(&a));
		assert_int_equal(a.f.id, i);
		assert_int_equal(a.f.value, ERR_OK);
		assert_int_equal(a.body[1], f.slot);
	}
	stop(&t);
	assert_false(overlapped);
}

TEST(a_slot_that_is_not_open_is_absent_and_an_empty_one_has_no_card)
{
	static const uint8_t cmd[] = { 0, 1, 2, 3 };
	struct worker_frame f = { WORKER_TRANSMIT, 0, 1, 1, SPAN_OF(cmd) };
	static const struct {
		uint16_t slot;
		err_t e;
	} cases[] = { { 0, ERR_REMOVED }, { 2, ERR_ABSENT },
		{ WORKER_SLOTS - 1, ERR_ABSENT } };
	struct thread *t = start(false);

	must_hear(WORKER_SLOT, 1, 0);
	for (size_t i = 0; i < nitems(cases); i++) {
		struct news a = wants(WORKER_ANSWER, cases[i].slot, 0);

		f.slot = cases[i].slot;
		ask(&f);
		assert_true(hear(&a));
		assert_int_equal(a.f.value, cases[i].e);
	}
	stop(&t);
}

TEST(requests_that_came_together_are_done_in_their_order)
{
	static const uint8_t cmd[] = { 0, 1, 2, 3 };
	struct worker_frame f = { WORKER_TRANSMIT, 0, 0, 1, SPAN_OF(cmd) };
	struct thread *t = start(false);
	uint32_t last = 0;

	must_hear(WORKER_CARD, 0, WORKER_CARD_OUT);
	card[0] = true;
	must_hear(WORKER_CARD, 0, WORKER_CARD_IN);
	must_hear(WORKER_SLOT, 0, 0);
	must_hear(WORKER_SLOT, 1, 0);
	must_hear(WORKER_CARD, 1, WORKER_CARD_OUT);
	hangs = true;
	for (f.id = 1; f.id <= WORKER_AHEAD; f.id++)
		ask(&f);
	while (inside == 0)
		(void)usleep(1000);
	hangs = false;
	while (seen_n < WORKER_AHEAD)
		listen_once();
	for (size_t i = 0; i < seen_n; i++) {
		assert_int_equal(seen[i].f.type, WORKER_ANSWER);
		assert_int_equal(seen[i].f.id, ++last);
	}
	stop(&t);
	assert_false(overlapped);
}

TEST(a_polling_function_that_returns_at_once_is_asked_what_is_new_and_slowed)
{
	struct thread *t = start(true);
	uint64_t before;

	hasty = true;
	must_hear(WORKER_SLOT, 1, 0);
	card[1] = true;
	must_hear(WORKER_CARD, 1, WORKER_CARD_IN);
	before = clock_ms();
	while (clock_ms() - before < 1000)
		(void)usleep(10000);
	assert_true(polled > 2);
	assert_true(polled < 400); /* it rests: else there are thousands */
	assert_int_equal(unlooked, 0);
	stop(&t);
	assert_false(overlapped);
}

/* Its loop ends the process; the thread is out of the driver by then. */
TEST(the_end_of_the_channel_ends_the_thread)
{
	struct thread *t = start(false);

	must_hear(WORKER_SLOT, 1, 0);
	assert_int_equal(shutdown(ends[0], SHUT_RDWR), 0);
	while (closed < 2)
		(void)usleep(1000);
	stop(&t);
	assert_null(t);
}

/* In a child, since it ends the process. */
static void
hang_and_watch(void)
{
	static const uint8_t cmd[] = { 0, 1, 2, 3 };
	struct worker_frame f = { WORKER_TRANSMIT, 0, 1, 1, SPAN_OF(cmd) };
	struct thread *t = start(false);
	uint64_t before;

	card[0] = true;
	must_hear(WORKER_CARD, 0, WORKER_CARD_IN);
	hangs = true;
	ask(&f);
	before = clock_ms();
	while (clock_ms() - before < 400)
		assert_in_range(thread_watch(t), 1, 600);
	while (clock_ms() - before < 5000) {
		(void)thread_watch(t);
		(void)usleep(10000);
	}
	_exit(99);
}

TEST(a_driver_that_hangs_ends_its_process)
{
	uint64_t before = clock_ms();
	pid_t p = fork();
	int status;

	assert_true(p >= 0);
	if (p == 0)
		hang_and_watch();
	assert_int_equal(waitpid(p, &status, 0), p);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_true(clock_ms() - before >= 400);
}

TEST(a_driver_that_does_not_come_back_is_left_behind)
{
	static const uint8_t cmd[] = { 0, 1, 2, 3 };
	struct worker_frame f = { WORKER_TRANSMIT, 0, 1, 1, SPAN_OF(cmd) };
	struct thread *t = start(false);

	card[0] = true;
	must_hear(WORKER_CARD, 0, WORKER_CARD_IN);
	hangs = true;
	ask(&f);
	while (inside == 0)
		(void)usleep(1000);
	stop(&t);
	assert_non_null(t);
	hangs = false;
	stop(&t);
	assert_null(t);
}

TEST_MAIN("reader/ifd/thread")
