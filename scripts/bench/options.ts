import { parseArgs } from 'node:util'
import { DATABASE_NAMES, type DatabaseName, OPERATION_NAMES, type OperationName } from './report.js'

/** Options that cannot be used: the message is a sentence that names the option. */
export class OptionError extends Error {
  override readonly name = 'OptionError'
}

/** How a run measures. */
export interface Options {
  readonly operations: readonly OperationName[]
  readonly connections: readonly number[]
  /** Pairs of one run against the service and one against the baseline. */
  readonly rounds: number
  /** Length of each run. */
  readonly seconds: number
  /** Length of the run before the first round, which is not counted. */
  readonly warmUpSeconds: number
  /** Requests of each of the two memory phases; 0 leaves them out. */
  readonly requests: number
  /** File that takes the report. */
  readonly json: string
  readonly strict: boolean
  /** Measure a small and a large project, and nothing else. */
  readonly scale: ScaleOptions | undefined
}

/** What `--scale` compares. */
export interface ScaleOptions {
  readonly databases: readonly DatabaseName[]
  /** Keys of the large project. */
  readonly keys: number
}

/** What the program is told by `--help`. */
export const USAGE = `npm run bench -- [OPTION]...

Measures encrypt-datakey and decrypt-datakey of the service on a throw-away SoftHSM token and SQLite, against the bare
PKCS#11 calls and against a bare Express application. Prints a table and writes JSON.

  --quick               one short round of everything, and few requests for memory
  --operations A,B      of ${OPERATION_NAMES.join(', ')}; default both
  --connections N,M     default 1,32,128
  --rounds N            paired rounds of each; default 3
  --seconds S           length of a run; default 4
  --warm-up S           length of the run before the first round; default 2
  --requests N          requests of each of the two memory phases, 0 for none; default 100000
  --json FILE           default reports/bench.json
  --strict              exit code 1 when a mark is missed

With --scale it measures instead what reads, and encrypt-datakey, cost a project of 10 keys and one of 10,000 keys with
100 tags and 1,000 grants, each on a service of its own, at one connection.

  --scale               --quick, --rounds, --seconds, --warm-up, --json and --strict go with it
  --database A,B        of ${DATABASE_NAMES.join(', ')}; default sqlite. A throw-away PostgreSQL is started, which must be installed
  --keys N              keys of the large project; default 10000
                        Defaults that differ: --rounds 7, --seconds 2, --warm-up 3, --json reports/bench-scale.json

KMS_AGENTS, KMS_QUEUE_LIMIT and KMS_LOG_LEVEL reach the service.
Exit code: 0 measured, 1 --strict and a mark was missed, 2 it could not be measured.
`

const FULL = { rounds: '3', seconds: '4', 'warm-up': '2', requests: '100000' }
const FULL_SCALE = { ...FULL, rounds: '7', seconds: '2', 'warm-up': '3' }
const QUICK = { rounds: '1', seconds: '1', 'warm-up': '0.5', requests: '5000' }

/** Options that one kind of run alone understands. */
const OF_SCALE = ['database', 'keys'] as const
const NOT_OF_SCALE = ['operations', 'connections', 'requests'] as const

/**
 * Reads the options; nothing where help is asked for.
 *
 * @throws OptionError
 */
export function parseOptions(args: readonly string[]): Options | undefined {
  const given = parse(args)
  if (given.help) return undefined
  const {
    rounds,
    seconds,
    requests,
    'warm-up': warmUp,
  } = { ...(given.quick ? QUICK : given.scale ? FULL_SCALE : FULL), ...given }
  for (const option of given.scale ? NOT_OF_SCALE : OF_SCALE) {
    if (given[option] === undefined) continue
    throw new OptionError(`--${option} does not go ${given.scale ? 'with' : 'without'} --scale.`)
  }
  return {
    operations: listOf('operations', given.operations, OPERATION_NAMES),
    connections: (given.connections ?? '1,32,128')
      .split(',')
      .map((text) => number('connections', text, { min: 1, max: 1000, whole: true })),
    rounds: number('rounds', rounds, { min: 1, max: 100, whole: true }),
    seconds: number('seconds', seconds, { min: 0.1, max: 600 }),
    warmUpSeconds: number('warm-up', warmUp, { min: 0.1, max: 600 }),
    requests: number('requests', requests, { min: 0, max: 10_000_000, whole: true }),
    json: given.json ?? (given.scale ? 'reports/bench-scale.json' : 'reports/bench.json'),
    strict: given.strict === true,
    scale: given.scale
      ? {
          databases: listOf('database', given.database ?? 'sqlite', DATABASE_NAMES),
          keys: number('keys', given.keys ?? '10000', { min: 20, max: 1_000_000, whole: true }),
        }
      : undefined,
  }
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        operations: { type: 'string' },
        connections: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        'warm-up': { type: 'string' },
        requests: { type: 'string' },
        json: { type: 'string' },
        strict: { type: 'boolean' },
        scale: { type: 'boolean' },
        database: { type: 'string' },
        keys: { type: 'string' },
        help: { type: 'boolean' },
      },
    })
    return values
  } catch (cause) {
    throw new OptionError(
      'There is an option that --help does not list, or one without its value.',
      {
        cause,
      },
    )
  }
}

/** The names, in their usual order, that a list holds; all where there is none. */
function listOf<Name extends string>(
  option: string,
  text: string | undefined,
  names: readonly Name[],
): readonly Name[] {
  if (text === undefined) return names
  const wanted = text.split(',')
  const found = names.filter((name) => wanted.includes(name))
  if (found.length === new Set(wanted).size) return found
  throw new OptionError(`--${option} must be of ${names.join(', ')}.`)
}

function number(
  option: string,
  text: string,
  { min, max, whole = false }: { min: number; max: number; whole?: boolean },
): number {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value
  const kind = whole ? 'a whole number' : 'a number'
  throw new OptionError(`--${option} must be ${kind} from ${min} to ${max}.`)
}
