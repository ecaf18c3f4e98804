import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { signRequest } from '../auth/signer.js'
import { type Credentials, credentialsPath, readCredentials } from '../credentials-file.js'
import { operations } from '../operations/index.js'
import type { AnyOperation } from '../operations/operation.js'
import { type CommandIo, UsageError } from './command.js'
import { type Answer, NoAnswer, sendRequest } from './send-request.js'

const TIMEOUT_MS = 60_000

const USAGE = `kmsctl call OPERATION [JSON] [--print MEMBER.PATH]

Sends a request that is signed with the access key of credentials.json in KMS_DATA_DIR, and prints the answer.
JSON is the object of the request's fields; "-" reads it from standard input. Use that for clear data keys: arguments
can be read by every user of the machine. --print prints one member of the answer, a text without its quotes.
Exit code: 0 success, 1 the service answered an error, 2 the request could not be sent.

Operations: ${operations.map(({ name }) => name).join(', ')}
`

/** What `kmsctl call` reads and writes. */
export interface CallIo extends CommandIo {
  /** Default: the standard input of the process. */
  readonly stdin?: AsyncIterable<Uint8Array | string>
}

interface Arguments {
  readonly operation: AnyOperation
  readonly json: string
  /** Member path whose value alone is printed. */
  readonly print: string | undefined
}

/**
 * `kmsctl call`: sends one signed request.
 *
 * @throws UsageError when the arguments cannot be used
 * @throws CredentialsError when the credentials file cannot be used
 */
export async function call(args: readonly string[], io: CallIo): Promise<number> {
  const parsed = parseArguments(args)
  if (!parsed) {
    io.out(USAGE)
    return 0
  }
  const { operation, json, print } = parsed
  const fields = parseFields(json === '-' ? await readAll(io.stdin ?? process.stdin) : json)
  const credentials = loadCredentials(io)
  try {
    const answer = await send(operation, fields, credentials)
    return show(answer, print, io)
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    io.err(`${error.message}\n`)
    return 2
  }
}

/** Nothing where help is asked for. */
function parseArguments(args: readonly string[]): Arguments | undefined {
  const { values, positionals } = parseOptions(args)
  if (values.help) return undefined
  const [name, json = '{}', ...others] = positionals
  if (name === undefined || others.length > 0) {
    throw new UsageError(
      'kmsctl call takes OPERATION and one JSON argument; see kmsctl call --help.',
    )
  }
  const operation = operations.find((one) => one.name.toLowerCase() === name.toLowerCase())
  if (!operation) {
    throw new UsageError('There is no such operation; kmsctl call --help lists them.')
  }
  return { operation, json, print: values.print }
}

function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { print: { type: 'string' }, help: { type: 'boolean' } },
    })
  } catch (cause) {
    throw new UsageError('kmsctl call knows the options --print MEMBER.PATH and --help.', { cause })
  }
}

function parseFields(json: string): Record<string, unknown> {
  const value = parseJson(json)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    // The text may hold a data key: it is not repeated, nor is the parser's message, which quotes it.
    throw new UsageError('JSON must be an object, e.g. \'{"key_id":"..."}\'.')
  }
  return { ...value }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function readAll(stdin: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

function loadCredentials(io: CallIo): Credentials {
  // Of the settings a client needs this one alone; those of the service may name files that it cannot read.
  const { KMS_DATA_DIR: directory = '' } = io.environment
  const path = credentialsPath(resolve(directory === '' ? './var' : directory))
  const credentials = readCredentials(path)
  if (!credentials) {
    throw new UsageError(
      `KMS_DATA_DIR: There is no file ${path}; the first start of the service makes it.`,
    )
  }
  return credentials
}

function send(
  operation: AnyOperation,
  fields: Record<string, unknown>,
  credentials: Credentials,
): Promise<Answer> {
  const path = fillPath(operation, fields, credentials)
  const url = parseEndpoint(credentials.endpoint, path)
  const { method, request } = operation
  const body = Buffer.from(request.body ? JSON.stringify(fields) : '', 'utf8')
  const headers = signRequest({
    method,
    url,
    headers: request.body ? { 'content-type': 'application/json' } : {},
    body,
    accessKeyId: credentials.access_key_id,
    secretAccessKey: credentials.secret_access_key,
    projectId: credentials.project_id,
    now: Date.now(),
  })
  return sendRequest({ method, url, headers, body, timeoutMs: TIMEOUT_MS })
}

/** Fills the parameters of the path, and takes those that the fields gave out of them. */
function fillPath(
  operation: AnyOperation,
  fields: Record<string, unknown>,
  credentials: Credentials,
): string {
  return operation.path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = fields[name] ?? (name === 'project_id' ? credentials.project_id : undefined)
    if (typeof value !== 'string' || value === '') {
      throw new UsageError(`JSON must have the text ${name}: it is part of the address.`)
    }
    Reflect.deleteProperty(fields, name)
    return encodeURIComponent(value)
  })
}

function parseEndpoint(endpoint: string, path: string): URL {
  const url = URL.canParse(path, endpoint) ? new URL(path, endpoint) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UsageError('The endpoint of credentials.json must be an http or https address.')
  }
  return url
}

function show({ status, text }: Answer, print: string | undefined, io: CallIo): number {
  if (status < 200 || status > 299) {
    io.err(`${text.trim() || `The service answered the status ${status} and nothing else.`}\n`)
    return 1
  }
  if (print === undefined) {
    if (text !== '') io.out(`${text.trim()}\n`)
    return 0
  }
  const value = member(parseJson(text), print)
  if (value === undefined) throw new UsageError('The answer has no member of the path of --print.')
  io.out(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`)
  return 0
}

/** Follows a path of member names and array indices. */
function member(answer: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? Reflect.get(value, name)
          : undefined,
      answer,
    )
}
