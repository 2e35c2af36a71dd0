/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PC/SC's return values (pcsclite.h) and their translation: no other file of
 * a client needs to know them.
 */
#ifndef SCS_PCSC_RV_H
#define SCS_PCSC_RV_H

#include "base/err.h"

/* clang-format off */
#define SCARD_S_SUCCESS             0x00000000u
#define SCARD_F_INTERNAL_ERROR      0x80100001u
#define SCARD_E_CANCELLED           0x80100002u
#define SCARD_E_INVALID_HANDLE      0x80100003u
#define SCARD_E_INVALID_PARAMETER   0x80100004u
#define SCARD_E_NO_MEMORY           0x80100006u
#define SCARD_E_INSUFFICIENT_BUFFER 0x80100008u
#define SCARD_E_UNKNOWN_READER      0x80100009u
#define SCARD_E_TIMEOUT             0x8010000au
#define SCARD_E_SHARING_VIOLATION   0x8010000bu
#define SCARD_E_NO_SMARTCARD        0x8010000cu
#define SCARD_E_PROTO_MISMATCH      0x8010000fu
#define SCARD_E_INVALID_VALUE       0x80100011u
#define SCARD_F_COMM_ERROR          0x80100013u
#define SCARD_E_NOT_TRANSACTED      0x80100016u
#define SCARD_E_READER_UNAVAILABLE  0x80100017u
#define SCARD_E_NO_SERVICE          0x8010001du
#define SCARD_E_SERVICE_STOPPED     0x8010001eu
#define SCARD_E_UNSUPPORTED_FEATURE 0x8010001fu /* pcsc-lite's number */
#define SCARD_W_UNRESPONSIVE_CARD   0x80100066u
#define SCARD_W_UNPOWERED_CARD      0x80100067u
#define SCARD_W_RESET_CARD          0x80100068u
#define SCARD_W_REMOVED_CARD        0x80100069u
#define SCARD_W_SECURITY_VIOLATION  0x8010006au
/* clang-format on */

/* What a client can do about it. A number we do not know is ERR_IO. */
err_t rv_to_err(uint32_t rv);

/* Our own failure as PC/SC's clients know it. ERR_OK is SCARD_S_SUCCESS. */
uint32_t rv_from_err(err_t e);

/* A sentence fragment for people: "no card in the reader". Never NULL. */
const char *rv_text(uint32_t rv);

#endif
