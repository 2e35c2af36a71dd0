/* SPDX-License-Identifier: BSD-2-Clause */
/* What an earlier worker of this card wanted remembered. */
#include "fuzz.h"
#include "tokend/memory.h"

static uint8_t told[MEMORY_BYTES];
static size_t told_n;

static void
on_changed(void *ctx UNUSED, const struct secret *key UNUSED, struct span bytes)
{
	FUZZ_PROMISE(bytes.n <= sizeof(told));
	for (told_n = 0; told_n < bytes.n; told_n++)
		told[told_n] = bytes.p[told_n];
}

void
fuzz_one(struct span in)
{
	CLEANUP(memory_done) struct memory m = { 0 }, again = { 0 };
	CLEANUP(secret_free) struct secret *key = NULL, *pin = NULL;

	if (secret_new(MEMORY_KEY, &key) != ERR_OK ||
	    secret_from(span_str("123456"), &pin) != ERR_OK ||
	    memory_init(&m) != ERR_OK || memory_init(&again) != ERR_OK)
		return;
	m.changed = on_changed;
	if (memory_load(&m, key, in) != ERR_OK)
		return;
	if (memory_presents(&m, MEMORY_PINS, pin, 3) != ERR_OK)
		return;
	memory_tries(&m, 2);
	FUZZ_PROMISE(memory_has(&m, MEMORY_PINS, pin));
	FUZZ_PROMISE(
	    memory_load(&again, key, span_from(told, told_n)) == ERR_OK);
	FUZZ_PROMISE(memory_has(&again, MEMORY_PINS, pin));
}
