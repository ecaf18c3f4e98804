/** One official SDK and the program that calls every operation of it. */
export interface Sdk {
  readonly name: string
  /**
   * Installs the SDK where it is not there yet, and returns the program with its arguments; the path of the settings
   * file is put behind them.
   *
   * @throws Unavailable where its language or its registry is absent
   */
  prepare(this: void): Promise<readonly string[]>
}

/** An SDK cannot be had on this machine: the message is the sentence that says why. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}
