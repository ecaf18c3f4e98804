import { rmSync, writeSync, openSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { FaultyService } from '../../scripts/faults/faulty-service.js'
import { describeUnless } from '../support/describe-unless.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { softHsmModule } from '../support/softhsm-token.js'
import { mountSmallFileSystem, whyNoMount } from '../store/small-file-system.js'
import { suffer } from './outage.js'
import { openTokenOn } from './token-on-folder.js'

const reason =
  softHsmModule() === undefined ? 'SoftHSM is not installed' : (whyNoInjector() ?? whyNoMount())
const WHOLE_WITHIN_MS = 5000

describeUnless(reason, 'the service, while the disk of its token is full', () => {
  const opened: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close()
  })

  test('refuses new keys in good order, loses none, and makes keys again afterwards', async () => {
    const disk = mountSmallFileSystem()
    opened.push(() => disk.remove())
    const bench = await FaultyService.start({ on: await openTokenOn(disk.folder) })
    opened.push(() => bench.end())
    await bench.settled(10_000)
    const ballast = join(disk.folder, 'ballast')
    const outage = await suffer(bench, {
      lastsMs: 5000,
      begin: () => fill(ballast),
      end: () => rmSync(ballast),
    })
    expect(outage.flaws).toEqual([])
    expect(outage.lost).toEqual([])
    expect(outage.refused).toBeGreaterThan(0)
    expect(outage.wholeMs).toBeLessThan(WHOLE_WITHIN_MS)
    expect(bench.faults.staleUses()).toBe(0)
    await bench.client.createKey('after-the-disk-was-full')
  }, 60_000)
})

/** Writes until nothing more fits. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  const block = Buffer.alloc(4096)
  try {
    for (;;) writeSync(file, block)
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  } finally {
    closeSync(file)
  }
}
