/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/service.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log.h"

void
service_init(struct service *svc, sd_event *ev)
{
	/* too large for a literal: without optimization that is on the stack */
	memset(svc, 0, sizeof(*svc));
	svc->ev = ev;
	svc->clients_max = SIZE_MAX;
	svc->control = -1;
	svc->driver_ms = DRIVER_TIMEOUT_MS(CARD_TIMEOUT_MS);
	for (unsigned int i = 0; i < IFDS_MAX; i++) {
		svc->ifds[i] = (struct ifd){ .svc = svc,
			.index = i,
			.kind = WORKER_IFD,
			.what = i,
			.channel = STREAM_NONE,
			.hears = -1 };
		said_init(&svc->ifds[i].said, i);
	}
}

static void
drop_slot(struct slot *s)
{
	struct job *j;

	while ((j = s->queue) != NULL)
		job_end(j);
	while ((j = s->flight.first) != NULL)
		job_end(j);
	sd_event_source_disable_unref(s->idle);
	free(s);
}

void
service_done(struct service *svc)
{
	while (svc->clients != NULL)
		client_free(svc->clients);
	for (size_t i = 0; i < IFDS_MAX; i++) {
		stream_done(&svc->ifds[i].channel);
		sd_event_source_disable_unref(svc->ifds[i].restart);
		sd_event_source_disable_unref(svc->ifds[i].child);
		said_close(&svc->ifds[i].said);
	}
	for (size_t i = 0; i < svc->slots_n; i++)
		drop_slot(svc->slots[i]);
	svc->slots_n = 0;
	svc->ev = sd_event_unref(svc->ev);
}

struct slot *
service_find(struct service *svc, const char *name)
{
	for (size_t i = 0; i < svc->slots_n; i++) {
		if (svc->slots[i]->present &&
		    strcmp(svc->slots[i]->name, name) == 0)
			return svc->slots[i];
	}
	return NULL;
}

struct slot *
service_slot(struct service *svc, struct ifd *ifd, uint16_t number)
{
	struct slot *s;

	for (size_t i = 0; i < svc->slots_n; i++) {
		s = svc->slots[i];
		if (s->ifd == ifd && s->number == number)
			return s;
	}
	if (svc->slots_n == SLOTS_MAX || (s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->svc = svc;
	s->ifd = ifd;
	s->number = number;
	s->activity = 1; /* a handle that has seen nothing has seen 0 */
	svc->slots[svc->slots_n++] = s;
	return s;
}

void
service_drivers(struct service *svc, size_t n)
{
	svc->ifds_n = n > IFDS_STATIC ? IFDS_STATIC : n;
	for (size_t i = 0; i < svc->ifds_n; i++) {
		if (service_slot(svc, &svc->ifds[i], 0) == NULL)
			log_err("reader driver %zu: no memory", i);
	}
}

static bool
knows_its_cards(const struct service *svc, const struct ifd *ifd)
{
	bool some = false;

	for (size_t i = 0; i < svc->slots_n; i++) {
		const struct slot *s = svc->slots[i];

		if (s->ifd != ifd || !s->present)
			continue;
		if (!s->looked)
			return false;
		some = true;
	}
	return some;
}

bool
service_settled(const struct service *svc)
{
	for (size_t i = 0; i < svc->ifds_n; i++) {
		const struct ifd *ifd = &svc->ifds[i];

		if (!ifd->idle && ifd->backoff_ms == 0 &&
		    !knows_its_cards(svc, ifd))
			return false;
	}
	return !svc->looking;
}

void
service_settle(struct service *svc)
{
	svc->settling = false;
	for (struct client *c = svc->clients; c != NULL; c = c->next)
		client_settled(c);
}

uint32_t
service_random(void)
{
	uint32_t v = 0;

	do {
		if (getrandom(&v, sizeof(v), 0) != (ssize_t)sizeof(v)) {
			log_err("no random numbers: giving up");
			abort();
		}
		v &= 0x7fffffffu;
	} while (v == 0);
	return v;
}
