/** What a command reads and writes; replaced in tests. */
export interface CommandIo {
  readonly environment: Readonly<Record<string, string | undefined>>
  out(text: string): void
  err(text: string): void
  /** Whether `err` goes to a terminal, where somebody watches. */
  readonly terminal?: boolean
}

/** A command of `kmsctl`: takes what stands behind its name, returns the exit code. */
export type Command = (args: readonly string[], io: CommandIo) => Promise<number>

/** Arguments that a command cannot work with: the message says what it takes. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Prints a value as JSON, one member a line. */
export function printJson(io: CommandIo, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`)
}
