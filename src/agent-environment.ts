import type { Profile } from './hsm/profile.js'
import type { Environment } from './setting.js'

/** What the dynamic loader reads, for libraries outside the standard folders. */
const LOADER_VARIABLES = ['LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH']

/** Names of the variables that an agent of a profile is given. */
export function agentVariables(profile: Profile): readonly string[] {
  return [...profile.environment, ...LOADER_VARIABLES]
}

/** Environment of the agents of a profile: what its library reads, and no more. */
export function agentEnvironment(
  environment: Environment,
  profile: Profile,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    agentVariables(profile).flatMap((name) => {
      const value = environment[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
