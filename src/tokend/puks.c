/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/puks.h"

#include <stdio.h>
#include <string.h>

#include "base/why.h"
#include "ipc/msg.h"

static size_t
find(const struct puks *p, const char *id)
{
	size_t i = 0;

	while (i < PUKS_MAX && strcmp(p->all[i].id, id) != 0)
		i++;
	return i;
}

static void
forget(struct puks *p, const char *id)
{
	size_t i = find(p, id);

	if (i < PUKS_MAX)
		p->all[i].id[0] = '\0';
}

static void
remember(struct puks *p, const char *id, uint8_t tries)
{
	size_t i = find(p, id);

	if (id[0] == '\0')
		return;
	if (i == PUKS_MAX) {
		i = p->next;
		p->next = (p->next + 1) % PUKS_MAX;
	}
	(void)snprintf(p->all[i].id, sizeof(p->all[i].id), "%s", id);
	p->all[i].tries = tries;
}

uint8_t
puks_tries(const struct puks *p, const char *id)
{
	size_t i = id[0] == '\0' ? PUKS_MAX : find(p, id);

	return i < PUKS_MAX ? p->all[i].tries : TOKEN_TRIES_UNKNOWN;
}

void
puks_no_answer(struct puks *p, const char *id)
{
	uint8_t tries = puks_tries(p, id);

	if (tries != TOKEN_TRIES_UNKNOWN && tries > 0)
		remember(p, id, (uint8_t)(tries - 1));
}

void
puks_answer(struct puks *p, const char *id, struct span body)
{
	char reason[WHY_MAX];
	uint8_t tries = TOKEN_TRIES_UNKNOWN;
	uint16_t code;
	err_t e;

	if (span_u16(&body, &code) != ERR_OK) {
		puks_no_answer(p, id);
		return;
	}
	e = err_from_wire(code);
	if (e == ERR_OK) {
		forget(p, id);
		return;
	}
	if (e == ERR_DENIED || e == ERR_PIN_FORM || e == ERR_BUSY)
		return; /* nothing was presented */
	if (e != ERR_PIN_WRONG && e != ERR_PIN_BLOCKED) {
		puks_no_answer(p, id);
		return;
	}
	if (msg_get_str(&body, reason, sizeof(reason)) == ERR_OK &&
	    span_u8(&body, &tries) == ERR_OK && tries != TOKEN_TRIES_UNKNOWN)
		remember(p, id, tries);
}
