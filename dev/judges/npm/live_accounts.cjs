// Preloaded into Azurite: lets account keys change while it runs, and ends it with whoever started it.
//
// Azurite re-reads its accounts from its own environment once a minute. Here the variable follows a file, and the
// minute is 20 ms. The file is written whole (renamed into place), so no half of it is ever seen.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const EVERY = 20; // ms
const constants = require(path.resolve("node_modules/azurite/dist/src/common/utils/constants"));

function follow() {
  process.env[constants.AZURITE_ACCOUNTS_ENV] = fs.readFileSync(process.env.ACCOUNTS_FILE, "utf8");
}

constants.DEFAULT_ACCOUNTS_REFRESH_INTERVAL = EVERY;
follow();
setInterval(follow, EVERY).unref();
process.stdin.on("end", () => process.exit(0)).resume();
