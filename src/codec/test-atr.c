/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/atr.h"

#include "test.h"

TEST_MAIN("codec/atr")
