/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames of hostile clients, as a sequence, through the real dispatcher, with a
 * card that comes and goes meanwhile. Input: records of a byte (which client,
 * or an accident) and, for a client, a byte of length and the bytes it says.
 * hContext and hCard are random: the bytes fe fe fe fe are replaced by those
 * this client has, so that the input reaches what is behind them.
 */
#include "readerd/handle.h"
#include "readerd/rig.h"

#include <string.h>

#include "fuzz.h"

#define CLIENTS 3

static struct rig rig;
static struct client *clients[CLIENTS];

static void
replace(const struct client *c, uint8_t *p, size_t n)
{
	static const uint8_t mark[4] = { 0xfe, 0xfe, 0xfe, 0xfe };
	static const uint8_t card[4] = { 0xfd, 0xfd, 0xfd, 0xfd };

	for (size_t i = 0; i + 4 <= n; i++) {
		if (memcmp(p + i, mark, 4) == 0)
			memcpy(p + i, &c->context, 4);
		if (memcmp(p + i, card, 4) == 0 && c->handles != NULL)
			memcpy(p + i, &c->handles->card, 4);
	}
}

static void
say(size_t i, struct span said)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(256);
	struct client *c = clients[i];
	err_t e;

	buf_put(&b, said);
	if (b.n > 0)
		replace(c, b.p, b.n);
	buf_put(&c->io.in, buf_span(&b));
	do {
		c->io.again = false;
		e = buf_status(&c->io.in);
		if (e == ERR_OK)
			e = client_input(c);
	} while (e == ERR_OK && c->io.again && !c->busy);
	buf_reset(&c->io.out);
	if (e == ERR_OK && !c->io.closing)
		return;
	client_free(c);
	clients[i] = rig_client(&rig, i == 0 ? DIALECT_WORKER : DIALECT_PLAIN);
}

/* Nobody has what he may not have. */
static void
check(void)
{
	const struct slot *s = rig.svc.slots[0];
	bool found = s->holder == NULL, exclusive = s->exclusive == NULL;

	for (const struct handle *h = s->handles; h; h = h->next_of_slot) {
		FUZZ_PROMISE(h->slot == s);
		found = found || s->holder == h;
		exclusive = exclusive || s->exclusive == h;
	}
	FUZZ_PROMISE(found && exclusive);
	FUZZ_PROMISE(s->holder != NULL || (!s->held && s->depth == 0));
	FUZZ_PROMISE(s->present || s->handles == NULL);
	FUZZ_PROMISE(s->present || s->queue == NULL);
}

static void
accident(uint8_t what)
{
	switch (what & 7) {
	case 0:
		rig_card(&rig, true);
		break;
	case 1:
		rig_card(&rig, false);
		break;
	case 2:
		rig_unplug(&rig);
		rig_plug(&rig);
		break;
	case 3:
		client_free(clients[what >> 6 & 1]);
		clients[what >> 6 & 1] = rig_client(&rig,
		    (what >> 6 & 1) == 0 ? DIALECT_WORKER : DIALECT_PLAIN);
		break;
	default:
		rig_serve(&rig);
		break;
	}
}

void
fuzz_one(struct span in)
{
	uint8_t who, n;
	struct span said;

	rig_start(&rig);
	rig_card(&rig, true);
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i] =
		    rig_client(&rig, i == 0 ? DIALECT_WORKER : DIALECT_PLAIN);
	while (span_u8(&in, &who) == ERR_OK) {
		if (who >= CLIENTS) {
			accident(who);
		} else if (span_u8(&in, &n) == ERR_OK) {
			said = span_first(in, n);
			in = span_from(in.p + said.n, in.n - said.n);
			say(who, said);
		}
		check();
	}
	rig_serve(&rig);
	check();
	rig_stop(&rig);
}
