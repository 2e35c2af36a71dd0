/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/msg.h"

#include "test.h"

TEST_MAIN("ipc/msg")
