/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/file.h"

#include "test.h"

TEST_MAIN("base/file")
