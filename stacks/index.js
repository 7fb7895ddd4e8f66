// The program that `pulumi up` runs. Plain JavaScript, because it runs before there is a build: it makes sure that
// bin/ is what the sources say (no type check at run time, and no stale build), then hands over to program.ts.

require("../build/transpile").ensureBuilt();
// The SDK takes a stack trace of every promise it makes, for its search for leaked ones, and maps each frame to its
// source: half the time of a preview of many nodes (docs/performance.md). Two frames are enough to find a fault of ours.
if (!process.env.PULUMI_DEBUG_PROMISE_LEAKS) Error.stackTraceLimit = 2;
module.exports = require("../bin/stacks/program");
