import { hash } from 'node:crypto'
import type { BearerTokenStore } from '../core/bearer-token.js'
import type { Caller } from '../core/caller.js'
import type { Clock } from '../core/clock.js'
import type { KnownIdentities } from '../core/identity.js'
import { objectionTo } from './active-user.js'
import type { SignedRequest } from './claim.js'
import { refusal } from './refusal.js'

/** What authenticating a bearer token takes. */
export interface BearerParts {
  readonly bearerTokens: Pick<BearerTokenStore, 'find'>
  readonly identities: KnownIdentities
  readonly clock: Clock
}

/** Bytes of chance in a token: nobody finds one by trying. */
export const TOKEN_BYTES = 32

/** Those bytes as base64url (RFC 4648 section 5), without padding. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** SHA-256 of a token, by which it is stored and looked up. */
export function tokenDigest(token: string): Uint8Array {
  return hash('sha256', token, 'buffer')
}

/**
 * Finds out who calls by the token in `X-Auth-Token`. It is looked up by its digest, so the time of the look-up tells
 * nothing of tokens that exist.
 *
 * @throws KmsError APIGW.0301
 */
export async function authenticateToken(
  { bearerTokens, identities, clock }: BearerParts,
  { headers, client }: SignedRequest,
): Promise<Caller> {
  const text = headers['x-auth-token']
  if (typeof text !== 'string' || !TOKEN.test(text)) {
    throw refusal('unreadable-token', 'X-Auth-Token is no token of this service.')
  }
  const token = await bearerTokens.find(tokenDigest(text))
  if (!token) {
    throw refusal('unreadable-token', 'The token is not known, or it was revoked: get another one.')
  }
  if (clock() >= token.expiresAt) throw refusal('token-expired', 'Get another one.')
  const objection = await objectionTo(identities, token, client)
  if (objection) throw refusal('unreadable-token', objection[1])
  const { projectId, domainId, userId } = token
  return { projectId, domainId, userId, authentication: 'token', accessKeyId: undefined }
}
