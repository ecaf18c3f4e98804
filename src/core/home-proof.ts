import { timingSafeEqual } from 'node:crypto'
import { sha256 } from './datakey.js'
import { type Hsm, HsmError } from './hsm.js'
import { SERVICE_KEY_MATERIAL, type ServiceKey } from './service-key.js'

/** The store names a key that this token does not hold, or holds with other material. */
export class WrongToken extends Error {
  override readonly name = 'WrongToken'
}

/** What a key shows itself to be the right one by. */
export type ProvingHsm = Pick<Hsm, 'checkValue' | 'publicKey'>

/** The token is that of a home which was retired. */
class RetiredHome extends WrongToken {}

/** Whether a token was refused because its home was retired. */
export function isRetired(error: unknown): boolean {
  return error instanceof RetiredHome
}

/**
 * What the check values of the service's own keys say of a token: the token of a home, or of one that was retired, or a
 * token that holds no key of any home.
 */
export type HomeJudgement =
  | { readonly kind: 'known'; readonly home: number }
  | { readonly kind: 'retired' | 'unknown'; readonly error: WrongToken }

/**
 * Finds out which home a token is, newest first.
 *
 * @throws WrongToken for a token that holds some keys of a home and lacks others, or holds an exchanged one
 */
export async function judgeHome(
  hsm: ProvingHsm,
  rows: readonly ServiceKey[],
): Promise<HomeJudgement> {
  const homes = [...new Set(rows.map(({ home }) => home))].sort((a, b) => b - a)
  for (const home of homes) {
    const own = rows.filter((key) => key.home === home)
    if (!(await holdsAny(hsm, own))) continue
    for (const key of own) await requireOnToken(hsm, key)
    const retiredAt = own.find((key) => key.retiredAt !== undefined)?.retiredAt
    if (retiredAt === undefined) return { kind: 'known', home }
    const day = new Date(retiredAt).toISOString().slice(0, 10)
    const error = new RetiredHome(`The token was retired on ${day}: nothing may use it any more.`)
    return { kind: 'retired', error }
  }
  return { kind: 'unknown', error: missing(rows.find((key) => key.home === homes[0])) }
}

/** @throws WrongToken */
export async function requireOnToken(hsm: ProvingHsm, row: ServiceKey): Promise<void> {
  const seen = await look(hsm, row)
  if (seen === undefined) throw missing(row)
  const { purpose, checkValue } = row
  if (seen.length !== checkValue.length || !timingSafeEqual(seen, checkValue)) {
    throw new WrongToken(
      `The ${purpose} key on the token is not the one that the database names: they do not belong together.`,
    )
  }
}

/** Whether a token holds one of several keys at least, whatever its material. */
export async function holdsAny(hsm: ProvingHsm, rows: readonly ServiceKey[]): Promise<boolean> {
  for (const row of rows) {
    if ((await look(hsm, row)) !== undefined) return true
  }
  return false
}

/** The check value of a key on the token; nothing where the token does not hold it. */
async function look(
  hsm: ProvingHsm,
  { purpose, key }: ServiceKey,
): Promise<Uint8Array | undefined> {
  const material = SERVICE_KEY_MATERIAL[purpose]
  try {
    if (material.form === 'secret') return await hsm.checkValue({ key, kind: material.kind })
    return sha256(await hsm.publicKey(key))
  } catch (error) {
    if (error instanceof HsmError && error.failure === 'key-missing') return undefined
    throw error
  }
}

function missing(row: ServiceKey | undefined): WrongToken {
  return new WrongToken(
    `The token does not hold the ${row?.purpose ?? 'binding'} key that the database names: they do not belong together. To move to another token, name the one that was used before in KMS_HSM_PREVIOUS.`,
  )
}
