import { pino } from 'pino'
import { HsmError } from '../core/hsm.js'
import { LineWriter, SHARED_BLOCK_BYTES } from './line-writer.js'
import { redact } from './redact.js'

/** How much is logged, from everything to nothing. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Fields of one event, snake_case; an error goes under `err`. */
export type LogFields = Readonly<Record<string, unknown>>

/** Where events go: one JSON object a line. */
export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  /** Writes out what is still in memory, for a second at the most; nothing is logged afterwards. */
  close(): Promise<void>
}

/** Where lines go. */
export interface LogStream {
  /** Takes one line with its line feed. */
  write(line: string): void
  close?(): Promise<void>
}

/** Opens the log on standard output; `shared` where other processes write to the same. */
export function openLog(level: LogLevel, shared = false): Log {
  return startLog(level, shared ? new LineWriter(1, SHARED_BLOCK_BYTES) : new LineWriter(1))
}

/** Opens a log on any stream. */
export function startLog(level: LogLevel, stream: LogStream): Log {
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redact },
      serializers: { err: describeError },
    },
    stream,
  )
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    async close() {
      await stream.close?.()
    },
  }
}

/** What the log says of an error: never its own properties, because drivers hang statements and values on them. */
export function describeError(error: unknown): unknown {
  return describe(error, 0)
}

function describe(error: unknown, depth: number): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  return {
    type: error.name,
    message: error.message,
    ...(error instanceof HsmError && hsmOrigin(error)),
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    stack: error.stack,
    // A chain of causes ends somewhere, unless somebody tied it into a loop.
    ...(error.cause !== undefined && depth < 4 && { cause: describe(error.cause, depth + 1) }),
  }
}

function hsmOrigin(error: HsmError): LogFields {
  return {
    failure: error.failure,
    call: error.call,
    rv: error.rv === undefined ? undefined : `0x${error.rv.toString(16).padStart(8, '0')}`,
  }
}
