/*
 * Plays the attacks on the API on a token, with a twin whose template was changed: reads `{uri, profile, changes}` from
 * standard input, `changes` by CKA_* number, and writes what came of them. A process of its own, because SoftHSM reads its
 * configuration from the real environment.
 */
import { readFileSync } from 'node:fs'
import { attackApi } from '../../src/hsm/agent/api-attacks.js'
import { twinTemplate } from '../../src/hsm/agent/attack-templates.js'
import { readPin } from '../../src/hsm/agent/pin-file.js'
import { openLibrary, openSession } from '../../src/hsm/agent/session.js'
import { loadProfile } from '../../src/hsm/profile.js'
import { parseTokenUri } from '../../src/hsm/uri.js'

interface Order {
  readonly uri: string
  readonly profile: string
  readonly changes: Readonly<Record<number, boolean>>
}

// The test that starts this program writes exactly this.
const order = JSON.parse(readFileSync(0, 'utf8')) as Order
const profile = loadProfile(order.profile)
const address = parseTokenUri(order.uri)
const session = openSession(openLibrary(address), address, readPin(address, { profile }))
const template = twinTemplate(profile).map((entry) => {
  const value = order.changes[entry.type]
  return value === undefined ? entry : { ...entry, value }
})
process.stdout.write(JSON.stringify(attackApi(session, profile, template)))
