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
  /** How many processes serve HTTP: a service for each number. */
  readonly processes: readonly number[]
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
  /** Measure a token with slow calls, and nothing else. */
  readonly latency: LatencyOptions | undefined
  /** Measure tokens with few and with many CMKs, and nothing else. */
  readonly token: TokenOptions | undefined
}

/** What `--latency` measures. */
export interface LatencyOptions {
  /** Added to each PKCS#11 call, in milliseconds. */
  readonly delaysMs: readonly number[]
  readonly agents: number
  /** Of all agents together. */
  readonly sessions: number
}

/** What `--token` measures. */
export interface TokenOptions {
  /** CMKs on each token; the smallest is compared with. */
  readonly sizes: readonly number[]
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
  --processes N,M       HTTP processes of the service, which is measured once for each number; default 1
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

With --latency it measures encrypt-datakey on a token whose PKCS#11 calls take some milliseconds each, against what its
sessions could do at most, and the memory of all processes and the delay of the event loop meanwhile.

  --latency             --quick, --rounds, --seconds, --warm-up, --json and --strict go with it
  --delays A,B          milliseconds for each call; default 1,2,3
  --sessions N          sessions of all agents together; default 32
  --agents N            agents that share them, each with as many; default 1
                        Defaults that differ: --seconds 5, --warm-up 60, --json reports/bench-latency.json

With --token it measures encrypt-datakey at one connection with few and with many CMKs on the token, and how long the
service takes to start with them. SoftHSM takes a minute or more to make 10,000.

  --token               --quick, --rounds, --seconds, --warm-up, --json and --strict go with it
  --sizes A,B           CMKs of each token; default 10,1000,10000
                        Defaults that differ: --rounds 7, --seconds 2, --warm-up 3, --json reports/bench-token.json

KMS_AGENTS, KMS_QUEUE_LIMIT, KMS_LOG_LEVEL and KMS_AUDIT reach the service.
Exit code: 0 measured, 1 --strict and a mark was missed, 2 it could not be measured.
`

/** Kinds of run, by the option that asks for them; `contest` is what nothing asks for. */
const KINDS = ['scale', 'latency', 'token'] as const
type Kind = (typeof KINDS)[number] | 'contest'

const FULL = { rounds: '3', seconds: '4', 'warm-up': '2', requests: '100000' }
const QUICK = { rounds: '1', seconds: '1', 'warm-up': '0.5', requests: '5000' }
/** How each kind of run differs from the full one, and where its report goes. */
const DEFAULTS = {
  contest: { json: 'reports/bench.json' },
  scale: { rounds: '7', seconds: '2', 'warm-up': '3', json: 'reports/bench-scale.json' },
  // Each thread of an agent has its code compiled anew, and makes few calls a second: a minute after a start is not yet what
  // a service does all day.
  latency: { seconds: '5', 'warm-up': '60', json: 'reports/bench-latency.json' },
  token: { rounds: '7', seconds: '2', 'warm-up': '3', json: 'reports/bench-token.json' },
} as const

/** Options that one kind of run alone understands. */
const OF_ONE_KIND = {
  operations: 'contest',
  connections: 'contest',
  processes: 'contest',
  requests: 'contest',
  database: 'scale',
  keys: 'scale',
  delays: 'latency',
  sessions: 'latency',
  agents: 'latency',
  sizes: 'token',
} as const satisfies Record<string, Kind>

/**
 * Reads the options; nothing where help is asked for.
 *
 * @throws OptionError
 */
export function parseOptions(args: readonly string[]): Options | undefined {
  const given = parse(args)
  if (given.help) return undefined
  const kind = kindOf(given)
  const {
    json,
    rounds,
    seconds,
    requests,
    'warm-up': warmUp,
  } = { ...FULL, ...DEFAULTS[kind], ...(given.quick && QUICK), ...given }
  return {
    operations: listOf('operations', given.operations, OPERATION_NAMES),
    connections: numbers('connections', given.connections ?? '1,32,128', { min: 1, max: 1000 }),
    processes: numbers('processes', given.processes ?? '1', { min: 1, max: 64 }),
    rounds: number('rounds', rounds, { min: 1, max: 100, whole: true }),
    seconds: number('seconds', seconds, { min: 0.1, max: 600 }),
    warmUpSeconds: number('warm-up', warmUp, { min: 0.1, max: 600 }),
    requests: number('requests', requests, { min: 0, max: 10_000_000, whole: true }),
    json,
    strict: given.strict === true,
    scale:
      kind === 'scale'
        ? {
            databases: listOf('database', given.database ?? 'sqlite', DATABASE_NAMES),
            keys: number('keys', given.keys ?? '10000', { min: 20, max: 1_000_000, whole: true }),
          }
        : undefined,
    latency: kind === 'latency' ? latencyOf(given) : undefined,
    token:
      kind === 'token'
        ? { sizes: numbers('sizes', given.sizes ?? '10,1000,10000', { min: 1, max: 100_000 }) }
        : undefined,
  }
}

type Given = ReturnType<typeof parse>

function kindOf(given: Given): Kind {
  const [kind, other] = KINDS.filter((name) => given[name])
  if (other !== undefined) throw new OptionError(`--${other} does not go with --${kind ?? ''}.`)
  for (const [option, only] of Object.entries(OF_ONE_KIND)) {
    if (!(option in given) || only === (kind ?? 'contest')) continue
    throw new OptionError(
      only === 'contest'
        ? `--${option} does not go with --${kind ?? ''}.`
        : `--${option} does not go without --${only}.`,
    )
  }
  return kind ?? 'contest'
}

function latencyOf(given: Given): LatencyOptions {
  const sessions = number('sessions', given.sessions ?? '32', { min: 1, max: 512, whole: true })
  const agents = number('agents', given.agents ?? '1', { min: 1, max: 64, whole: true })
  if (sessions % agents !== 0 || sessions / agents > 64) {
    throw new OptionError('--sessions must be --agents times a whole number up to 64.')
  }
  const delaysMs = (given.delays ?? '1,2,3')
    .split(',')
    .map((text) => number('delays', text, { min: 0.1, max: 1000 }))
  return { delaysMs, agents, sessions }
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        operations: { type: 'string' },
        connections: { type: 'string' },
        processes: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        'warm-up': { type: 'string' },
        requests: { type: 'string' },
        json: { type: 'string' },
        strict: { type: 'boolean' },
        scale: { type: 'boolean' },
        database: { type: 'string' },
        keys: { type: 'string' },
        latency: { type: 'boolean' },
        delays: { type: 'string' },
        sessions: { type: 'string' },
        agents: { type: 'string' },
        token: { type: 'boolean' },
        sizes: { type: 'string' },
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

/** Whole numbers between commas. */
function numbers(
  option: string,
  text: string,
  range: { min: number; max: number },
): readonly number[] {
  return text.split(',').map((one) => number(option, one, { ...range, whole: true }))
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
