/** The last line of a CI run: tests of the runner's JSON report and the run's other checks, added up. */
import { readFile } from 'node:fs/promises';

const [file, passedChecks, failedChecks] = process.argv.slice(2);
const report = await readReport(file);
for (const { reason, title } of report.skipped) console.log(`skipped: ${title}${reason}`);
const passed = report.passed + Number(passedChecks);
const failed = report.failed + Number(failedChecks);
console.log(`${passed} passed, ${failed} failed, ${report.skipped.length} skipped`);
process.exitCode = failed === 0 && report.passed > 0 ? 0 : 1;

async function readReport(path) {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(await readFile(path, 'utf8'));
    const skipped = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status }) => status === 'skipped' || status === 'pending')
      .map(({ fullName }) => ({ title: fullName, reason: '' }));
    return { passed: numPassedTests, failed: numFailedTests, skipped };
  } catch (error) {
    console.log(`The test runner left no report: ${error.message}`);
    return { passed: 0, failed: 1, skipped: [] };
  }
}
