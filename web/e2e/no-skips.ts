// Fails a run in which a test was skipped.
import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';

export default class NoSkips implements Reporter {
  #skipped: string[] = [];

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status === 'skipped') this.#skipped.push(test.titlePath().filter(Boolean).join(' › '));
  }

  onEnd(result: FullResult): { status: FullResult['status'] } {
    if (this.#skipped.length === 0) return { status: result.status };
    console.error(`Skipped, which counts as failed here:\n  ${this.#skipped.join('\n  ')}`);
    return { status: 'failed' };
  }

  printsToStdio = () => false;
}
