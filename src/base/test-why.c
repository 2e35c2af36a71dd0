/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/why.h"

#include "test.h"

TEST_MAIN("base/why")
