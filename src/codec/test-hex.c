/* SPDX-License-Identifier: BSD-2-Clause */
#include "codec/hex.h"

#include "test.h"

TEST_MAIN("codec/hex")
