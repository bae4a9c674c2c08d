/*
 * `npm test`: every check, then every test, then one summary whose last line is `N passed, N failed` (checks and
 * tests together). Arguments go to vitest, so `npm test -- client/bundler` runs all checks and those tests. Chromium,
 * which is no package of npm, is installed first where that is possible.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { runChecks } from './check.ts';
import { ensureChromium } from './install-chromium.ts';
import { runCommand } from './run-command.ts';

interface TestCounts {
  passed: number;
  failed: number;
  notRun: number;
}

/** The part of vitest's JSON report that we read. */
interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

function countTests(report: TestReport, exitCode: number): TestCounts {
  // A file that does not load has no failed test of its own, but it failed.
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  return {
    passed: report.numPassedTests,
    // An unhandled rejection makes vitest fail although every test passed.
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    notRun: report.numPendingTests + report.numTodoTests,
  };
}

async function runTests(filters: readonly string[]): Promise<TestCounts> {
  const folder = mkdtempSync(path.join(tmpdir(), 'daylight-test-'));
  const reportFile = path.join(folder, 'report.json');
  try {
    const { exitCode } = await runCommand(
      ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`, ...filters],
      { inherit: true },
    );
    return countTests(JSON.parse(readFileSync(reportFile, 'utf8')) as TestReport, exitCode);
  } catch (error) {
    console.error(`no test report: ${String(error)}`);
    return { passed: 0, failed: 1, notRun: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(filters: readonly string[]): Promise<void> {
  const startedAtMs = performance.now();
  try {
    await ensureChromium();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.log('0 passed, 1 failed');
    process.exitCode = 1;
    return;
  }
  const checks = await runChecks();
  const tests = await runTests(filters);
  const failed = checks.failed + tests.failed;
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(0);
  const notRun = tests.notRun === 0 ? '' : `, ${tests.notRun} not run`;
  console.log(
    `checks: ${checks.passed} of ${checks.passed + checks.failed}; ` +
      `tests: ${tests.passed} of ${tests.passed + tests.failed}${notRun}; ${seconds} s`,
  );
  console.log(`${checks.passed + tests.passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

await main(process.argv.slice(2));
