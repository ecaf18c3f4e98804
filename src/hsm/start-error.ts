import type { StartFailure } from './protocol.js'

/** The first agent could not start: why, in a sentence. */
export class HsmStartError extends Error {
  override readonly name = 'HsmStartError'
  readonly failure: StartFailure

  constructor(failure: StartFailure, message: string) {
    super(message)
    this.failure = failure
  }
}
