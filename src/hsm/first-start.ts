import type { HsmStartError } from './start-error.js'

/** What became of the first agent, for whoever waits for it; only the first word counts. */
export class FirstStart {
  /** @throws HsmStartError */
  readonly over: Promise<void>
  #started!: () => void
  #refused!: (error: HsmStartError) => void

  constructor() {
    this.over = new Promise((resolve, reject) => {
      this.#started = resolve
      this.#refused = reject
    })
  }

  /** An agent serves. */
  started(): void {
    this.#started()
  }

  /** The first one could not start. */
  refused(error: HsmStartError): void {
    this.#refused(error)
  }
}
