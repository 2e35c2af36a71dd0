/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/err.h"

#include <stdlib.h>

/* clang-format off */
static const struct {
	const char *name, *text;
} errs[ERR_COUNT_] = {
	[ERR_OK]          = { "ok",          "success" },
	[ERR_NOMEM]       = { "nomem",       "out of memory" },
	[ERR_LIMIT]       = { "limit",       "a limit was reached" },
	[ERR_SHORT]       = { "short",       "the data end too early" },
	[ERR_FORMAT]      = { "format",      "the data are malformed" },
	[ERR_SEQUENCE]       = { "sequence",       "not possible at this moment" },
	[ERR_IO]          = { "io",          "communication failed" },
	[ERR_TIMEOUT]     = { "timeout",     "no answer in time" },
	[ERR_BUSY]        = { "busy",        "somebody else is using it" },
	[ERR_CARD]        = { "card",        "the card refused" },
	[ERR_ABSENT]      = { "absent",      "not there" },
	[ERR_REMOVED]     = { "removed",     "the card was removed or reset" },
	[ERR_PIN_WRONG]   = { "pin_wrong",   "the PIN is wrong" },
	[ERR_PIN_BLOCKED] = { "pin_blocked", "the PIN is blocked" },
	[ERR_PIN_FORM]    = { "pin_form",    "this cannot be a PIN; it was not "
					     "sent to the card" },
	[ERR_PIN_NEEDED]  = { "pin_needed",  "the PIN has not been presented" },
	[ERR_DENIED]      = { "denied",      "not allowed" },
	[ERR_UNSUPPORTED] = { "unsupported", "not supported" },
	[ERR_SERVICE]     = { "service",     "the smart card service does not "
					     "answer" },
};
/* clang-format on */

const char *
err_name(err_t e)
{
	return (unsigned int)e < ERR_COUNT_ ? errs[e].name : "unknown";
}

const char *
err_text(err_t e)
{
	return (unsigned int)e < ERR_COUNT_ ? errs[e].text : "unknown error";
}

err_t
err_from_wire(uint32_t n)
{
	return n < ERR_COUNT_ ? (err_t)n : ERR_FORMAT;
}

void
free_mem(void *pp)
{
	void **p = pp;

	free(*p);
	*p = NULL;
}
