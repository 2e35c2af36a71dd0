/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/peer.h"

#include "test.h"

TEST_MAIN("ipc/peer")
