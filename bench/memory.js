// Loaded into a measured process: writes down, when it ends, the most memory that it held.

const { appendFileSync } = require("node:fs");
process.on("exit", () => appendFileSync(process.env.BENCH_MEMORY, `${process.resourceUsage().maxRSS}\n`));
