/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool/exits.h"

enum exits
exits_of(err_t e)
{
	switch (e) { /* no default: a new code has to be decided here */
	case ERR_OK:
		return EXITS_OK;
	case ERR_PIN_WRONG:
		return EXITS_PIN;
	case ERR_PIN_BLOCKED:
		return EXITS_BLOCKED;
	case ERR_ABSENT:
		return EXITS_NONE;
	case ERR_SERVICE:
	case ERR_TIMEOUT:
		return EXITS_SERVICE;
	case ERR_NOMEM:
	case ERR_LIMIT:
	case ERR_SHORT:
	case ERR_FORMAT:
	case ERR_SEQUENCE:
	case ERR_IO:
	case ERR_BUSY:
	case ERR_CARD:
	case ERR_REMOVED:
	case ERR_PIN_FORM:
	case ERR_PIN_NEEDED:
	case ERR_DENIED:
	case ERR_UNSUPPORTED:
	case ERR_COUNT_:
		return EXITS_FAILED;
	}
	return EXITS_FAILED;
}
