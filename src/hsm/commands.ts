import type { Hsm } from '../core/hsm.js'

/** What an agent can be asked: the roles of the Hsm port that touch the token. */
export type Commands = Omit<Hsm, 'limits' | 'status' | 'close'>

/** Name of a command. */
export type CommandName = keyof Commands

/** The token as the agent sees it: the same commands, straight-line and synchronous. */
export type TokenCommands = {
  [Name in CommandName]: (
    ...args: Parameters<Commands[Name]>
  ) => Awaited<ReturnType<Commands[Name]>>
}

/**
 * Whether a command may be sent again when its agent was lost before it answered.
 *
 * Generating a key leaves an object on the token: a second one must not follow it silently.
 */
export const REPEATABLE = {
  generateKey: false,
  checkValue: true,
  destroyKey: true,
  discardKey: true,
  wrap: true,
  generateWrapped: true,
  generateReadable: true,
  unwrap: true,
  generatePair: false,
  publicKey: true,
  generateWrappedPair: true,
  sign: true,
  verify: true,
  agree: true,
  mac: true,
  verifyMac: true,
  sealData: true,
  openData: true,
  rewrap: true,
  resealData: true,
  decryptOaep: true,
  importSecret: false,
  importPair: false,
  random: true,
  identity: true,
  inspectKeys: true,
  knownAnswers: true,
  attempts: true,
  tokenState: true,
  apiAttacks: true,
  vectors: true,
} as const satisfies Record<CommandName, boolean>

/**
 * Commands that are slow by nature: the token looks for primes, for as long as it takes. They have a time limit of their
 * own, and nothing else waits for the session that one of them occupies.
 */
export const SLOW: ReadonlySet<CommandName> = new Set(['generatePair', 'generateWrappedPair'])

/** Every command, for the proxy that sends them. */
export const COMMAND_NAMES = Object.keys(REPEATABLE) as readonly CommandName[]
