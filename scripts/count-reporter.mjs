/**
 * Prints the outcome of a test run as its last line: `12 passed, 0 failed`, and `, 1 skipped` when
 * some were. A test file that could not be loaded counts as one failure, and so does each earlier
 * step that `scripts/test-all.mjs` names in RRMQ_FAILED_STEPS.
 */
export default class CountReporter {
  /**
   * @param {unknown} _contexts
   * @param {Record<'numPassedTests' | 'numFailedTests' | 'numPendingTests' | 'numTodoTests' | 'numRuntimeErrorTestSuites', number>} results
   */
  onRunComplete(_contexts, results) {
    const steps = (process.env.RRMQ_FAILED_STEPS ?? '').split(' ').filter((step) => step !== '');
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + steps.length;
    const skipped = results.numPendingTests + results.numTodoTests;
    const outcome = `${results.numPassedTests} passed, ${failed} failed`;
    // Jest's own summary, and its complaint about open handles, come after the last reporter.
    process.once('exit', () => {
      if (steps.length > 0) console.log(`Failed before the tests: ${steps.join(', ')}`);
      console.log(skipped > 0 ? `${outcome}, ${skipped} skipped` : outcome);
    });
  }
}
