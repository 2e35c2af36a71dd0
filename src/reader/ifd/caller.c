/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who calls the driver for scs-readerd, and the threads inside its polling
 * function, which call it to see what is new.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/why.h"
#include "reader/ifd/inner.h"

#define LOOK_MS 400u /* pcscd's rate, for drivers that cannot wait */
#define LOOK_POLLED_MS 2000u /* in case a polling function sleeps */
#define POLL_MS 500 /* a polling function returns after this */
#define POLL_STOPPED_MS 10000 /* one that can be told to return */
#define POLL_REST_MS 20u /* of a polling function that does not wait */
#define POLL_BURST_MS 1000u /* so much rest may be owed: cards that move */
#define STOP_AGAIN_MS 100
#define OPEN_LIMIT_MS 30000u
#define POWER_LIMIT_MS 30000u

static unsigned int
lane_number(const struct lane *l)
{
	return (unsigned int)(l - l->t->lanes);
}

static void
take_driver(struct lane *l)
{
	(void)pthread_mutex_lock(&l->driver);
	lock(l->t);
	failing_enter(&l->t->failing, lane_number(l));
	unlock(l->t);
}

static void
leave_driver(struct lane *l)
{
	lock(l->t);
	failing_leave(&l->t->failing, lane_number(l));
	unlock(l->t);
	(void)pthread_mutex_unlock(&l->driver);
}

/* Around each call of the driver, by who has it. */
static void
begin(struct lane *l, const char *doing, uint64_t limit_ms)
{
	uint64_t most = l->t->setup.timeout_ms;

	lock(l->t);
	l->doing = doing;
	l->deadline = deadline_in(limit_ms < most ? limit_ms : most);
	unlock(l->t);
}

static err_t
finish(struct lane *l, err_t e)
{
	lock(l->t);
	l->deadline = DEADLINE_NONE;
	unlock(l->t);
	if (e == ERR_FORMAT)
		give_up(l->t, "it claims to have written more than it may");
	return e;
}

static uint16_t
number(const struct place *p)
{
	return (uint16_t)(p - p->t->places);
}

static err_t
ask_driver(struct place *p, const struct worker_frame *f)
{
	struct thread *t = p->t;
	struct lane *l = p->lane;
	bool power = f->type == WORKER_POWER || f->type == WORKER_PROTOCOL;
	bool failed;
	err_t e;

	buf_reset(&l->answer);
	begin(l, power ? "powering a card" : "talking to a card",
	    power ? POWER_LIMIT_MS : t->setup.timeout_ms);
	e = finish(l,
	    calls_request(&t->setup.driver, p->lun, f,
		span_from(p->atr, p->atr_n), &l->answer));
	lock(t);
	failed = failing_request(&t->failing, lane_number(l), f, e);
	unlock(t);
	if (failed)
		give_up(t, "its commands to a card fail");
	return e;
}

static void
keep_atr(struct place *p)
{
	struct span atr = span_first(buf_span(&p->lane->answer), ATR_MAX);

	memcpy(p->atr, atr.p, atr.n);
	p->atr_n = atr.n;
}

static void
card_in(struct place *p)
{
	struct worker_frame up = { .type = WORKER_POWER,
		.value = WORKER_POWER_COLD };
	struct worker_frame news = { .type = WORKER_CARD, .slot = number(p) };
	err_t e = ask_driver(p, &up);

	if (e == ERR_REMOVED)
		return; /* out again */
	p->in = p->looked = true;
	if (e == ERR_OK) {
		keep_atr(p);
		news.value = WORKER_CARD_IN;
		news.body = span_from(p->atr, p->atr_n);
	} else {
		p->atr_n = 0;
		news.value = WORKER_CARD_MUTE;
	}
	talk_say(p->t, &news);
}

/* By who has the driver; who has not reads it with the lock (crew.c). */
static void
look_again(struct place *p, uint64_t when)
{
	lock(p->t);
	p->look_at = when;
	unlock(p->t);
}

static void
look(struct place *p)
{
	struct thread *t = p->t;
	bool failed;
	err_t e;

	p->news = false;
	begin(p->lane, "looking for a card", LOOK_LIMIT_MS);
	e = finish(p->lane, calls_presence(&t->setup.driver, p->lun));
	if (e == ERR_SERVICE) {
		log_notice("reader \"%s\": unplugged", t->setup.name);
		_exit(0);
	}
	lock(t);
	failed = failing_look(&t->failing, lane_number(p->lane), e);
	unlock(t);
	if (failed)
		give_up(t, "it gets no word out of the reader");
	if (e == ERR_OK && !p->in) {
		card_in(p);
	} else if (e != ERR_OK && (p->in || !p->looked)) {
		p->in = false;
		p->looked = true;
		p->atr_n = 0;
		talk_say(t,
		    &(struct worker_frame){ .type = WORKER_CARD,
			.slot = number(p),
			.value = WORKER_CARD_OUT });
	}
	look_again(p, deadline_in(t->poll != NULL ? LOOK_POLLED_MS : LOOK_MS));
}

static bool
for_card(const struct worker_frame *f)
{
	return f->type == WORKER_POWER || f->type == WORKER_PROTOCOL ||
	    f->type == WORKER_TRANSMIT;
}

/* A slot that was never opened has nothing in it and nobody to ask. */
static err_t
answer_to(struct thread *t, const struct worker_frame *f)
{
	struct place *p = &t->places[f->slot];
	err_t e;

	if (!p->open)
		return ERR_ABSENT;
	if (for_card(f) && !p->in)
		return ERR_REMOVED;
	e = ask_driver(p, f);
	if (e == ERR_OK && f->type == WORKER_POWER && f->value != 0)
		keep_atr(p);
	if (e != ERR_OK && e != ERR_UNSUPPORTED)
		look_again(p, 0);
	return e;
}

/* The request at the front of `in`. */
static void
serve(struct lane *l, struct buf *in, const struct worker_frame *f, size_t used)
{
	struct thread *t = l->t;
	err_t e = answer_to(t, f);

	talk_say(t,
	    &(struct worker_frame){ .type = WORKER_ANSWER,
		.slot = f->slot,
		.id = f->id,
		.value = e,
		.body = e == ERR_OK ? buf_span(&l->answer) : SPAN_NONE });
	buf_reset(&l->answer);
	buf_drop(in, used); /* wiped: it may have been a PIN */
}

static bool
due(const struct place *p, uint64_t now)
{
	return p->open && (p->news || p->look_at <= now);
}

bool
caller_due(const struct lane *l, uint64_t now)
{
	for (unsigned int i = 0; i < l->t->n; i++) {
		if (l->t->places[i].lane == l && due(&l->t->places[i], now))
			return true;
	}
	return false;
}

/* Slots whose time has come; the next is at most LOOK_MS away. */
static void
look_around(struct lane *l)
{
	uint64_t now = clock_ms();

	for (unsigned int i = 0; i < l->t->n; i++) {
		struct place *p = &l->t->places[i];

		if (p->lane == l && due(p, now))
			look(p);
	}
}

void
caller_turn(struct lane *l, struct buf *in)
{
	struct worker_frame f;
	size_t used;

	take_driver(l);
	if (talk_request(l->t, in, &f, &used))
		serve(l, in, &f, used);
	/* looks between two requests, so that neither starves */
	look_around(l);
	leave_driver(l);
}

static void *
poll_body(void *arg)
{
	struct place *p = arg;
	struct thread *t = p->t;
	uint64_t before = clock_ms(), took, owed = 0;

	while (!stopped(t)) {
		(void)t->poll(p->lun, t->poll_ms);
		p->news = true;
		take_driver(p->lane);
		if (p->news) /* else the caller has looked meanwhile */
			look(p);
		leave_driver(p->lane);
		took = clock_ms() - before;
		before += took;
		owed += POLL_REST_MS;
		owed -= took < owed ? took : owed;
		if (owed > POLL_BURST_MS)
			(void)usleep(POLL_REST_MS * 1000);
	}
	return NULL;
}

static err_t
open_place(struct place *p)
{
	struct thread *t = p->t;
	err_t e;

	begin(p->lane, "opening the reader", OPEN_LIMIT_MS);
	e = finish(p->lane,
	    calls_open(
		&t->setup.driver, p->lun, t->setup.device, t->setup.channel));
	if (e != ERR_OK)
		return e;
	p->open = true;
	talk_say(t,
	    &(struct worker_frame){ .type = WORKER_SLOT,
		.slot = number(p),
		.body = span_first(span_str(t->setup.name), WORKER_NAME_MAX) });
	return ERR_OK;
}

/* The first slot's channel tells of all. */
static void
describe(struct thread *t)
{
	const struct ifdh *d = &t->setup.driver;

	begin(&t->lanes[0], "describing the reader", LOOK_LIMIT_MS);
	t->n = calls_slots(d, 0);
	if (t->n > 1 && calls_slots_at_once(d, 0))
		t->lanes_n = t->n;
	for (unsigned int i = 0; i < t->n; i++)
		t->places[i].lane = &t->lanes[i % t->lanes_n];
	t->poll = calls_poll_fn(d, 0);
	t->poll_ms = calls_stop_fn(d, 0) != NULL ? POLL_STOPPED_MS : POLL_MS;
	(void)finish(&t->lanes[0], ERR_OK);
}

/* Where a reader may be, said in reader.conf: NODE, or NODE:what. */
static const char *
what_is_wrong_with(const char *device)
{
	char node[PATH_MAX];

	if (device[0] == '\0' || strncmp(device, "usb:", 4) == 0)
		return "";
	(void)snprintf(
	    node, sizeof(node), "%.*s", (int)strcspn(device, ":"), device);
	if (access(node, R_OK | W_OK) == 0)
		return ", which is there and open to it: is the reader?";
	return errno == ENOENT ? ", which is not there"
	    : errno == EACCES  ? ", which is not open to it"
			       : "";
}

__attribute__((noreturn)) static void
cannot_open(const struct thread *t)
{
	const struct thread_setup *s = &t->setup;
	const bool numbered =
	    s->driver.create_by_name == NULL || s->device[0] == '\0';
	char channel[32] = "";
	struct why why = { 0 };

	if (numbered)
		(void)snprintf(channel, sizeof(channel), "channel %#lx%s",
		    (unsigned long)s->channel,
		    s->device[0] != '\0' ? " at " : "");
	(void)why_add(&why, ERR_IO, "its driver cannot open %s%s%s", channel,
	    s->device, what_is_wrong_with(s->device));
	give_up(t, why.text);
}

/* Nobody else calls the driver yet. */
static void
open_all(struct thread *t)
{
	unsigned int n;

	if (open_place(&t->places[0]) != ERR_OK)
		cannot_open(t);
	describe(t);
	n = t->n;
	for (unsigned int i = 1; i < n; i++) {
		if (open_place(&t->places[i]) != ERR_OK)
			log_warning("reader \"%s\": slot %u of %u cannot be "
				    "opened: left out",
			    t->setup.name, i, n);
	}
	for (unsigned int i = 0; i < n && t->poll != NULL; i++) {
		struct place *p = &t->places[i];

		p->polled = p->open && make_thread(&p->poller, poll_body, p);
	}
}

/* Told once more if it was not inside yet; thread_free() does not wait long. */
static void
stop_polling(struct place *p)
{
	ifdh_stop_fn *stop;

	do {
		take_driver(p->lane);
		begin(p->lane, "closing the reader", STOP_MS);
		stop = calls_stop_fn(&p->t->setup.driver, p->lun);
		if (stop != NULL)
			(void)stop(p->lun);
		(void)finish(p->lane, ERR_OK);
		leave_driver(p->lane);
	} while (!join_within(p->poller, STOP_AGAIN_MS));
}

static void
close_all(struct thread *t)
{
	begin(&t->lanes[0], "closing the reader", STOP_MS);
	for (unsigned int i = 0; i < t->n; i++) {
		if (t->places[i].open)
			(void)t->setup.driver.close(t->places[i].lun);
	}
	(void)finish(&t->lanes[0], ERR_OK);
}

/* One caller for all slots: it has the channel to itself. */
static void
serve_alone(struct thread *t)
{
	struct worker_frame f;
	size_t used;
	bool more = true;

	while (more && !stopped(t)) {
		caller_turn(&t->lanes[0], &t->in);
		if (!talk_request(t, &t->in, &f, &used))
			more = talk_wait(t);
	}
}

void *
caller_body(void *arg)
{
	struct thread *t = arg;

	open_all(t);
	talk_patience(t, t->poll != NULL ? LOOK_POLLED_MS : LOOK_MS);
	if (t->lanes_n == 1)
		serve_alone(t);
	else
		crew_serve(t);
	for (unsigned int i = 0; i < t->n; i++) {
		if (t->places[i].polled)
			stop_polling(&t->places[i]);
	}
	close_all(t); /* nobody else calls the driver any more */
	return NULL;
}
