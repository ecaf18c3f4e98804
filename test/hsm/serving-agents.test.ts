import { expect, test } from '@jest/globals'
import type { AgentProcess } from '../../src/hsm/agent-process.js'
import { ServingAgents } from '../../src/hsm/serving-agents.js'

test('jobs that wait go to all agents that have room, in equal parts', () => {
  const serving = servingAgents([
    { room: 32, load: 0 },
    { room: 0, load: 20 },
    { room: 27, load: 5 },
  ])
  expect(serving.freest()?.load).toBe(0)
  expect([1, 2, 3, 40].map((waiting) => serving.partOf(waiting))).toEqual([1, 1, 2, 20])
})

test('one agent alone is to take all', () => {
  expect(servingAgents([{ room: 32, load: 0 }]).partOf(7)).toBe(7)
})

test('without room there is no agent to take any', () => {
  expect(servingAgents([{ room: 0, load: 9 }]).freest()).toBeUndefined()
  expect(servingAgents([]).freest()).toBeUndefined()
})

/** Agents as far as the share of each is judged by. */
function servingAgents(agents: readonly Pick<AgentProcess, 'room' | 'load'>[]): ServingAgents {
  const serving = new ServingAgents({ wanted: agents.length, share: 0 })
  for (const agent of agents) serving.add(agent as AgentProcess)
  return serving
}
