import { parseArgs } from 'node:util'

const USAGE =
  'Usage: npm run test:faults -- [--short] [--only TEXT] [--sessions N], N from 1 to 64\n'
/** What a profile may say. */
const MAX_SESSIONS = 64

/** How the matrix is run. */
export interface Options {
  readonly short: boolean
  /** Cells with this text in their name are run. */
  readonly only: string
  readonly sessionsPerAgent: number
}

/** Reads the options; where they cannot be used, says how they are. */
export function readOptions(args: readonly string[]): Options | { readonly usage: string } {
  const given = parse(args)
  if (!given) return { usage: USAGE }
  const { short, only, sessions } = given
  const sessionsPerAgent = /^\d+$/.test(sessions) ? Number(sessions) : 0
  if (sessionsPerAgent < 1 || sessionsPerAgent > MAX_SESSIONS) return { usage: USAGE }
  return { short, only, sessionsPerAgent }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        short: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
        sessions: { type: 'string', default: '1' },
      },
    }).values
  } catch {
    return undefined
  }
}
