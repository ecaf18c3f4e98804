import { type KeyObject, createSecretKey, hash, timingSafeEqual } from 'node:crypto'
import type { AccessKey, AccessKeyStore } from '../core/access-key.js'
import type { Caller } from '../core/caller.js'
import type { Clock } from '../core/clock.js'
import type { KnownIdentities } from '../core/identity.js'
import type { CredentialSealing } from '../core/sealed-record.js'
import { KmsError } from '../core/errors.js'
import { type Objection, objectionTo } from './active-user.js'
import { type Claim, type SignedRequest, readClaim } from './claim.js'
import { refusal } from './refusal.js'
import { createSecretCache } from './secret-cache.js'
import { verify } from './signature.js'

/** What authenticating a signature takes. */
export interface SignatureParts {
  readonly accessKeys: Pick<AccessKeyStore, 'find'>
  readonly identities: KnownIdentities
  readonly secrets: CredentialSealing
  readonly clock: Clock
}

/** Secrets of this many access keys stay open in memory. */
const OPEN_SECRETS = 1000

/**
 * Makes the function that authenticates requests that are signed with SDK-HMAC-SHA256.
 *
 * That an access key does not exist or is disabled, and that a signature is wrong, answers the same. What else stands
 * against a caller is told to whoever has the secret, and to nobody else.
 */
export function createSignatureAuthenticator(
  parts: SignatureParts,
): (request: SignedRequest) => Promise<Caller> {
  const secretOf = createSecretCache(parts.secrets, OPEN_SECRETS)
  // Stands in for the secret of an access key that is not there. Nothing that it verifies is accepted.
  const nobody = createSecretKey(Buffer.alloc(40))
  return async function authenticateSignature(request) {
    const claim = readClaim(request, parts.clock())
    const found = await parts.accessKeys.find(claim.accessKeyId)
    const accessKey = found?.state === 'active' ? found : undefined
    // One signature is computed in any case.
    const authentic = isAuthentic(claim, accessKey ? await secretOf(accessKey) : nobody)
    if (!accessKey || !authentic) throw refusal('wrong-signature')
    const objection =
      objectionToKey(accessKey, claim, parts.clock()) ??
      (await objectionTo(parts.identities, accessKey, request.client))
    if (objection) throw refusal(...objection)
    requireOwnProject(request.headers, accessKey)
    return callerOf(accessKey)
  }
}

function isAuthentic({ date, signature, candidates }: Claim, secret: KeyObject): boolean {
  for (const parts of candidates) {
    if (verify(secret, { date, parts, signature })) return true
  }
  return false
}

function objectionToKey(
  { temporary }: AccessKey,
  { securityToken }: Claim,
  now: number,
): Objection | undefined {
  if (temporary === undefined) {
    return securityToken === undefined
      ? undefined
      : [
          'unreadable-token',
          'X-Security-Token belongs to a temporary access key, and this one is permanent.',
        ]
  }
  if (securityToken === undefined) {
    return ['unreadable-token', 'The access key is temporary: X-Security-Token is missing.']
  }
  const digest = hash('sha256', securityToken, 'buffer')
  if (!timingSafeEqual(digest, temporary.tokenDigest)) {
    return ['unreadable-token', 'X-Security-Token is not the one of the access key.']
  }
  return now < temporary.expiresAt
    ? undefined
    : ['wrong-date', 'The temporary access key has expired.']
}

/** Refuses a request that says it acts elsewhere than its access key may. The path is judged by who reads it. */
function requireOwnProject(headers: SignedRequest['headers'], accessKey: AccessKey): void {
  const project = headers['x-project-id']
  if (project !== undefined && project !== accessKey.projectId) {
    throw new KmsError('KMS.0321', 'X-Project-Id is not the project of the access key.')
  }
  const domain = headers['x-domain-id']
  if (domain !== undefined && domain !== accessKey.domainId) {
    throw new KmsError('KMS.0321', 'X-Domain-Id is not the account of the access key.')
  }
}

function callerOf({ id, projectId, domainId, userId }: AccessKey): Caller {
  return { projectId, domainId, userId, authentication: 'signature', accessKeyId: id }
}
