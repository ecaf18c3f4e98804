import { randomBytes } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { LOSSES, type ReturnValueName } from '../../return-values.js'
import { KWP_ANSWERS } from '../answers.js'
import { KeyWrap } from '../key-wrap.js'
import { decryptWith, encryptOaep, oaepMechanism } from '../oaep.js'
import { TokenError } from '../pkcs11-error.js'
import { readRsaPublic } from '../rsa-public.js'
import { type Probed, holds, knownKek, withPair } from './objects.js'

const TEXT_BYTES = 16

/**
 * What the token says of bad input and others say of a lost device alone, by the names of the return values: of wraps that
 * were changed, and of an RSA text that nobody encrypted. What it says counts where it does the same with good input after it.
 */
export function inputErrorTrial(probed: Probed): readonly ReturnValueName[] {
  const said = [...ofChangedWraps(probed), ...ofForgedText(probed)]
  return [...new Set(said)].sort()
}

function ofChangedWraps({ session, profile }: Probed): readonly ReturnValueName[] {
  const keyWrap = new KeyWrap(session, profile)
  return KWP_ANSWERS.flatMap((answer) => {
    const changed = Buffer.from(answer.exact)
    changed.writeUInt8(changed.readUInt8(0) ^ 1, 0)
    return keyWrap.withObject(knownKek(answer), (kek) =>
      saidOf(
        () => keyWrap.unwrap(kek, changed),
        () => keyWrap.unwrap(kek, answer.exact).equals(answer.secret),
      ),
    )
  })
}

function ofForgedText(probed: Probed): readonly ReturnValueName[] {
  const { session, profile } = probed
  const [hash] = profile.oaep.hashes
  if (hash === undefined) return []
  const mechanism = oaepMechanism(hash)
  const uses = { publicUses: [pkcs11.CKA_ENCRYPT], privateUses: [pkcs11.CKA_DECRYPT] }
  return withPair(probed, 'rsa-2048', uses, ({ privateKey: handle, publicKey }) => {
    const rsa = readRsaPublic(session, publicKey)
    if (!rsa) return []
    const text = randomBytes(TEXT_BYTES)
    // Shorter than the modulus as a number, so that only its padding is wrong.
    const forged = Buffer.concat([Buffer.alloc(1), randomBytes(rsa.modulus.length - 1)])
    return saidOf(
      () => decryptWith(session, { handle, mechanism, ciphertext: forged }),
      () =>
        decryptWith(session, {
          handle,
          mechanism,
          ciphertext: encryptOaep(rsa, hash, text),
        }).equals(text),
    )
  })
}

function saidOf(bad: () => unknown, good: () => boolean): readonly ReturnValueName[] {
  try {
    bad()
    return []
  } catch (error) {
    const name = error instanceof TokenError ? LOSSES.get(error.rv ?? 0) : undefined
    return name !== undefined && holds(good) ? [name] : []
  }
}
