/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread that calls the driver for scs-readerd, and those inside its polling
 * function, which call it to see what is new.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
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

static void
take_driver(struct thread *t)
{
	(void)pthread_mutex_lock(&t->driver);
}

static void
leave_driver(struct thread *t)
{
	(void)pthread_mutex_unlock(&t->driver);
}

/* Around each call of the driver, by who has it. */
static void
begin(struct thread *t, const char *doing, uint64_t limit_ms)
{
	uint64_t most = t->setup.timeout_ms;

	lock(t);
	t->doing = doing;
	t->deadline = deadline_in(limit_ms < most ? limit_ms : most);
	unlock(t);
}

static err_t
finish(struct thread *t, err_t e)
{
	lock(t);
	t->deadline = DEADLINE_NONE;
	unlock(t);
	if (e == ERR_FORMAT)
		give_up(t, "it claims to have written more than it may");
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
	bool power = f->type == WORKER_POWER || f->type == WORKER_PROTOCOL;
	err_t e;

	buf_reset(&t->answer);
	begin(t, power ? "powering a card" : "talking to a card",
	    power ? POWER_LIMIT_MS : t->setup.timeout_ms);
	e = finish(t,
	    calls_request(&t->setup.driver, p->lun, f,
		span_from(p->atr, p->atr_n), &t->answer));
	if (failing_request(&t->failing, f, e))
		give_up(t, "its commands to a card fail");
	return e;
}

static void
keep_atr(struct place *p)
{
	struct span atr = span_first(buf_span(&p->t->answer), ATR_MAX);

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

static void
look(struct place *p)
{
	struct thread *t = p->t;
	err_t e;

	p->news = false;
	begin(t, "looking for a card", LOOK_LIMIT_MS);
	e = finish(t, calls_presence(&t->setup.driver, p->lun));
	if (e == ERR_SERVICE) {
		log_notice("reader \"%s\": unplugged", t->setup.name);
		_exit(0);
	}
	if (failing_look(&t->failing, e))
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
	p->look_at = deadline_in(t->poll != NULL ? LOOK_POLLED_MS : LOOK_MS);
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
		p->look_at = 0;
	return e;
}

static void
serve(struct thread *t, const struct worker_frame *f, size_t used)
{
	err_t e = answer_to(t, f);

	talk_say(t,
	    &(struct worker_frame){ .type = WORKER_ANSWER,
		.slot = f->slot,
		.id = f->id,
		.value = e,
		.body = e == ERR_OK ? buf_span(&t->answer) : SPAN_NONE });
	buf_reset(&t->answer);
	buf_drop(&t->in, used); /* wiped: it may have been a PIN */
}

/* Slots whose time has come; the next is at most LOOK_MS away. */
static void
look_around(struct thread *t)
{
	uint64_t now = clock_ms();

	for (unsigned int i = 0; i < t->n; i++) {
		struct place *p = &t->places[i];

		if (p->open && (p->news || p->look_at <= now))
			look(p);
	}
}

static bool
stopped(struct thread *t)
{
	bool stop;

	lock(t);
	stop = t->stop;
	unlock(t);
	return stop;
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
		take_driver(t);
		if (p->news) /* else the caller has looked meanwhile */
			look(p);
		leave_driver(t);
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

	begin(t, "opening the reader", OPEN_LIMIT_MS);
	e = finish(t,
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

/* The first slot's channel tells how many there are. */
static void
open_all(struct thread *t)
{
	unsigned int n;

	if (open_place(&t->places[0]) != ERR_OK)
		give_up(t, "its driver cannot open it");
	begin(t, "describing the reader", LOOK_LIMIT_MS);
	t->n = n = calls_slots(&t->setup.driver, 0);
	t->poll = calls_poll_fn(&t->setup.driver, 0);
	t->poll_ms = calls_stop_fn(&t->setup.driver, 0) != NULL
	    ? POLL_STOPPED_MS
	    : POLL_MS;
	(void)finish(t, ERR_OK);
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
	struct thread *t = p->t;
	ifdh_stop_fn *stop;

	do {
		take_driver(t);
		begin(t, "closing the reader", STOP_MS);
		stop = calls_stop_fn(&t->setup.driver, p->lun);
		if (stop != NULL)
			(void)stop(p->lun);
		(void)finish(t, ERR_OK);
		leave_driver(t);
	} while (!join_within(p->poller, STOP_AGAIN_MS));
}

static void
close_all(struct thread *t)
{
	take_driver(t);
	begin(t, "closing the reader", STOP_MS);
	for (unsigned int i = 0; i < t->n; i++) {
		if (t->places[i].open)
			(void)t->setup.driver.close(t->places[i].lun);
	}
	(void)finish(t, ERR_OK);
	leave_driver(t);
}

void *
caller_body(void *arg)
{
	struct thread *t = arg;
	struct worker_frame f;
	size_t used;
	bool more = true;

	take_driver(t);
	open_all(t);
	leave_driver(t);
	talk_patience(t, t->poll != NULL ? LOOK_POLLED_MS : LOOK_MS);
	while (more && !stopped(t)) {
		take_driver(t);
		if (talk_request(t, &f, &used))
			serve(t, &f, used);
		/* looks between two requests, so that neither starves */
		look_around(t);
		leave_driver(t);
		if (!talk_request(t, &f, &used))
			more = talk_wait(t);
	}
	for (unsigned int i = 0; i < t->n; i++) {
		if (t->places[i].polled)
			stop_polling(&t->places[i]);
	}
	close_all(t);
	return NULL;
}
