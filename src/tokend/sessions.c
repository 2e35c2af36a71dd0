/* SPDX-License-Identifier: BSD-2-Clause */
#include "tokend/sessions.h"

static size_t
find(const struct sessions *s, uint64_t id)
{
	size_t i = 0;

	while (i < SESSIONS_MAX && s->all[i].id != id)
		i++;
	return i;
}

err_t
sessions_put(struct sessions *s, uint64_t id, const struct secret *pin)
{
	struct secret *copy;
	size_t i;
	err_t e;

	sessions_end(s, id);
	if ((i = find(s, 0)) == SESSIONS_MAX)
		return ERR_LIMIT;
	if ((e = secret_from(secret_span(pin), &copy)))
		return e;
	s->all[i] = (struct session){ .id = id, .pin = copy };
	return ERR_OK;
}

const struct secret *
sessions_pin(const struct sessions *s, uint64_t id)
{
	size_t i = id == 0 ? SESSIONS_MAX : find(s, id);

	return i < SESSIONS_MAX ? s->all[i].pin : NULL;
}

bool
sessions_room(const struct sessions *s, uint64_t id)
{
	return find(s, id) < SESSIONS_MAX || find(s, 0) < SESSIONS_MAX;
}

bool
sessions_any(const struct sessions *s)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (s->all[i].id != 0)
			return true;
	return false;
}

void
sessions_end(struct sessions *s, uint64_t id)
{
	size_t i = id == 0 ? SESSIONS_MAX : find(s, id);

	if (i == SESSIONS_MAX)
		return;
	secret_free(&s->all[i].pin);
	s->all[i].id = 0;
}

void
sessions_end_all(struct sessions *s)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		sessions_end(s, s->all[i].id);
}
