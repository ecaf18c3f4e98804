import { availableParallelism } from 'node:os'
import type { Profile } from './hsm/profile.js'
import { type Environment, SettingError, setting, whole } from './setting.js'

/** How many agents there are, in all HTTP processes together, and how many sessions each of them holds. */
export interface AgentSettings {
  readonly agents: number
  readonly sessionsPerAgent: number
}

/** A token, and what it is shared with. */
export interface SessionShare {
  readonly profile: Profile
  /** HTTP processes that open it, each with an agent at least. */
  readonly processes: number
  /** Sessions that this replica was given of it; nothing: all that the profile states. */
  readonly given: number | undefined
}

/**
 * Reads how many agents and sessions there are to be.
 *
 * @throws SettingError where the profile, or the share of this replica, does not admit so many
 */
export function loadAgents(
  environment: Environment,
  token: Omit<SessionShare, 'given'>,
): AgentSettings {
  const share = { ...token, given: parseGiven(environment, token.profile) }
  const { profile, processes } = share
  const agents = whole(environment, 'KMS_AGENTS', {
    fallback: usualAgents(share),
    min: 1,
    max: 64,
  })
  if (agents < processes) {
    throw new SettingError(
      'KMS_AGENTS',
      `It must be ${processes} or more: each of the ${processes} HTTP processes needs an agent of its own.`,
    )
  }
  const sessionsPerAgent = whole(environment, 'KMS_SESSIONS_PER_AGENT', {
    fallback: usualSessions(share, agents),
    min: 1,
    max: 64,
  })
  if (sessionsPerAgent > profile.sessionsPerAgent) {
    throw new SettingError(
      'KMS_SESSIONS_PER_AGENT',
      `The library of the profile ${profile.name} takes ${profile.sessionsPerAgent} in one process.`,
    )
  }
  const shortage = sessionShortage(share, { agents, sessionsPerAgent })
  if (shortage === undefined) return { agents, sessionsPerAgent }
  throw new SettingError(sessionsPerAgent > 1 ? 'KMS_SESSIONS_PER_AGENT' : 'KMS_AGENTS', shortage)
}

/** Sessions of each agent where nobody says how many: what the library takes, as far as the share has them. */
export function usualSessions(share: SessionShare, agents: number): number {
  const { sessionsPerAgent } = share.profile
  const most = mostSessions(share)
  if (most === undefined) return sessionsPerAgent
  return Math.max(1, Math.min(sessionsPerAgent, Math.floor(most / agentProcesses(share, agents))))
}

/** Says in a sentence why a share does not admit so many sessions; nothing where it does. */
export function sessionShortage(
  share: SessionShare,
  { agents, sessionsPerAgent }: AgentSettings,
): string | undefined {
  const { given } = share
  const { name, maxSessions } = share.profile
  const needed = agentProcesses(share, agents) * sessionsPerAgent
  if (given !== undefined && needed > given) {
    return `So many agents need ${needed} sessions; this replica was given ${given} of the token.`
  }
  if (maxSessions === 0 || needed <= maxSessions) return undefined
  return `So many agents need ${needed} sessions; tokens of the profile ${name} admit ${maxSessions}.`
}

/** What this replica was given of the sessions that the token admits to all replicas together. */
function parseGiven(environment: Environment, { name, maxSessions }: Profile): number | undefined {
  if (setting(environment, 'KMS_HSM_SESSIONS', '') === '') return undefined
  const given = whole(environment, 'KMS_HSM_SESSIONS', { fallback: 1, min: 1, max: 100_000 })
  if (maxSessions === 0 || given <= maxSessions) return given
  throw new SettingError(
    'KMS_HSM_SESSIONS',
    `It must be at most ${maxSessions}: tokens of the profile ${name} admit no more in all.`,
  )
}

function mostSessions({ given, profile }: SessionShare): number | undefined {
  if (given !== undefined) return given
  return profile.maxSessions === 0 ? undefined : profile.maxSessions
}

/** An agent that is exchanged is there twice for a moment, in each HTTP process. */
function agentProcesses({ profile, processes }: SessionShare, agents: number): number {
  return agents + (profile.recycleAfterCalls > 0 ? processes : 0)
}

/**
 * One agent for each processor but the one that serves HTTP, at most 4; no more than the share admits, and one for each
 * HTTP process. On two processors a second agent takes from the HTTP process: the calls of one request cost a quarter more
 * processor time in all, since each message carries fewer.
 */
function usualAgents(share: SessionShare): number {
  const wanted = Math.min(4, availableParallelism() - 1)
  const admitted = mostSessions(share)
  const most = admitted === undefined ? wanted : admitted - agentProcesses(share, 0)
  return Math.max(share.processes, Math.min(wanted, most))
}
