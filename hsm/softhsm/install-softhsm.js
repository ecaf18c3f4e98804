import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { findModule, HOW_TO_INSTALL } from './find-module.js'
import { SoftHsmError } from './softhsm-error.js'

/** Package managers in the order in which they are looked for; a refresh may fail, an installation may not. */
const MANAGERS = [
  {
    program: 'apt-get',
    platform: 'linux',
    needsRoot: true,
    refresh: ['update'],
    install: [
      '-o',
      'DPkg::Lock::Timeout=120',
      'install',
      '-y',
      '--no-install-recommends',
      'softhsm2',
    ],
  },
  { program: 'apk', platform: 'linux', needsRoot: true, install: ['add', '--no-cache', 'softhsm'] },
  { program: 'dnf', platform: 'linux', needsRoot: true, install: ['install', '-y', 'softhsm'] },
  { program: 'brew', platform: 'darwin', needsRoot: false, install: ['install', 'softhsm'] },
]

/** Installs SoftHSM 2 with the system's package manager, whose output goes to stderr. */
export async function installSoftHsm() {
  const manager = MANAGERS.find(
    ({ platform, program }) => platform === process.platform && onPath(program),
  )
  if (manager === undefined) {
    throw new SoftHsmError(
      `SoftHSM is missing and no known package manager was found. ${HOW_TO_INSTALL}`,
    )
  }
  if (manager.needsRoot && process.geteuid?.() !== 0) {
    throw new SoftHsmError(
      `SoftHSM is missing, and only root may install it with ${manager.program}. ${HOW_TO_INSTALL}`,
    )
  }
  // A list that could not be renewed may still be good enough, and one sick source must not stop the rest.
  if (manager.refresh) await run(manager.program, manager.refresh)
  const status = await run(manager.program, manager.install)
  if (status !== 0) {
    throw new SoftHsmError(
      `"${manager.program} ${manager.install.join(' ')}" ended with exit code ${status}, so SoftHSM is not installed. ` +
        HOW_TO_INSTALL,
    )
  }
  findModule()
}

function onPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  })
}

function run(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    child.once('error', (cause) => {
      reject(
        new SoftHsmError(`${program} could not be started, so SoftHSM is not installed.`, {
          cause,
        }),
      )
    })
    child.once('exit', (code, signal) => resolve(code ?? signal))
  })
}
