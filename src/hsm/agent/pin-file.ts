import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { pinStamp } from '../pin-stamp.js'
import type { Profile } from '../profile.js'
import type { TokenAddress } from '../uri.js'
import { StartError } from './session.js'

/** Which PIN may be tried. */
export interface PinRule {
  readonly profile: Pick<Profile, 'name' | 'pin'>
  /** The writing of the file that is meant; any where it is left out. */
  readonly pinStamp?: string | undefined
}

/**
 * Reads the PIN of a token, without the line end that editors put behind it.
 *
 * One that cannot be the right one is refused before C_Login sees it, since tokens count wrong ones and lock themselves,
 * opencryptoki after three: of another form than the profile states, or of another writing of the file than is meant.
 *
 * @throws StartError `setting`, or `token` where the file was written anew meanwhile
 */
export function readPin({ pinFile }: TokenAddress, { profile, pinStamp: meant }: PinRule): string {
  const { text, stamp } = read(pinFile)
  if (meant !== undefined && meant !== stamp) {
    throw new StartError('token', `The PIN file ${pinFile} was written anew: it is read again.`)
  }
  const pin = text.replace(/\r?\n$/, '')
  if (pin === '') throw new StartError('setting', `The PIN file ${pinFile} is empty.`)
  const { name, pin: stated } = profile
  if (stated === undefined || new RegExp(stated.pattern, 'u').test(pin)) return pin
  throw new StartError(
    'setting',
    `The PIN in ${pinFile} was not tried: on tokens of the profile ${name} it must be ${stated.form}.`,
  )
}

/** The stamp is taken last: what was read is of that writing, or of one that is not meant. */
function read(file: string): { readonly text: string; readonly stamp: string } {
  try {
    const descriptor = openSync(file, 'r')
    try {
      const text = readFileSync(descriptor, 'utf8')
      return { text, stamp: pinStamp(fstatSync(descriptor, { bigint: true })) }
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    throw new StartError('setting', `The PIN file ${file} cannot be read.`, { cause })
  }
}
