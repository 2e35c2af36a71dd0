/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread that is inside the driver, and those inside its polling. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "reader/ifd/inner.h"

#define LOOK_MS 400u /* pcscd's rate, for drivers that cannot wait */
#define LOOK_POLLED_MS 2000u /* in case a polling function sleeps */
#define POLL_MS 500 /* a polling function returns after this */
#define POLL_REST_MS 100u /* between two that return at once */
#define OPEN_LIMIT_MS 30000u
#define POWER_LIMIT_MS 30000u
#define LOOK_LIMIT_MS 10000u

/* Around each call of the driver, without the lock. */
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

static void
post(struct thread *t, const struct worker_frame *f)
{
	const uint64_t one = 1;
	bool ok;

	lock(t);
	ok = worker_build(f, &t->out) == ERR_OK &&
	    write(t->event, &one, sizeof(one)) == sizeof(one);
	unlock(t);
	if (!ok)
		give_up(t, "no memory for what it says");
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

	buf_reset(&t->answer);
	begin(t, power ? "powering a card" : "talking to a card",
	    power ? POWER_LIMIT_MS : t->setup.timeout_ms);
	return finish(t,
	    calls_request(&t->setup.driver, p->lun, f,
		span_from(p->atr, p->atr_n), &t->answer));
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
	p->in = true;
	if (e == ERR_OK) {
		keep_atr(p);
		news.value = WORKER_CARD_IN;
		news.body = span_from(p->atr, p->atr_n);
	} else {
		p->atr_n = 0;
		news.value = WORKER_CARD_MUTE;
	}
	post(p->t, &news);
}

static void
look(struct place *p)
{
	struct thread *t = p->t;
	err_t e;

	begin(t, "looking for a card", LOOK_LIMIT_MS);
	e = finish(t, calls_presence(&t->setup.driver, p->lun));
	if (e == ERR_SERVICE) {
		log_notice("reader \"%s\": unplugged", t->setup.name);
		_exit(0);
	}
	if (e == ERR_OK && !p->in) {
		card_in(p);
	} else if (e != ERR_OK && p->in) {
		p->in = false;
		p->atr_n = 0;
		post(t,
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

/* The request in t->request. */
static void
serve(struct thread *t)
{
	struct worker_frame f;
	struct place *p;
	size_t used;
	err_t e;

	if (worker_parse(buf_span(&t->request), &f, &used) != ERR_OK ||
	    f.slot >= t->n)
		give_up(t, "a request is lost");
	p = &t->places[f.slot];
	e = for_card(&f) && !p->in ? ERR_REMOVED : ask_driver(p, &f);
	if (e == ERR_OK && f.type == WORKER_POWER && f.value != 0)
		keep_atr(p);
	if (e != ERR_OK && e != ERR_UNSUPPORTED)
		p->look_at = 0;
	lock(t);
	p->asked = false;
	unlock(t);
	post(t,
	    &(struct worker_frame){ .type = WORKER_ANSWER,
		.slot = f.slot,
		.id = f.id,
		.value = e,
		.body = e == ERR_OK ? buf_span(&t->answer) : SPAN_NONE });
	buf_reset(&t->answer);
	buf_reset(&t->request);
}

static bool
take_request(struct thread *t)
{
	struct worker_frame f;
	size_t used;
	bool got;

	lock(t);
	got = worker_parse(buf_span(&t->in), &f, &used) == ERR_OK;
	if (got) {
		buf_put(&t->request, span_first(buf_span(&t->in), used));
		buf_drop(&t->in, used);
	}
	unlock(t);
	return got;
}

/* A slot whose time has come, or NULL; *next is the earliest to come. */
static struct place *
take_due(struct thread *t, uint64_t *next)
{
	struct place *due = NULL;
	uint64_t now = clock_ms();

	*next = DEADLINE_NONE;
	lock(t);
	for (unsigned int i = 0; i < t->n && due == NULL; i++) {
		struct place *p = &t->places[i];

		if (!p->open)
			continue;
		if (p->poked || p->look_at <= now) {
			p->poked = false;
			due = p;
		} else if (p->look_at < *next) {
			*next = p->look_at;
		}
	}
	unlock(t);
	return due;
}

static bool
anything(const struct thread *t)
{
	bool poked = false;

	for (unsigned int i = 0; i < t->n; i++)
		poked = poked || t->places[i].poked;
	return t->stop || t->in.n > 0 || poked;
}

/* Returns false when it is time to stop. */
static bool
wait_until(struct thread *t, uint64_t until)
{
	struct timespec ts = { .tv_sec = (time_t)(until / 1000),
		.tv_nsec = (long)(until % 1000) * 1000000 };
	bool more;
	int r = 0;

	lock(t);
	while (!anything(t) && r != ETIMEDOUT)
		r = pthread_cond_timedwait(&t->wake, &t->lock, &ts);
	more = !t->stop;
	unlock(t);
	return more;
}

static void *
poll_body(void *arg)
{
	struct place *p = arg;
	struct thread *t = p->t;
	uint64_t before, took;
	bool stop = false;

	while (!stop) {
		before = clock_ms();
		(void)t->poll(p->lun, POLL_MS);
		took = clock_ms() - before;
		lock(t);
		p->poked = true;
		(void)pthread_cond_signal(&t->wake);
		stop = t->stop;
		unlock(t);
		if (!stop && took < POLL_REST_MS)
			(void)usleep((useconds_t)(POLL_REST_MS - took) * 1000);
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
	lock(t);
	p->open = true;
	unlock(t);
	post(t,
	    &(struct worker_frame){ .type = WORKER_SLOT,
		.slot = number(p),
		.body = span_first(span_str(t->setup.name), WORKER_NAME_MAX) });
	post(t,
	    &(struct worker_frame){ .type = WORKER_CARD,
		.slot = number(p),
		.value = WORKER_CARD_OUT });
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
	n = calls_slots(&t->setup.driver, 0);
	t->poll = calls_poll_fn(&t->setup.driver, 0);
	(void)finish(t, ERR_OK);
	lock(t);
	t->n = n;
	unlock(t);
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

static void
close_all(struct thread *t)
{
	ifdh_stop_fn *stop;

	begin(t, "closing the reader", STOP_MS);
	stop = t->poll != NULL ? calls_stop_fn(&t->setup.driver, 0) : NULL;
	for (unsigned int i = 0; i < t->n; i++) {
		struct place *p = &t->places[i];

		if (p->polled && stop != NULL)
			(void)stop(p->lun);
		if (p->polled)
			(void)pthread_join(p->poller, NULL);
		if (p->open)
			(void)t->setup.driver.close(p->lun);
	}
	(void)finish(t, ERR_OK);
}

void *
caller_body(void *arg)
{
	struct thread *t = arg;
	struct place *due;
	uint64_t next = 0;

	open_all(t);
	while (wait_until(t, next)) {
		next = 0;
		if (take_request(t))
			serve(t);
		/* one look between two requests, so that neither starves */
		if ((due = take_due(t, &next)) != NULL) {
			look(due);
			next = 0;
		}
	}
	close_all(t);
	return NULL;
}
