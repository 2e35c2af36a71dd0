/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of PAM's return codes (Linux-PAM, _pam_types.h). */
#ifndef SCS_TEST_PAM_CODES_H
#define SCS_TEST_PAM_CODES_H

/* "PAM_AUTH_ERR"; "PAM_?" for a number that is none. */
const char *code_name(int rc);

#endif
