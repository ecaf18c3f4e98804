import { describe, expect, test } from '@jest/globals'
import { loadAgents, usualSessions } from '../../src/agent-settings.js'
import { type Profile, loadProfile } from '../../src/hsm/profile.js'
import { type Environment, SettingError } from '../../src/setting.js'

/** A profile with sessions of its own. */
function profile(facts: Partial<Profile>): Profile {
  return { ...loadProfile('pkcs11-v3'), recycleAfterCalls: 0, ...facts }
}

function alone(profile: Profile) {
  return { profile, processes: 1, given: undefined }
}

function load(environment: Environment, profile: Profile) {
  return loadAgents(environment, { profile, processes: 1 })
}

describe('sessions of each agent', () => {
  test('are those of the profile where nobody says how many', () => {
    const network = profile({ sessionsPerAgent: 12, maxSessions: 0 })
    expect(load({ KMS_AGENTS: '3' }, network)).toEqual({ agents: 3, sessionsPerAgent: 12 })
    expect(load({}, profile({ sessionsPerAgent: 1 })).sessionsPerAgent).toBe(1)
  })

  test('are as many as the token has where it has fewer', () => {
    const small = profile({ sessionsPerAgent: 12, maxSessions: 16 })
    expect(load({ KMS_AGENTS: '3' }, small)).toEqual({ agents: 3, sessionsPerAgent: 5 })
    // The agent that takes the place of another has its sessions beside it for a moment.
    expect(usualSessions(alone({ ...small, recycleAfterCalls: 1000 }), 3)).toBe(4)
    expect(usualSessions(alone({ ...small, maxSessions: 2 }), 2)).toBe(1)
  })

  test('are as many as a setting says', () => {
    const network = profile({ sessionsPerAgent: 12, maxSessions: 24 })
    expect(load({ KMS_AGENTS: '2', KMS_SESSIONS_PER_AGENT: '7' }, network)).toEqual({
      agents: 2,
      sessionsPerAgent: 7,
    })
  })

  test.each([
    [{ KMS_SESSIONS_PER_AGENT: '13' }, 'KMS_SESSIONS_PER_AGENT', /my-hsm takes 12 in one process/],
    [{ KMS_SESSIONS_PER_AGENT: '0' }, 'KMS_SESSIONS_PER_AGENT', /1 to 64/],
    [{ KMS_SESSIONS_PER_AGENT: 'all' }, 'KMS_SESSIONS_PER_AGENT', /1 to 64/],
    [
      { KMS_AGENTS: '3', KMS_SESSIONS_PER_AGENT: '9' },
      'KMS_SESSIONS_PER_AGENT',
      /27 sessions; tokens of the profile my-hsm admit 24/,
    ],
    [{ KMS_AGENTS: '25' }, 'KMS_AGENTS', /25 sessions; tokens of the profile my-hsm admit 24/],
    [
      { KMS_AGENTS: '7', KMS_HSM_SESSIONS: '6' },
      'KMS_AGENTS',
      /need 7 sessions; this replica was given 6 of the token/,
    ],
    [{ KMS_HSM_SESSIONS: '25' }, 'KMS_HSM_SESSIONS', /at most 24/],
  ])('are refused where the token has no room for them: %o', (environment, variable, sentence) => {
    const network = profile({ name: 'my-hsm', sessionsPerAgent: 12, maxSessions: 24 })
    function tried(): unknown {
      return load(environment, network)
    }
    expect(tried).toThrow(SettingError)
    expect(tried).toThrow(new RegExp(`^${variable}: `))
    expect(tried).toThrow(sentence)
  })

  test('keep to the share of this replica', () => {
    const network = profile({ sessionsPerAgent: 12, maxSessions: 64 })
    const environment = { KMS_AGENTS: '2', KMS_HSM_SESSIONS: '9' }
    expect(load(environment, network)).toEqual({ agents: 2, sessionsPerAgent: 4 })
    expect(load({ KMS_HSM_SESSIONS: '1' }, network)).toEqual({ agents: 1, sessionsPerAgent: 1 })
  })

  test('are enough for an agent in each HTTP process', () => {
    const network = profile({ sessionsPerAgent: 1, maxSessions: 0 })
    const four = { profile: network, processes: 4 }
    expect(loadAgents({}, four).agents).toBeGreaterThanOrEqual(4)
    expect(() => loadAgents({ KMS_AGENTS: '3' }, four)).toThrow(/^KMS_AGENTS: It must be 4 or more/)
  })
})
