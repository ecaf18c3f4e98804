import { createThrowAwayToken, findModule, SoftHsmError } from 'softhsm-config-scripts'
import type { TestToken } from './test-token.js'

/** SoftHSM's library, or undefined where it is not installed, so that suites can skip. */
export function softHsmModule(): string | undefined {
  try {
    return findModule()
  } catch (error) {
    if (error instanceof SoftHsmError) return undefined
    throw error
  }
}

/** A fresh SoftHSM token in a temporary folder. */
export async function openSoftHsmToken(within?: string): Promise<TestToken> {
  const { uri, environment, remove } = await createThrowAwayToken(within)
  return { profile: 'softhsm2', uri, environment: { ...environment }, remove }
}
