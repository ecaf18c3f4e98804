/** Thrown after a failed check without which the following ones mean nothing. */
export class Aborted extends Error {
  name = 'Aborted'
}

/** Counts checks and prints one line for each. */
export class Report {
  #counts = { passed: 0, failed: 0, skipped: 0 }

  /** Runs one check; it passes when `prove` does not throw. Returns whether it passed. */
  async check(name, prove) {
    const begun = Date.now()
    try {
      await prove()
    } catch (error) {
      this.#counts.failed += 1
      console.log(`not ok - ${name}\n    ${error.message.replaceAll('\n', '\n    ')}`)
      return false
    }
    this.#counts.passed += 1
    console.log(`ok - ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`)
    return true
  }

  /** Like `check`, but a failure ends the run. */
  async require(name, prove) {
    if (!(await this.check(name, prove))) throw new Aborted(name)
  }

  skip(name, reason) {
    this.#counts.skipped += 1
    console.log(`skipped - ${name}: ${reason}`)
  }

  /** Prints the closing line and returns the exit code. */
  finish() {
    const { passed, failed, skipped } = this.#counts
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
    return failed === 0 ? 0 : 1
  }
}
