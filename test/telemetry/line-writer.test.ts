import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { LineWriter } from '../../src/telemetry/line-writer.js'
import { inNewFolder } from '../support/folder.js'

const MODULE = new URL('../../src/telemetry/line-writer.js', import.meta.url).href

test('writes every line once and in order, in blocks and at the end', () =>
  inNewFolder(async (folder) => {
    const path = join(folder, 'log')
    const fd = openSync(path, 'w')
    const writer = new LineWriter(fd)
    const lines = Array.from({ length: 5000 }, (_, index) => `line ${index} é\n`)
    for (const [index, line] of lines.entries()) {
      writer.write(line)
      if (index % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await writer.close()
    closeSync(fd)
    expect(await readFile(path, 'utf8')).toBe(lines.join(''))
    expect(writer.lost).toBe(0)
  }))

test('writes a single line before long', () =>
  inNewFolder(async (folder) => {
    const path = join(folder, 'log')
    const fd = openSync(path, 'w')
    const writer = new LineWriter(fd)
    writer.write('one\n')
    await new Promise((resolve) => setTimeout(resolve, 800))
    expect(await readFile(path, 'utf8')).toBe('one\n')
    await writer.close()
    closeSync(fd)
  }))

test('writes every line into a pipe, and none twice', async () => {
  const program = `
    import { LineWriter } from ${JSON.stringify(MODULE)}
    const writer = new LineWriter(1)
    for (let count = 0; count < 20000; count += 1) {
      writer.write(count + '\\n')
      if (count % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await writer.close()
    process.exit(0)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program])
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  expect(code).toBe(0)
  expect(text).toBe(Array.from({ length: 20000 }, (_, count) => `${count}\n`).join(''))
})

test('ends on a descriptor that takes nothing', async () => {
  const fd = openSync('/dev/full', 'w')
  const writer = new LineWriter(fd)
  for (let count = 0; count < 1000; count += 1) writer.write('a line that nobody will ever see\n')
  const start = Date.now()
  await writer.close()
  closeSync(fd)
  expect(Date.now() - start).toBeLessThan(1500)
})

test('holds back no more than its share for a reader that has stopped, and ends', async () => {
  const program = `
    import { LineWriter } from ${JSON.stringify(MODULE)}
    const writer = new LineWriter(1)
    const line = 'x'.repeat(1023) + '\\n'
    for (let count = 0; count < 20000; count += 1) {
      writer.write(line)
      if (count % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await writer.close()
    process.stderr.write(String(writer.lost))
    process.exit(0)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program])
  // Nobody reads standard output: the pipe fills up.
  child.stdout.pause()
  let lost = ''
  child.stderr.on('data', (chunk: Buffer) => (lost += chunk.toString()))
  const [code] = (await once(child, 'exit')) as [number]
  child.stdout.destroy()
  expect([code, Number(lost) > 1000]).toEqual([0, true])
})
