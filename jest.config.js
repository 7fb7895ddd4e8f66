module.exports = {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  // Transpiled only: types are checked once, by tsc.
  transform: {
    "\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "commonjs" } },
    ],
  },
  reporters: ["default", "<rootDir>/test/support/summaryReporter.js"],
  testTimeout: 60_000,
};
