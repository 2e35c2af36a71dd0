/* SPDX-License-Identifier: BSD-2-Clause */
#include "reader/ifd/rig.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"

struct rig rig;
static atomic_uint says; /* RIG_* */
const uint8_t rig_atr[4] = { 0x3b, 0x80, 0x01, 0x81 };

static void
enter(ifdh_dword lun)
{
	if (atomic_fetch_add(&rig.inside, 1) != 0)
		rig.overlapped = true;
	if (atomic_fetch_add(&rig.inside_slot[lun], 1) != 0)
		rig.overlapped_slot = true;
}

static long
leave(ifdh_dword lun, long code)
{
	(void)atomic_fetch_sub(&rig.inside_slot[lun], 1);
	(void)atomic_fetch_sub(&rig.inside, 1);
	return code;
}

static long
fake_create(ifdh_dword lun, ifdh_dword channel UNUSED)
{
	enter(lun);
	return leave(lun, lun < 2 ? IFDH_SUCCESS : IFDH_COMMUNICATION_ERROR);
}

static long
fake_close(ifdh_dword lun UNUSED)
{
	rig.closed++;
	return IFDH_SUCCESS;
}

static long
fake_poll(ifdh_dword lun, int timeout_ms)
{
	bool before = rig.card[lun];
	uint64_t until = deadline_in((uint64_t)timeout_ms);

	if (rig.hasty) {
		/* each slot's was looked at but the last */
		if (rig.polled++ > rig.looks + 1)
			rig.unlooked++;
		return IFDH_SUCCESS;
	}
	while (clock_ms() < until && rig.card[lun] == before && !rig.told[lun])
		(void)usleep(5000);
	return IFDH_SUCCESS;
}

static long
fake_stop(ifdh_dword lun)
{
	rig.told[lun] = true;
	return IFDH_SUCCESS;
}

static long
fake_get(ifdh_dword lun, ifdh_dword tag, ifdh_dword *n, uint8_t *value)
{
	ifdh_poll_fn *fn = fake_poll;
	ifdh_stop_fn *stop_fn = fake_stop;

	enter(lun);
	if (tag == IFDH_TAG_SLOTS) {
		*n = 1;
		value[0] = 3; /* the third cannot be opened */
		return leave(lun, IFDH_SUCCESS);
	}
	if (tag == IFDH_TAG_SLOTS_AT_ONCE && (says & RIG_AT_ONCE) != 0) {
		*n = 1;
		value[0] = 1;
		return leave(lun, IFDH_SUCCESS);
	}
	if (tag == IFDH_TAG_STOP_POLLING && (says & RIG_STOPS) != 0) {
		memcpy(value, &stop_fn, sizeof(stop_fn));
		return leave(lun, IFDH_SUCCESS);
	}
	if (tag != IFDH_TAG_POLLING || (says & RIG_POLLS) == 0)
		return leave(lun, IFDH_TAG_UNKNOWN);
	memcpy(value, &fn, sizeof(fn));
	return leave(lun, IFDH_SUCCESS);
}

static long
fake_power(ifdh_dword lun, ifdh_dword action, uint8_t *out, ifdh_dword *n)
{
	enter(lun);
	*n = 0;
	if (action != IFDH_POWER_DOWN) {
		memcpy(out, rig_atr, sizeof(rig_atr));
		*n = sizeof(rig_atr);
	}
	return leave(lun, IFDH_SUCCESS);
}

static long
fake_transmit(ifdh_dword lun, struct ifdh_pci send UNUSED, uint8_t *tx UNUSED,
    ifdh_dword tx_length UNUSED, uint8_t *rx, ifdh_dword *n,
    struct ifdh_pci *recv UNUSED)
{
	enter(lun);
	rig.commands++;
	while (rig.hangs[lun])
		(void)usleep(5000);
	if (rig.mute[lun])
		return leave(lun, IFDH_COMMUNICATION_ERROR);
	rx[0] = 0x90;
	rx[1] = (uint8_t)lun;
	*n = 2;
	return leave(lun, IFDH_SUCCESS);
}

static long
fake_presence(ifdh_dword lun)
{
	enter(lun);
	rig.looks++;
	rig.looks_slot[lun]++;
	if (rig.mute[lun])
		return leave(lun, IFDH_COMMUNICATION_ERROR);
	return leave(
	    lun, rig.card[lun] ? IFDH_ICC_PRESENT : IFDH_ICC_NOT_PRESENT);
}

/* What came and nobody has asked for yet. */
static struct news seen[64];
static struct buf said;

/* As it was before the first test. */
static void
forget(void)
{
	for (size_t i = 0; i < RIG_SLOTS; i++) {
		rig.card[i] = rig.hangs[i] = rig.mute[i] = false;
		rig.told[i] = false;
		rig.looks_slot[i] = 0;
	}
	rig.hasty = rig.overlapped = rig.overlapped_slot = false;
	rig.commands = rig.closed = rig.looks = rig.polled = rig.unlooked = 0;
	rig.seen_n = 0;
}

struct thread *
rig_start(unsigned int what, uint64_t timeout_ms)
{
	struct thread_setup setup = { .driver = { .create = fake_create,
					  .close = fake_close,
					  .get = fake_get,
					  .power = fake_power,
					  .transmit = fake_transmit,
					  .presence = fake_presence },
		.name = "Fake",
		.device = "",
		.timeout_ms = timeout_ms };
	struct thread *t = NULL;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, rig.ends), 0);
	setup.fd = setup.say = rig.ends[1]; /* whose end is no SIGPIPE */
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	buf_init(&said, 1 << 20);

	log_init("test", STDERR_FILENO, 0);
	forget();
	says = what;
	assert_int_equal(thread_new(&setup, &t), ERR_OK);
	assert_int_equal(thread_run(t), ERR_OK);
	return t;
}

void
rig_stop(struct thread **t)
{
	thread_free(t);
	if (*t != NULL)
		return;
	(void)close(rig.ends[0]);
	(void)close(rig.ends[1]);
	buf_done(&said);
}

void
rig_ask(const struct worker_frame *f)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1000);

	assert_int_equal(worker_build(f, &b), ERR_OK);
	assert_int_equal(write(rig.ends[0], b.p, b.n), b.n);
}

static void
keep(const struct worker_frame *f)
{
	struct news *n = &seen[rig.seen_n];

	assert_true(rig.seen_n < nitems(seen) && f->body.n <= sizeof(n->body));
	rig.seen_n++;
	n->f = *f;
	if (f->body.n > 0)
		memcpy(n->body, f->body.p, f->body.n);
}

/* Take the first such frame out of `seen`. */
static bool
take(struct news *want)
{
	for (size_t i = 0; i < rig.seen_n; i++) {
		const struct worker_frame *f = &seen[i].f;

		if (f->type != want->f.type || f->slot != want->f.slot ||
		    (f->type == WORKER_CARD && f->value != want->f.value))
			continue;
		*want = seen[i];
		want->heard = true;
		rig.seen_n--;
		memmove(
		    &seen[i], &seen[i + 1], (rig.seen_n - i) * sizeof(seen[0]));
		return true;
	}
	return false;
}

void
rig_listen(void)
{
	struct pollfd p = { .fd = rig.ends[0], .events = POLLIN };
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

bool
rig_hear(struct news *want)
{
	uint64_t until = deadline_in(RIG_PATIENCE_MS);

	while (!take(want) && clock_ms() < until)
		rig_listen();
	return want->heard;
}

struct news
rig_wants(enum worker_type type, uint16_t slot, uint32_t value)
{
	return (struct news){
		.f = { .type = (uint16_t)type, .slot = slot, .value = value }
	};
}

void
rig_must_hear(enum worker_type type, uint16_t slot, uint32_t v)
{
	struct news want = rig_wants(type, slot, v);

	if (!rig_hear(&want))
		fail_msg("no frame %u of slot %u", (unsigned int)type, slot);
}

void
rig_command(uint16_t slot, uint32_t id)
{
	static const uint8_t cmd[] = { 0, 1, 2, 3 };

	rig_ask(&(struct worker_frame){
	    WORKER_TRANSMIT, slot, id, 1, SPAN_OF(cmd) });
}

void
rig_must_answer(uint16_t slot, uint32_t id)
{
	struct news a = rig_wants(WORKER_ANSWER, slot, 0);

	assert_true(rig_hear(&a));
	assert_int_equal(a.f.id, id);
	assert_int_equal(a.f.value, ERR_OK);
	assert_int_equal(a.body[1], slot);
}

void
rig_wait_inside(uint16_t slot)
{
	while (rig.inside_slot[slot] == 0)
		(void)usleep(1000);
}

const struct worker_frame *
rig_seen(size_t i)
{
	assert_true(i < rig.seen_n);
	return &seen[i].f;
}
