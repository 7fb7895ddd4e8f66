#!/usr/bin/env node
// Plain JavaScript, because it runs before there is a build: it makes sure that bin/ is what the sources say.

require("../build/transpile").ensureBuilt();
require("../bin/cli/main").main(process.argv);
