import type { Authenticator } from '../auth/authenticator.js'
import type { Caller } from '../core/caller.js'
import type { Exchange } from './exchange.js'
import { staged } from './followed.js'

/**
 * Finds out who sent a request.
 *
 * @throws KmsError, HsmError as the authenticator does
 */
export function authenticateExchange(
  authenticator: Authenticator,
  exchange: Exchange,
  body: Uint8Array,
): Promise<Caller> {
  const { request, client } = exchange
  const { method = '', url = '', rawHeaders, headers } = request
  const { host } = client
  // A signature covers the host that the client asked for; a trusted proxy may have asked for another one.
  const sent = host === headers.host ? headers : { ...headers, host }
  return staged(exchange, 'authenticate', () =>
    authenticator.authenticate({ method, url, headers: sent, rawHeaders, body, client }),
  )
}
