/** A process that serves, and the tokens of the default keystore that it reaches. */
export interface ServingProcess {
  /** Random, 32 hexadecimal characters. */
  readonly id: string
  readonly homes: readonly number[]
  /** When it last said so, in milliseconds since 1970, by its own clock. */
  readonly seenAt: number
}

/** How often a process says that it serves, in milliseconds. */
export const SEEN_EVERY_MS = 30_000
/** A process that was not seen for so long, in milliseconds, serves no more. */
export const GONE_AFTER_MS = 4 * SEEN_EVERY_MS

/** Port: where processes say that they serve. */
export interface ServingProcessStore {
  /** Says that a process serves, and forgets those that were not seen for a day before. */
  note(process: ServingProcess): Promise<void>
  remove(id: string): Promise<void>
  /** Those that were seen at a time or since. */
  list(since: number): Promise<readonly ServingProcess[]>
}
