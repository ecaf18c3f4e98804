import { rename } from 'node:fs/promises'
import { afterEach, expect, test } from '@jest/globals'
import { FaultyService, HSM_DEADLINE_MS, type Wish } from '../../scripts/faults/faulty-service.js'
import { describeUnless } from '../support/describe-unless.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { newFolder } from '../support/folder.js'
import { softHsmModule } from '../support/softhsm-token.js'
import { ENOUGH_REFUSALS, type Outage, suffer } from './outage.js'
import { openTokenOn } from './token-on-folder.js'

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : whyNoInjector()
const DEVICE_REMOVED = 0x32
const WHOLE_WITHIN_MS = 5000
/** Long enough for a back-off to have grown, were it not bounded. */
const LASTS_MS = 5000
/** A refusal needs no token. Others use this machine as well. */
const AT_ONCE_MS = 500

describeUnless(reason, 'the service, while its token is away', () => {
  const opened: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close()
  })

  test('and every call of it fails', async () => {
    const bench = await service()
    const outage = await suffer(bench, {
      lastsMs: LASTS_MS,
      begin: () => void bench.faults.inject({ function: '*' }, { returnValue: DEVICE_REMOVED }),
      end: () => bench.faults.clear(),
    })
    expectEndured(bench, outage)
  }, 90_000)

  test('and every call of it hangs', async () => {
    const bench = await service()
    const outage = await suffer(bench, {
      lastsMs: LASTS_MS,
      begin: () => void bench.faults.inject({ function: '*' }, { hang: 'until-removed' }),
      end: () => bench.faults.clear(),
    })
    expectEndured(bench, outage)
  }, 90_000)

  test('since its folder is gone', async () => {
    const folder = await newFolder()
    opened.push(() => folder.remove())
    const token = await openTokenOn(folder.path)
    const bench = await service({ on: token })
    const away = `${token.tokens}.away`
    const outage = await suffer(bench, {
      lastsMs: LASTS_MS,
      begin: () => rename(token.tokens, away),
      end: () => rename(away, token.tokens),
    })
    expectEndured(bench, outage)
  }, 90_000)

  async function service(wish: Wish = {}): Promise<FaultyService> {
    const bench = await FaultyService.start(wish)
    opened.push(() => bench.end())
    await bench.settled(10_000)
    return bench
  }
})

function expectEndured(bench: FaultyService, outage: Outage): void {
  expect(outage.flaws).toEqual([])
  expect(outage.lost).toEqual([])
  expect(outage.noticedMs).toBeLessThan(2 * HSM_DEADLINE_MS)
  expect(outage.wholeMs).toBeLessThan(WHOLE_WITHIN_MS)
  expect(bench.faults.staleUses()).toBe(0)
  // Whoever calls while nothing can be done must hear so at once, except for the few that probe the token.
  const sorted = [...outage.refusalsMs].sort((a, b) => a - b)
  expect(sorted.length).toBeGreaterThanOrEqual(ENOUGH_REFUSALS)
  expect(sorted[Math.floor(sorted.length * 0.9)]).toBeLessThan(AT_ONCE_MS)
}
