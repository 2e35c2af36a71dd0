/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/pace.h"

#include <stdio.h>
#include <string.h>

/* More would only be longer forgotten: the wait is at its end here. */
#define LEVEL_MAX (PACE_FREE + 6)

static struct pace *
find(struct paces *p, const char *reader, uint64_t now_ms)
{
	struct pace *oldest = &p->all[0];

	for (size_t i = 0; i < PACE_READERS; i++) {
		struct pace *one = &p->all[i];

		if (strcmp(one->reader, reader) == 0)
			return one;
		if (one->heard_ms < oldest->heard_ms)
			oldest = one;
	}
	*oldest = (struct pace){ .since_ms = now_ms };
	(void)snprintf(oldest->reader, sizeof(oldest->reader), "%s", reader);
	return oldest;
}

static void
forget_old(struct pace *p, uint64_t now_ms)
{
	uint64_t calm = (now_ms - p->since_ms) / PACE_CALM_MS;

	p->level = calm < p->level ? p->level - (unsigned int)calm : 0;
	p->since_ms =
	    p->level == 0 ? now_ms : p->since_ms + calm * PACE_CALM_MS;
}

uint64_t
pace_insertion(struct paces *paces, const char *reader, uint64_t now_ms)
{
	struct pace *p = find(paces, reader, now_ms);
	uint64_t ms;

	forget_old(p, now_ms);
	p->heard_ms = now_ms;
	if (p->level < LEVEL_MAX)
		p->level++;
	if (p->level <= PACE_FREE)
		return 0;
	ms = (uint64_t)PACE_FIRST_MS << (p->level - PACE_FREE - 1);
	return ms > PACE_MAX_MS ? PACE_MAX_MS : ms;
}
