/** A token made for one test suite. */
export interface TestToken {
  /** Name of its profile in hsm/profiles. */
  readonly profile: string
  /** RFC 7512 address with module-path and pin-source. */
  readonly uri: string
  /** Must be in the environment of every process that loads the library. */
  readonly environment: Readonly<Record<string, string>>
  /** Deletes its files; may be called twice. */
  remove(): Promise<void>
}
