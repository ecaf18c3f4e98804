import type { LoginTurn, PinWriting } from '../core/login-turns.js'

interface Entry<Process> {
  /** Who logs in now, and in which process. */
  holder: { readonly who: string; readonly process: Process } | undefined
  /** The writing that the token refused last. */
  refused: string | undefined
}

/** The supervisor's side of turns to log in: one at a time for each token and PIN file, and none with a writing that was refused. */
export class LoginLedger<Process> {
  readonly #entries = new Map<string, Entry<Process>>()

  ask(process: Process, { login, who, stamp }: PinWriting): LoginTurn {
    const entry = this.#entryOf(login)
    if (entry.refused === stamp) return 'refused'
    // Who asks again has lost the answer that it got.
    if (entry.holder !== undefined && entry.holder.who !== who) return 'later'
    entry.holder = { who, process }
    return 'yes'
  }

  /** A login has ended; a session that is opened anew may be refused without a turn. */
  over({ login, who, stamp }: PinWriting, refused: boolean): void {
    const entry = this.#entryOf(login)
    if (entry.holder?.who === who) entry.holder = undefined
    if (refused) entry.refused = stamp
  }

  /** A process has ended, and its agents with it. */
  ended(process: Process): void {
    for (const entry of this.#entries.values()) {
      if (entry.holder?.process === process) entry.holder = undefined
    }
  }

  #entryOf(login: string): Entry<Process> {
    const entry = this.#entries.get(login) ?? { holder: undefined, refused: undefined }
    this.#entries.set(login, entry)
    return entry
  }
}
