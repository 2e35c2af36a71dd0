/* SPDX-License-Identifier: BSD-2-Clause */
#include "keychain/result.h"

int
result_from_err(err_t e)
{
	switch (e) { /* no default: a new code has to be decided here */
	case ERR_OK:
		return SCS_OK;
	case ERR_NOMEM:
		return SCS_NOMEM;
	case ERR_LIMIT:
	case ERR_SHORT:
	case ERR_FORMAT:
	case ERR_SEQUENCE:
	case ERR_COUNT_:
		return SCS_INVALID;
	case ERR_IO:
		return SCS_IO;
	case ERR_TIMEOUT:
		return SCS_TIMEOUT;
	case ERR_BUSY:
		return SCS_BUSY;
	case ERR_CARD:
		return SCS_CARD;
	case ERR_ABSENT:
		return SCS_ABSENT;
	case ERR_REMOVED:
		return SCS_REMOVED;
	case ERR_PIN_WRONG:
		return SCS_PIN_WRONG;
	case ERR_PIN_BLOCKED:
		return SCS_PIN_BLOCKED;
	case ERR_PIN_FORM:
		return SCS_PIN_FORM;
	case ERR_PIN_NEEDED:
		return SCS_PIN_NEEDED;
	case ERR_DENIED:
		return SCS_DENIED;
	case ERR_UNSUPPORTED:
		return SCS_UNSUPPORTED;
	case ERR_SERVICE:
		return SCS_SERVICE;
	}
	return SCS_INVALID;
}

/* clang-format off */
static const struct {
	err_t e;
	const char *text; /* NULL: err_text() */
} results[] = {
	[SCS_OK]          = { ERR_OK, NULL },
	[SCS_NOMEM]       = { ERR_NOMEM, NULL },
	[SCS_SERVICE]     = { ERR_SERVICE, NULL },
	[SCS_REMOVED]     = { ERR_REMOVED, NULL },
	[SCS_ABSENT]      = { ERR_ABSENT, "no such token, slot or key" },
	[SCS_PIN_WRONG]   = { ERR_PIN_WRONG, NULL },
	[SCS_PIN_BLOCKED] = { ERR_PIN_BLOCKED, NULL },
	[SCS_PIN_FORM]    = { ERR_PIN_FORM, NULL },
	[SCS_PIN_NEEDED]  = { ERR_PIN_NEEDED, NULL },
	[SCS_DENIED]      = { ERR_DENIED, "not allowed" },
	[SCS_UNSUPPORTED] = { ERR_UNSUPPORTED, NULL },
	[SCS_CARD]        = { ERR_CARD, NULL },
	[SCS_IO]          = { ERR_IO, NULL },
	[SCS_TIMEOUT]     = { ERR_TIMEOUT, NULL },
	[SCS_INVALID]     = { ERR_FORMAT, "an argument or an answer makes no "
				     "sense" },
	[SCS_BUSY]        = { ERR_BUSY, NULL },
};
/* clang-format on */

err_t
result_to_err(int result)
{
	if (result < 0 || (size_t)result >= nitems(results))
		return ERR_FORMAT;
	return results[result].e;
}

const char *
scs_result_text(int result)
{
	if (result < 0 || (size_t)result >= nitems(results))
		return "unknown result";
	if (results[result].text != NULL)
		return results[result].text;
	return err_text(results[result].e);
}
