/*
 * node keys-program.js URI, with what the library reads in the environment and a JSON array of key ids on standard input
 *
 * Makes CMKs on the token as an agent does, but for the search of the whole token before each of them, which takes longer
 * and longer. Prints a JSON array of their check values in hexadecimal.
 */
import { text } from 'node:stream/consumers'
import { Type } from '../../../src/packages/typebox.js'
import { Value } from 'typebox/value'
import { parseKeyId } from '../../../src/core/ids.js'
import { Handles } from '../../../src/hsm/agent/handles.js'
import { objectId } from '../../../src/core/object-id.js'
import { readPin } from '../../../src/hsm/agent/pin-file.js'
import { openLibrary, openSession } from '../../../src/hsm/agent/session.js'
import { kindRow, residentKey } from '../../../src/hsm/agent/templates.js'
import { Wrapping } from '../../../src/hsm/agent/wrapping.js'
import { loadProfile } from '../../../src/hsm/profile.js'
import { parseTokenUri } from '../../../src/hsm/uri.js'

const KIND = 'wrapping'

const address = parseTokenUri(process.argv[2] ?? '')
const profile = loadProfile('softhsm2')
const session = openSession(openLibrary(address), address, readPin(address, { profile }))
const handles = new Handles(session, profile.newKeyVisibleAfterMs)
const wrapping = new Wrapping(session, handles, profile)

const wanted: unknown = JSON.parse(await text(process.stdin))
if (!Value.Check(Type.Array(Type.String()), wanted)) throw new Error('There are no key ids.')
process.stdout.write(JSON.stringify(wanted.map(make)))

function make(id: string): string {
  const keyId = parseKeyId(id)
  if (keyId === undefined) throw new Error('There is a key id that is none.')
  const key = { keyId, version: 1 }
  const template = residentKey(profile, { kind: KIND, id: objectId(key), label: `cmk/${id}/1` })
  const { mechanism } = kindRow(profile, KIND)
  handles.remember(key, session.lib.C_GenerateKey(session.handle, { mechanism }, template))
  return Buffer.from(wrapping.checkWrap(key)).toString('hex')
}
