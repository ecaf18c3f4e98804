import { join } from 'node:path'
import { sourcesOf } from './folders.js'
import type { Sdk } from './sdk.js'
import { virtualEnvironment } from './virtual-environment.js'

/** The SDK for Python, in a virtual environment of its own. */
export const pythonSdk: Sdk = { name: 'python', prepare }

async function prepare(): Promise<readonly string[]> {
  const sources = sourcesOf('python')
  const python = await virtualEnvironment('python', join(sources, 'requirements.txt'))
  // Byte code would be written beside the sources.
  return [python, '-B', join(sources, 'main.py')]
}
