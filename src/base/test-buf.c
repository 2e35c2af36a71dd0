/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/buf.h"

#include "test.h"

TEST_MAIN("base/buf")
