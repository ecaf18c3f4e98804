import { KmsError } from '../core/errors.js'
import type { LockOut } from '../core/lock-out.js'
import { type Authenticator, principalOf } from './authenticator.js'
import { refusal } from './refusal.js'

/** Refuses names that failed too often, without looking whether they are right this time. */
export function lockedOut(authenticator: Authenticator, lockOut: LockOut): Authenticator {
  return {
    async authenticate(request) {
      const { headers, client } = request
      const name = principalOf(headers)
      if (name === undefined) return await authenticator.authenticate(request)
      if (lockOut.isLocked(name, client.address)) {
        throw refusal('locked', 'Too many requests from this address were refused: wait.')
      }
      try {
        const caller = await authenticator.authenticate(request)
        lockOut.succeeded(name, client.address)
        return caller
      } catch (error) {
        if (error instanceof KmsError && error.code === 'APIGW.0301') {
          lockOut.failed(name, client.address)
        }
        throw error
      }
    },
  }
}
