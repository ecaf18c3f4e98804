import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Profile } from '../profile.js'
import type { TokenAddress } from '../uri.js'
import { HsmStartError } from '../start-error.js'
import type {
  ProbeAnswer,
  ProbeRequest,
  ProbeStart,
  TokenFacts,
  TrialName,
  Trials,
} from './protocol.js'

const PROGRAM = fileURLToPath(new URL('../agent/probe/main.js', import.meta.url))
/** A library that dies of every trial would have this process start others for ever. */
const MOST_STARTS = 24
/** Loading a vendor library, or making an RSA-4096 pair, may take a while; a call that hangs takes for ever. */
const START_TIMEOUT_MS = 30_000

/** Which token is probed, and how long a trial may take. */
export interface ProberOptions {
  readonly address: TokenAddress
  readonly profile: Profile
  /** The whole environment of the process that holds the library. */
  readonly environment: Readonly<Record<string, string>>
  readonly trialTimeoutMs: number
}

/** What came of a trial: what it found, or a sentence that says how it ended. */
export type Outcome<Found> =
  | { readonly found: Found; readonly failed?: undefined }
  | { readonly found?: undefined; readonly failed: string }

/**
 * Tries things on a token, in a process that holds its library. One that dies or hangs costs the trial that it was at, and
 * the next trial gets another process.
 */
export class Prober {
  readonly #options: ProberOptions
  #child: ChildProcess | undefined
  #starts = 0
  #facts: TokenFacts | undefined

  private constructor(options: ProberOptions) {
    this.#options = options
  }

  /** @throws HsmStartError when the token cannot be opened */
  static async open(options: ProberOptions): Promise<Prober> {
    const prober = new Prober(options)
    await prober.#start()
    return prober
  }

  /** What the token says of itself. */
  get facts(): TokenFacts {
    if (!this.#facts) throw new Error('The token was not opened.')
    return this.#facts
  }

  /** @throws HsmStartError when the token cannot be opened again after the library died */
  async run<Name extends TrialName>(
    trial: Name,
    asked: Trials[Name]['asked'],
    profile: Profile,
  ): Promise<Outcome<Trials[Name]['found']>> {
    const child = this.#living() ?? (await this.#start())
    const request: ProbeRequest = { trial, asked, profile }
    const answer = await this.#ask(child, request, this.#options.trialTimeoutMs)
    if (typeof answer === 'string') return { failed: answer }
    if ('failed' in answer) return { failed: answer.failed }
    // The process answers a trial with what the table of trials says that it finds.
    if ('found' in answer) return { found: answer.found as Trials[Name]['found'] }
    return { failed: 'The process of the probe answered something else.' }
  }

  close(): void {
    this.#child?.kill('SIGKILL')
    this.#child = undefined
  }

  /** A library may die between two trials, too. */
  #living(): ChildProcess | undefined {
    const child = this.#child
    return child?.exitCode === null && child.signalCode === null ? child : undefined
  }

  async #start(): Promise<ChildProcess> {
    this.#starts += 1
    if (this.#starts > MOST_STARTS) {
      throw new HsmStartError('token', 'The library died or hung too often to go on.')
    }
    const { address, profile, environment } = this.#options
    const child = spawn(process.execPath, [PROGRAM, String(process.pid)], {
      env: environment,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const start: ProbeStart = { address, profile }
    const answer = await this.#ask(child, start, START_TIMEOUT_MS)
    if (typeof answer === 'string') {
      throw new HsmStartError('token', `The token could not be opened. ${answer}`)
    }
    if ('refused' in answer) {
      child.kill('SIGKILL')
      throw new HsmStartError(answer.refused, answer.message)
    }
    if ('opened' in answer) this.#facts ??= answer.opened
    this.#child = child
    return child
  }

  /** Asks once; a text says how the process ended instead. */
  #ask(
    child: ChildProcess,
    message: ProbeStart | ProbeRequest,
    timeoutMs: number,
  ): Promise<ProbeAnswer | string> {
    return new Promise((resolve) => {
      const finish = (answer: ProbeAnswer | string) => {
        clearTimeout(timer)
        child.removeAllListeners().on('error', () => undefined)
        if (typeof answer === 'string' && this.#child === child) this.#child = undefined
        resolve(answer)
      }
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        finish(`The library did not answer within ${timeoutMs / 1000} s: its process was killed.`)
      }, timeoutMs)
      child.once('message', (answer) => finish(answer as ProbeAnswer))
      child.once('error', () => finish('The process of the probe could not be started.'))
      child.once('exit', (code, signal) =>
        finish(`The library ended its process (${signal ?? `exit code ${String(code)}`}).`),
      )
      child.send(message, (error) => {
        if (error) finish('The process of the probe was gone.')
      })
    })
  }
}
