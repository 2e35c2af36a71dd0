/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/span.h"

#include "test.h"

TEST_MAIN("base/span")
