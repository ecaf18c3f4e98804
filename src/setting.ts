/** What settings are read from. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A setting that cannot be used: the message is one line that names the variable. */
export class SettingError extends Error {
  override readonly name = 'SettingError'

  constructor(variable: string, sentence: string, options?: ErrorOptions) {
    super(`${variable}: ${sentence}`, options)
  }
}
