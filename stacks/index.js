// The program that `pulumi up` runs. Plain JavaScript, because it runs before there is a build: it makes sure that
// bin/ is what the sources say (no type check at run time, and no stale build), then hands over to program.ts.

require("../build/transpile").ensureBuilt();
module.exports = require("../bin/stacks/program");
