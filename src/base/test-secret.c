/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/secret.h"

#include "test.h"

TEST_MAIN("base/secret")
