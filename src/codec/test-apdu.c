/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/apdu.h"

#include "test.h"

TEST_MAIN("codec/apdu")
