/* SPDX-License-Identifier: BSD-2-Clause */
#include "pcsc/rv.h"

static const struct {
	uint32_t rv;
	err_t e;
	const char *text;
} table[] = {
	{ SCARD_S_SUCCESS, ERR_OK, "success" },
	{ SCARD_F_INTERNAL_ERROR, ERR_IO, "the reader service failed" },
	{ SCARD_E_CANCELLED, ERR_TIMEOUT, "the wait was cancelled" },
	{ SCARD_E_INVALID_HANDLE, ERR_SEQUENCE,
	    "the card handle is not valid" },
	{ SCARD_E_INVALID_PARAMETER, ERR_SEQUENCE, "a parameter is not valid" },
	{ SCARD_E_NO_MEMORY, ERR_NOMEM, "the reader service has no memory" },
	{ SCARD_E_INSUFFICIENT_BUFFER, ERR_LIMIT, "the answer is too long" },
	{ SCARD_E_UNKNOWN_READER, ERR_ABSENT, "there is no such reader" },
	{ SCARD_E_TIMEOUT, ERR_TIMEOUT, "it took too long" },
	{ SCARD_E_SHARING_VIOLATION, ERR_BUSY, "another program has the card" },
	{ SCARD_E_NO_SMARTCARD, ERR_ABSENT, "there is no card in the reader" },
	{ SCARD_E_PROTO_MISMATCH, ERR_UNSUPPORTED,
	    "the card does not speak this protocol" },
	{ SCARD_E_INVALID_VALUE, ERR_SEQUENCE, "a value is not valid" },
	{ SCARD_F_COMM_ERROR, ERR_IO, "the reader service does not answer" },
	{ SCARD_E_NOT_TRANSACTED, ERR_IO, "the card did not answer" },
	{ SCARD_E_READER_UNAVAILABLE, ERR_REMOVED, "the reader has gone" },
	{ SCARD_E_NO_SERVICE, ERR_SERVICE, "the reader service does not run" },
	{ SCARD_E_SERVICE_STOPPED, ERR_SERVICE,
	    "the reader service speaks another protocol" },
	{ SCARD_E_UNSUPPORTED_FEATURE, ERR_UNSUPPORTED,
	    "the reader cannot do that" },
	{ SCARD_W_UNRESPONSIVE_CARD, ERR_IO, "the card is mute" },
	{ SCARD_W_UNPOWERED_CARD, ERR_IO, "the card has no power" },
	{ SCARD_W_RESET_CARD, ERR_REMOVED, "the card was reset" },
	{ SCARD_W_REMOVED_CARD, ERR_REMOVED, "the card was removed" },
	{ SCARD_W_SECURITY_VIOLATION, ERR_DENIED,
	    "this user may not use smart card readers" },
};

err_t
rv_to_err(uint32_t rv)
{
	for (size_t i = 0; i < nitems(table); i++) {
		if (table[i].rv == rv)
			return table[i].e;
	}
	return ERR_IO;
}

const char *
rv_text(uint32_t rv)
{
	for (size_t i = 0; i < nitems(table); i++) {
		if (table[i].rv == rv)
			return table[i].text;
	}
	return "an unknown failure of the reader service";
}

/* No default: a new err_t has to be thought of here. */
uint32_t
rv_from_err(err_t e)
{
	switch (e) {
	case ERR_OK:
		return SCARD_S_SUCCESS;
	case ERR_NOMEM:
		return SCARD_E_NO_MEMORY;
	case ERR_LIMIT:
		return SCARD_E_INSUFFICIENT_BUFFER;
	case ERR_TIMEOUT:
		return SCARD_E_TIMEOUT;
	case ERR_BUSY:
		return SCARD_E_SHARING_VIOLATION;
	case ERR_ABSENT:
		return SCARD_E_NO_SMARTCARD;
	case ERR_REMOVED:
		return SCARD_W_REMOVED_CARD;
	case ERR_DENIED:
		return SCARD_W_SECURITY_VIOLATION;
	case ERR_UNSUPPORTED:
		return SCARD_E_UNSUPPORTED_FEATURE;
	case ERR_SERVICE:
		return SCARD_E_READER_UNAVAILABLE;
	case ERR_SEQUENCE:
		return SCARD_E_INVALID_VALUE;
	case ERR_SHORT:
	case ERR_FORMAT:
	case ERR_IO:
	case ERR_CARD:
		return SCARD_E_NOT_TRANSACTED;
	case ERR_PIN_WRONG:
	case ERR_PIN_BLOCKED:
	case ERR_PIN_FORM:
	case ERR_PIN_NEEDED:
	case ERR_COUNT_:
		break;
	}
	return SCARD_F_INTERNAL_ERROR;
}
