/** What settings are read from. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A setting that cannot be used: the message is one line that names the variable. */
export class SettingError extends Error {
  override readonly name = 'SettingError'

  constructor(variable: string, sentence: string, options?: ErrorOptions) {
    super(`${variable}: ${sentence}`, options)
  }
}

/** A variable that is set to nothing counts as not set: compose files and shells write it so. */
export function setting(environment: Environment, variable: string, fallback: string): string {
  const text = environment[variable]
  return text === undefined || text === '' ? fallback : text
}

/**
 * Reads a whole number.
 *
 * @throws SettingError
 */
export function whole(
  environment: Environment,
  variable: string,
  rule: { readonly fallback: number; readonly min: number; readonly max: number },
): number {
  const text = environment[variable]
  if (text === undefined || text === '') return rule.fallback
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN
  if (number >= rule.min && number <= rule.max) return number
  throw new SettingError(variable, `It must be a whole number from ${rule.min} to ${rule.max}.`)
}
