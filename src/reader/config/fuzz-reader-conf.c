/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever the file says: bounded, terminated, absolute, all or nothing. */
#include "fuzz.h"
#include "reader/config/reader-conf.h"

#include <string.h>

#include "base/text.h"

static bool
good(const struct reader_conf *r)
{
	size_t name = strnlen(r->name, sizeof(r->name));
	size_t device = strnlen(r->device, sizeof(r->device));

	return name > 0 && name < sizeof(r->name) &&
	    text_ok(span_str(r->name)) && r->library[0] == '/' &&
	    memchr(r->library, '\0', sizeof(r->library)) != NULL &&
	    device < sizeof(r->device) && text_ok(span_str(r->device));
}

void
fuzz_one(struct span in)
{
	static struct reader_list list;
	struct why why = { 0 };

	memset(&list, 0, sizeof(list));
	if (reader_conf_parse(in, &list, &why) != ERR_OK) {
		FUZZ_PROMISE(list.n == 0 && why.text[0] != '\0');
		return;
	}
	FUZZ_PROMISE(list.n <= READER_CONF_MAX);
	for (size_t i = 0; i < list.n; i++)
		FUZZ_PROMISE(good(&list.readers[i]));
}
