import type { Config } from './config.js'
import type { HsmClusters } from './hsm-clusters.js'

/** The settings of one of the HTTP processes: they are those of all, but that it has its part of the agents alone. */
export function shareOf(config: Config, index: number): Config {
  const { httpProcesses: processes, hsmPrevious: previous } = config
  const place = { index, processes }
  return {
    ...config,
    agents: part(config.agents, place),
    hsmClusters: partsOf(config.hsmClusters, place),
    hsmPrevious: previous && { ...previous, agents: part(previous.agents, place) },
  }
}

interface Place {
  readonly index: number
  readonly processes: number
}

function partsOf(clusters: HsmClusters, place: Place): HsmClusters {
  return new Map(
    [...clusters].map(([name, cluster]) => [
      name,
      { ...cluster, agents: part(cluster.agents, place) },
    ]),
  )
}

/** Whole parts whose sum is the whole: the first processes have one more where it cannot be divided. */
function part(whole: number, { index, processes }: Place): number {
  return Math.floor(whole / processes) + (index < whole % processes ? 1 : 0)
}
