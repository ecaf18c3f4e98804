import { performance } from 'node:perf_hooks'
import { HsmError, type HsmFailure } from '../../core/hsm.js'
import type { FaultClass } from '../../core/hsm-observer.js'
import { classify } from '../return-values.js'
import { noteFunction } from './function-calls.js'

/** An error that the token answered: a failure class, and how far it reaches. */
export class TokenError extends HsmError {
  readonly radius: FaultClass

  constructor(
    failure: HsmFailure,
    message: string,
    origin: { readonly call: string; readonly rv: number; readonly radius: FaultClass },
  ) {
    super(failure, message, origin)
    this.radius = origin.radius
  }
}

/** The token cannot do what is asked, now or later; `name`: the call that it would take. */
export function unsupported(message: string, name: `C_${string}`): TokenError {
  return new TokenError('unsupported', message, { call: name, rv: 0, radius: 'request' })
}

/**
 * Runs one PKCS#11 call and gives its errors a name, a number and a class.
 *
 * pkcs11js 2.1.7 reports some return values in a field `code`, others (C_CreateObject, C_CopyObject,
 * C_SetAttributeValue) only in the text `CKR_NAME:number`, and names end at PKCS#11 2.20: the number is what counts.
 */
export function call<Result>(name: `C_${string}`, run: () => Result): Result {
  const startedAt = performance.now()
  try {
    const result = run()
    noteFunction(name, startedAt, undefined)
    return result
  } catch (error) {
    const rv = returnValue(error)
    noteFunction(name, startedAt, rv ?? 0)
    if (rv === undefined) {
      throw new TokenError('fault', `${name} failed before it reached the token.`, {
        call: name,
        rv: 0,
        radius: 'library',
      })
    }
    const { failure, radius } = classify(rv)
    throw new TokenError(failure, `${name} returned 0x${rv.toString(16)}.`, {
      call: name,
      rv,
      radius,
    })
  }
}

/** The CKR_* number of an error of pkcs11js, or nothing where the error is not one of the token. */
export function returnValue(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if ('code' in error && typeof error.code === 'number') return error.code
  const text = /^CKR_\w+:(\d+)/.exec(error.message)?.[1]
  return text === undefined ? undefined : Number(text)
}
