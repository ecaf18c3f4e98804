import type { IncomingMessage } from 'node:http'
import { type BlockList, isIP, isIPv6 } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type Client, plainFingerprint } from '../core/client.js'

/** Finds out who sent a request. */
export type ClientReader = (request: IncomingMessage) => Client

/** Reads what the connection itself says: no proxy is trusted. */
export function directClient(scheme: Client['scheme']): ClientReader {
  return ({ socket, headers }) => ({
    address: socket.remoteAddress ?? '',
    host: headers.host,
    scheme,
    certificate: certificateOf(socket),
  })
}

/**
 * Reads what trusted proxies say of a request: the rightmost address of `X-Forwarded-For` that is not one of theirs, and
 * the last `X-Forwarded-Host` and `X-Forwarded-Proto`. From any other address these headers mean nothing.
 */
export function clientBehindProxies(scheme: Client['scheme'], trusted: BlockList): ClientReader {
  const direct = directClient(scheme)
  return function read(request) {
    const client = direct(request)
    if (!isTrusted(trusted, client.address)) return client
    const { headers } = request
    const proto = lastOf(headers['x-forwarded-proto'])
    return {
      address: addressOf(client.address, valuesOf(headers['x-forwarded-for']), trusted),
      host: lastOf(headers['x-forwarded-host']) ?? client.host,
      scheme: proto === 'https' || proto === 'http' ? proto : client.scheme,
      // That of the proxy says nothing of the client.
      certificate: undefined,
    }
  }
}

/** Each proxy adds at the right whom it was called by. What is no address was made up by whoever stands left of it. */
function addressOf(nearest: string, forwarded: readonly string[], trusted: BlockList): string {
  let address = nearest
  for (const text of forwarded.toReversed()) {
    if (isIP(text) === 0) return address
    address = text
    if (!isTrusted(trusted, address)) return address
  }
  return address
}

function isTrusted(trusted: BlockList, address: string): boolean {
  // An IPv4 address that is written as one of IPv6 fits networks of IPv4 as well.
  return isIP(address) !== 0 && trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function lastOf(header: string | string[] | undefined): string | undefined {
  return valuesOf(header).at(-1)
}

function valuesOf(header: string | string[] | undefined): readonly string[] {
  if (header === undefined) return []
  const texts = Array.isArray(header) ? header : [header]
  return texts.flatMap((text) => text.split(',')).map((text) => text.trim())
}

const certificates = new WeakMap<TLSSocket, string | undefined>()

/** Only one that the authority of the settings has signed: any other proves nothing. */
function certificateOf(socket: IncomingMessage['socket']): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  if (!certificates.has(socket)) {
    const { fingerprint256 } = socket.getPeerX509Certificate() ?? {}
    certificates.set(socket, fingerprint256 && plainFingerprint(fingerprint256))
  }
  return certificates.get(socket)
}
