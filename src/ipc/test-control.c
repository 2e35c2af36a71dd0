/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/control.h"

#include "test.h"

TEST_MAIN("ipc/control")
