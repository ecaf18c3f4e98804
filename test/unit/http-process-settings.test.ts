import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { loadConfig } from '../../src/config.js'
import { loadHsmClusters } from '../../src/hsm-clusters.js'
import { loadProfile } from '../../src/hsm/profile.js'
import { shareOf } from '../../src/process-share.js'
import { newFolder } from '../support/folder.js'

const URI = 'pkcs11:token=kms?module-path=/m.so&pin-source=file:/pin'

let folder: Awaited<ReturnType<typeof newFolder>>
/** A profile of tokens with few sessions. */
let small: string
beforeAll(async () => {
  folder = await newFolder()
  small = join(folder.path, 'small.json')
  const profile = { ...loadProfile('softhsm2'), name: 'small', maxSessions: 8 }
  writeFileSync(small, JSON.stringify({ ...profile, recycleAfterCalls: 1000 }))
})
afterAll(() => folder.remove())

function load(environment: Readonly<Record<string, string>>) {
  return loadConfig({ KMS_PKCS11_URI: URI, KMS_HSM_PROFILE: small, ...environment })
}

describe('agents of several HTTP processes', () => {
  test.each([
    { processes: 1, agents: 4, shares: [4] },
    { processes: 3, agents: 5, shares: [2, 2, 1] },
    { processes: 4, agents: 4, shares: [1, 1, 1, 1] },
  ])('$agents are shared by $processes', ({ processes, agents, shares }) => {
    const config = load({
      KMS_HSM_PROFILE: 'softhsm2',
      KMS_HTTP_PROCESSES: String(processes),
      KMS_AGENTS: String(agents),
    })
    expect(shares.map((_, index) => shareOf(config, index).agents)).toEqual(shares)
  })

  test('are at least one for each, by default as well', () => {
    const config = load({ KMS_HSM_PROFILE: 'softhsm2', KMS_HTTP_PROCESSES: '7' })
    expect(config.agents).toBe(7)
    expect(() => load({ KMS_HTTP_PROCESSES: '3', KMS_AGENTS: '2' })).toThrow(
      /^KMS_AGENTS: It must be 3 or more: each of the 3 HTTP processes/,
    )
  })

  test.each([
    ['fit a token that admits them', { KMS_AGENTS: '6', KMS_HTTP_PROCESSES: '2' }, undefined],
    [
      'do not fit one that admits fewer, with an agent more in each process while one is exchanged',
      { KMS_AGENTS: '6', KMS_HTTP_PROCESSES: '3' },
      /^KMS_AGENTS: So many agents need 9 sessions; tokens of the profile small admit 8\.$/,
    ],
    ['fit the share of a replica', { KMS_AGENTS: '3', KMS_HSM_SESSIONS: '4' }, undefined],
    [
      'do not fit a smaller share',
      { KMS_AGENTS: '3', KMS_HTTP_PROCESSES: '2', KMS_HSM_SESSIONS: '4' },
      /^KMS_AGENTS: So many agents need 5 sessions; this replica was given 4 of the token\.$/,
    ],
    [
      'cannot be given more than the token admits in all',
      { KMS_AGENTS: '1', KMS_HSM_SESSIONS: '9' },
      /^KMS_HSM_SESSIONS: It must be at most 8: tokens of the profile small admit no more/,
    ],
    [
      'need a share of one at least',
      { KMS_AGENTS: '1', KMS_HSM_SESSIONS: '0' },
      /^KMS_HSM_SESSIONS: It must be a whole number from 1 to /,
    ],
  ])('%s', (_name, environment, complaint) => {
    if (complaint) expect(() => load(environment)).toThrow(complaint)
    else expect(load(environment).agents).toBe(Number(environment.KMS_AGENTS))
  })
})

describe('agents of an HSM cluster', () => {
  function clusters(entry: Readonly<Record<string, unknown>>, processes: number) {
    const path = join(folder.path, 'clusters.json')
    writeFileSync(path, JSON.stringify({ vault: { uri: URI, profile: small, ...entry } }))
    return loadHsmClusters({ KMS_HSM_CLUSTERS: path }, processes)
  }

  test('are one for each process by default', () => {
    expect(clusters({}, 3).get('vault')?.agents).toBe(3)
  })

  test.each([
    [{ agents: 2 }, 3, /vault: Each of the 3 HTTP processes needs an agent/],
    [{ agents: 6 }, 3, /vault: So many agents need 9 sessions; .*small admit 8/],
    [{ agents: 3, sessions: 4 }, 2, /vault: .*need 5 sessions; this replica was given 4/],
  ])('%j are refused to %d processes', (entry, processes, complaint) => {
    expect(() => clusters(entry, processes)).toThrow(complaint)
  })
})
