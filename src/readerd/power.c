/* SPDX-License-Identifier: BSD-2-Clause */
#include "readerd/power.h"

#include <string.h>

#include "base/log.h"
#include "codec/atr.h"
#include "readerd/handle.h"
#include "readerd/service.h"

static uint32_t
offered(const struct atr *a)
{
	uint32_t bits = 0;

	if (a->specific)
		return a->specific_t == 1 ? SCARD_PROTOCOL_T1
		    : a->specific_t == 0  ? SCARD_PROTOCOL_T0
					  : 0;
	if ((a->protocols & ATR_T0) != 0)
		bits |= SCARD_PROTOCOL_T0;
	if ((a->protocols & ATR_T1) != 0)
		bits |= SCARD_PROTOCOL_T1;
	return bits;
}

uint32_t
power_choose(struct span atr, uint32_t preferred)
{
	struct atr parsed;
	uint32_t both;

	if ((preferred & SCARD_PROTOCOL_RAW) != 0)
		return SCARD_PROTOCOL_RAW;
	if ((preferred & SCARD_PROTOCOL_ANY_OLD) != 0)
		preferred |= SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1;
	if (atr_interface(atr, &parsed) != ERR_OK)
		return 0;
	both = offered(&parsed) & preferred;
	if ((both & SCARD_PROTOCOL_T1) != 0)
		return SCARD_PROTOCOL_T1;
	return both & SCARD_PROTOCOL_T0;
}

static void
card_is_mute(struct slot *s)
{
	s->card = WORKER_CARD_MUTE;
	s->powered = false;
	s->atr_n = 0;
	service_changed(s->svc);
}

/* After POWER: whatever was before is gone, for everybody but who asked. */
static uint32_t
powered(struct slot *s, struct job *j, err_t e, struct span atr)
{
	slot_was_reset(s, j->handle);
	if (e == ERR_SERVICE)
		return SCARD_E_READER_UNAVAILABLE;
	if (e == ERR_REMOVED || e == ERR_ABSENT)
		return SCARD_E_NO_SMARTCARD;
	if (j->power == WORKER_POWER_OFF) {
		s->powered = false;
		service_changed(s->svc);
		return SCARD_S_SUCCESS;
	}
	if (e != ERR_OK || atr.n == 0 || atr.n > sizeof(s->atr)) {
		card_is_mute(s);
		return SCARD_W_UNPOWERED_CARD;
	}
	memcpy(s->atr, atr.p, atr.n);
	s->atr_n = atr.n;
	s->card = WORKER_CARD_IN;
	s->powered = true;
	service_changed(s->svc);
	return SCARD_S_SUCCESS;
}

static void
power_done(struct job *j, err_t e, struct span answer)
{
	uint32_t rv = powered(j->slot, j, e, answer);

	j->power = -1;
	if (rv != SCARD_S_SUCCESS)
		j->finish(j, rv);
	else
		power_up(j);
}

static void protocol_done(struct job *j, err_t e, struct span answer);

static void
ask_protocol(struct job *j, uint32_t p)
{
	j->chosen = p;
	j->done = protocol_done;
	slot_ask(j, WORKER_PROTOCOL, p == SCARD_PROTOCOL_T1 ? 1 : 0, SPAN_NONE);
}

static void
protocol_done(struct job *j, err_t e, struct span answer UNUSED)
{
	struct slot *s = j->slot;

	/* a driver that cannot choose: what cards speak unasked */
	if (e == ERR_UNSUPPORTED && j->chosen == SCARD_PROTOCOL_T1 &&
	    power_choose(span_from(s->atr, s->atr_n),
		j->preferred & ~SCARD_PROTOCOL_T1) == SCARD_PROTOCOL_T0) {
		ask_protocol(j, SCARD_PROTOCOL_T0);
	} else if (e == ERR_OK) {
		j->slot->protocol = j->chosen;
		service_changed(j->slot->svc);
		j->finish(j, SCARD_S_SUCCESS);
	} else {
		j->finish(j,
		    e == ERR_SERVICE       ? SCARD_E_READER_UNAVAILABLE
			: e == ERR_REMOVED ? SCARD_E_NO_SMARTCARD
					   : SCARD_W_UNRESPONSIVE_CARD);
	}
}

static void
negotiate(struct job *j)
{
	struct slot *s = j->slot;
	uint32_t p = power_choose(span_from(s->atr, s->atr_n), j->preferred);

	if (p == 0) {
		j->finish(j, SCARD_E_PROTO_MISMATCH);
	} else if (p == SCARD_PROTOCOL_RAW) {
		s->protocol = p;
		service_changed(s->svc);
		j->finish(j, SCARD_S_SUCCESS);
	} else {
		ask_protocol(j, p);
	}
}

static bool
any_protocol(const struct job *j)
{
	uint32_t wanted = j->preferred;

	if ((wanted & SCARD_PROTOCOL_ANY_OLD) != 0)
		wanted |= SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1;
	return (j->slot->protocol & wanted) != 0;
}

bool
power_another_protocol(const struct job *j)
{
	const struct slot *s = j->slot;
	uint32_t p = power_choose(span_from(s->atr, s->atr_n), j->preferred);

	return s->powered && s->protocol != 0 &&
	    s->protocol != SCARD_PROTOCOL_RAW && p != SCARD_PROTOCOL_RAW &&
	    p != 0 && !any_protocol(j);
}

void
power_up(struct job *j)
{
	struct slot *s = j->slot;

	if (!s->present) {
		j->finish(j, SCARD_E_READER_UNAVAILABLE);
	} else if (s->card == WORKER_CARD_OUT) {
		j->finish(j, SCARD_E_NO_SMARTCARD);
	} else if (j->power >= 0 || (!s->powered && !j->only_power)) {
		if (j->power < 0)
			j->power = WORKER_POWER_COLD;
		j->done = power_done;
		slot_ask(j, WORKER_POWER, (uint32_t)j->power, SPAN_NONE);
	} else if (j->only_power || !j->negotiate) {
		j->finish(j, SCARD_S_SUCCESS);
	} else if (s->protocol == 0 ||
	    (s->protocol == SCARD_PROTOCOL_RAW && !any_protocol(j))) {
		negotiate(j); /* raw is no protocol that was agreed on */
	} else if ((j->preferred & SCARD_PROTOCOL_RAW) != 0) {
		j->finish(j, SCARD_S_SUCCESS); /* whatever others speak */
	} else {
		j->finish(j,
		    any_protocol(j) ? SCARD_S_SUCCESS : SCARD_E_PROTO_MISMATCH);
	}
}

struct job
power_job(struct slot *s, struct handle *h, struct client *c,
    uint32_t disposition, void (*finish)(struct job *j, uint32_t rv))
{
	return (struct job){ .slot = s,
		.client = c,
		.handle = h,
		.go = power_up,
		.power = disposition == SCARD_RESET_CARD ? WORKER_POWER_WARM
							 : WORKER_POWER_OFF,
		.only_power = true,
		.finish = finish };
}
