import { join } from 'node:path'
import { afterEach, beforeEach } from '@jest/globals'
import type { Profile } from '../../../src/hsm/profile.js'
import { newFolder } from '../folder.js'
import { type ServiceProcess, startServiceProcess } from '../service-process.js'
import { openSoftHsmToken, softHsmModule } from '../softhsm-token.js'
import type { TestToken } from '../test-token.js'
import { whyNoInjector } from './build.js'
import { FaultInjector } from './fault-injector.js'

/** Why there can be no {@link FaultyStand} here; nothing where there can. */
export const whyNoStand =
  softHsmModule() === undefined ? 'SoftHSM is not installed' : whyNoInjector()

/** What each test of a suite has of its own: a SoftHSM token behind the fault injector, a folder, and a service. */
export interface FaultyStand {
  readonly token: TestToken
  readonly faults: FaultInjector
  /** Path of a file in the folder. */
  path(this: void, name: string): string
  /** Starts a service in the folder, on the token that the settings name; it is killed after the test. */
  start(this: void, settings: Readonly<Record<string, string>>): Promise<ServiceProcess>
}

/** Makes them before each test of the suite that calls it, and removes them afterwards; `facts`: of the token's profile. */
export function faultyStand(facts: Partial<Profile> = {}): FaultyStand {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let injected: { readonly token: TestToken; readonly faults: FaultInjector }
  let service: ServiceProcess | undefined
  beforeEach(async () => {
    folder = await newFolder()
    injected = FaultInjector.around(await openSoftHsmToken(), facts)
  })
  afterEach(async () => {
    await service?.end('SIGKILL')
    service = undefined
    await injected.token.remove()
    await folder.remove()
  })
  function path(name: string): string {
    return join(folder.path, name)
  }
  return {
    get token() {
      return injected.token
    },
    get faults() {
      return injected.faults
    },
    path,
    async start(settings) {
      service = await startServiceProcess(path('var'), settings)
      return service
    },
  }
}
