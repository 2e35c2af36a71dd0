/* SPDX-License-Identifier: BSD-2-Clause */
/* What a driver has no business with, tried one by one. */
#ifndef SCS_TEST_IFD_FORBIDDEN_H
#define SCS_TEST_IFD_FORBIDDEN_H

/*
 * 0: all of it was refused. Otherwise the number, from 1, of the first that
 * worked, in the order of the table in forbidden.c.
 */
int forbidden(void);

#endif
