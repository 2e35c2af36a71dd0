/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/server.h"

#include "test.h"

TEST_MAIN("ipc/server")
