import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { KmsError } from '../core/errors.js'
import type { Log } from '../telemetry/log.js'
import { answerError } from './answer.js'
import { directClient } from './client-reader.js'
import type { ConnectionSource } from './connection-source.js'
import { Connections } from './connections.js'
import { beginExchange } from './exchange.js'
import { type GarbageAnswer, answerGarbage } from './garbage.js'
import type { App } from './messages.js'
import { type TlsFiles, tlsOptions } from './tls.js'
import { renderError } from './render-error.js'

/** Where and how to listen. */
export interface ServerOptions {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  readonly tls?: TlsFiles | undefined
  /** Who brings the connections, where this process does not accept them itself. */
  readonly source?: ConnectionSource | undefined
  readonly log: Log
}

/** A server that listens. */
export interface RunningServer {
  /** Scheme, host and port, without a trailing slash. */
  readonly url: string
  /** Uses other certificates for connections from now on; nothing where it does not speak TLS. */
  exchangeTls(this: void, tls: TlsFiles): void
  /**
   * Stops accepting, lets requests under way finish, and resolves when the last connection is closed; after `graceMs`
   * the rest is cut off.
   */
  close(graceMs: number): Promise<void>
}

const LIMITS = {
  /** From the first byte of a request to the last one of its headers. */
  headersTimeout: 15_000,
  /** To the last one of its body. */
  requestTimeout: 30_000,
  /** Longer than the 60 seconds of common load balancers, so that it is they who close. */
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16_384,
  /** A missing Host is answered by this service, in its own form. */
  requireHostHeader: false,
}

/** Starts to listen. @throws Error of the system when the address cannot be had, or the TLS files are unusable */
export async function startServer(
  { listener, messages }: App,
  options: ServerOptions,
): Promise<RunningServer> {
  const connections = new Connections()
  const server = options.tls
    ? https.createServer({ ...messages, ...LIMITS, ...tlsOptions(options.tls) })
    : http.createServer({ ...messages, ...LIMITS })
  server.on('connection', (socket: Duplex) => connections.addWire(socket))
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: Duplex) => {
    connections.add(socket)
  })
  const handle = guarded(listener, connections, options.log)
  server.on('request', handle)
  // The body reader says when to go on: a request that is refused by its head need not send its body.
  server.on('checkContinue', handle)
  server.on('checkExpectation', handle)
  server.on('clientError', (error: Error, socket: Duplex) => {
    refuseGarbage(options.log, connections, { error, socket })
  })
  const { source } = options
  const address = source ? await attach(server, source, options) : await listen(server, options)
  return {
    url: urlOf(options, address),
    exchangeTls(tls) {
      if (server instanceof https.Server) server.setSecureContext(tlsOptions(tls))
    },
    close: (graceMs) => close({ server, source, connections }, graceMs),
  }
}

/** Judges what HTTP itself asks of a request, then hands it on. */
function guarded(listener: RequestListener, connections: Connections, log: Log): RequestListener {
  return function handle(request, response) {
    connections.begin(request, response)
    const complaint = complaintOf(request)
    if (complaint === undefined) listener(request, response)
    else refuse({ request, response }, complaint, log)
  }
}

function complaintOf({ headers, httpVersionMinor }: IncomingMessage): string | undefined {
  if (headers.host === undefined && httpVersionMinor >= 1) return 'The Host header is missing.'
  const { expect } = headers
  if (expect !== undefined && expect.toLowerCase() !== '100-continue') {
    return 'The Expect header may only be 100-continue.'
  }
  return undefined
}

function refuse(
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  complaint: string,
  log: Log,
): void {
  const exchange = beginExchange(request, response, directClient('http')(request))
  const rendered = renderError(new KmsError('APIGW.0602', complaint))
  answerError(exchange, rendered)
  logRefusal(log, { ...exchange, code: rendered.code, socket: request.socket })
}

function refuseGarbage(
  log: Log,
  connections: Connections,
  { error, socket }: { readonly error: Error; readonly socket: Duplex },
): void {
  if (!socket.writable || !connections.mayAnswerGarbage(socket)) {
    socket.destroy()
    return
  }
  logRefusal(log, { ...answerGarbage(socket, error), socket })
}

function logRefusal(
  log: Log,
  { requestId, code, socket }: GarbageAnswer & { readonly socket: Duplex },
): void {
  const address = 'remoteAddress' in socket ? socket.remoteAddress : undefined
  log.info({ request_id: requestId, code, address }, 'request is not valid HTTP')
}

function listen(server: http.Server, { host, port }: ServerOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
}

/** Has a server take connections that others accepted, as if they were its own. */
function attach(
  server: http.Server,
  source: ConnectionSource,
  { host, port }: ServerOptions,
): Promise<AddressInfo> {
  // From this event on Node.js looks for requests that take too long.
  server.emit('listening')
  return source.open({ host, port }, (socket) => {
    // As sockets are that a server accepts: answers are not held back, and a client may close its own side first.
    socket.setNoDelay(true)
    socket.allowHalfOpen = true
    server.emit('connection', socket)
  })
}

/** The address of a listener, as clients write it: scheme, host and port, without a trailing slash. */
export function urlOf(
  { tls }: Pick<ServerOptions, 'tls'>,
  { address, family, port }: AddressInfo,
): string {
  const host = family === 'IPv6' ? `[${address}]` : address
  return `${tls ? 'https' : 'http'}://${host}:${port}`
}

async function close(
  {
    server,
    source,
    connections,
  }: {
    readonly server: http.Server
    readonly source: ConnectionSource | undefined
    readonly connections: Connections
  },
  graceMs: number,
): Promise<void> {
  const timer = setTimeout(() => connections.destroy(), graceMs)
  source?.close()
  // Nothing that it could complain of matters: what counts is that the last connection is gone.
  server.close(() => undefined)
  connections.close()
  await connections.gone()
  clearTimeout(timer)
}
