import { type DestinationStream, destination, pino } from 'pino'
import { HsmError } from '../core/hsm.js'
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
  /** Writes out what is still in memory, before it returns. */
  flush(): void
  /** Flushes, and stops the timer that does so. */
  close(): void
}

/** Lines are handed to the system in blocks of this many bytes, or when the timer fires. */
const BLOCK_BYTES = 4096
const FLUSH_INTERVAL_MS = 500

/** Opens the log on standard output. */
export function openLog(level: LogLevel): Log {
  const stream = destination({ fd: 1, sync: false, minLength: BLOCK_BYTES })
  return startLog(level, stream, () => stream.flushSync())
}

/** Opens a log on any stream; `flush` writes out what the stream holds back. */
export function startLog(
  level: LogLevel,
  stream: DestinationStream,
  flush: () => void = () => undefined,
): Log {
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
  const timer = setInterval(flush, FLUSH_INTERVAL_MS).unref()
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    flush,
    close() {
      clearInterval(timer)
      flush()
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
