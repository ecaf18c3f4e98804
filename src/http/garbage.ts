import type { Duplex } from 'node:stream'
import { type ErrorCode, errorRow } from '../core/errors.js'
import { EVERY_ANSWER, type HeaderList } from './answer-headers.js'
import { newRequestId } from './exchange.js'
import { errorBody } from './render-error.js'

/** What is answered to bytes that are no HTTP request, and logged. */
export interface GarbageAnswer {
  readonly requestId: string
  readonly code: ErrorCode
}

/** Answers bytes that Node's parser refused, and closes the connection: what follows them cannot be told apart. */
export function answerGarbage(socket: Duplex, error: Error): GarbageAnswer {
  const requestId = newRequestId()
  const code = codeOf(error)
  const { status, text } = errorRow(code)
  const message = isTimeout(error) ? 'The request did not arrive in time.' : text
  const body = errorBody({ code, status, message, retryAfter: undefined }, requestId)
  socket.end(
    [
      `HTTP/1.1 ${status} ${status === 431 ? 'Request Header Fields Too Large' : 'Bad Request'}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      ...linesOf(EVERY_ANSWER),
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
    () => socket.destroy(),
  )
  return { requestId, code }
}

function linesOf(headers: HeaderList): readonly string[] {
  return headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []))
}

function codeOf(error: Error): ErrorCode {
  return systemCode(error) === 'HPE_HEADER_OVERFLOW' ? 'APIGW.0201' : 'APIGW.0602'
}

function isTimeout(error: Error): boolean {
  return systemCode(error) === 'ERR_HTTP_REQUEST_TIMEOUT'
}

function systemCode(error: Error): unknown {
  return 'code' in error ? error.code : undefined
}
