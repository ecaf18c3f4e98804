import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const MAC = '/Applications/Chromium.app/Contents/MacOS/Chromium'

/** The program of Chromium, or undefined where it is not installed, so that suites can skip. */
export function chromiumProgram(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const candidates = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return [...candidates, MAC].find((path) => existsSync(path))
}

/** Starts a headless Chromium with a profile of its own, which it deletes at its end. */
export function openChromium(): Promise<Browser> {
  const executablePath = chromiumProgram()
  if (executablePath === undefined) {
    throw new Error('Chromium is not installed (package chromium).')
  }
  // Its sandbox needs name spaces that root in a container has not; the pages of tests are our own files.
  return chromium.launch({ executablePath, chromiumSandbox: false })
}
