// One plain closing line, and a line for every tool that was missing, with what was therefore not run.

class SummaryReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests, testResults }) {
    for (const { testResults: tests } of testResults) {
      for (const test of tests) {
        if (test.status === "pending") console.log(`skipped: ${test.fullName}`);
      }
    }
    console.log(`jest: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
  }
}

module.exports = SummaryReporter;
