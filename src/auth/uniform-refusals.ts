import { KmsError } from '../core/errors.js'
import type { Authenticator } from './authenticator.js'

/** Refusals are answered at whole multiples of this time, which is longer than nearly all of them take. */
const STEP_MS = 20

/** Something that will be at a time, and may be called off. */
export interface Alarm {
  readonly rings: Promise<void>
  cancel(this: void): void
}

/** Sets an alarm, in so many milliseconds; tests have a time of their own. */
export type SetAlarm = (ms: number) => Alarm

/**
 * Makes the time of a refusal tell nothing of why it was: whether an access key exists, its row was in memory, its secret
 * had to be opened by the HSM. The wait costs no processor time; who is let in does not wait.
 *
 * The alarm is set before anything is known: one that is set afterwards rings at a whole millisecond, and the fraction
 * that is lost would tell how long the work took.
 */
export function uniformRefusals(
  authenticator: Authenticator,
  setAlarm: SetAlarm = realAlarm,
): Authenticator {
  return {
    async authenticate(request) {
      const steps = new Steps(setAlarm)
      try {
        return await authenticator.authenticate(request)
      } catch (error) {
        if (error instanceof KmsError) await steps.next()
        throw error
      } finally {
        steps.end()
      }
    },
  }
}

/** Alarms one after another: the next one is set when one rings, and not when somebody asks for it. */
class Steps {
  readonly #setAlarm: SetAlarm
  #alarm: Alarm
  #ended = false

  constructor(setAlarm: SetAlarm) {
    this.#setAlarm = setAlarm
    this.#alarm = this.#begin()
  }

  /** Resolves at the end of the step that is under way, which is the last one. */
  next(): Promise<void> {
    this.#ended = true
    return this.#alarm.rings
  }

  end(): void {
    this.#ended = true
    this.#alarm.cancel()
  }

  #begin(): Alarm {
    const alarm = this.#setAlarm(STEP_MS)
    void alarm.rings.then(() => {
      if (!this.#ended) this.#alarm = this.#begin()
    })
    return alarm
  }
}

function realAlarm(ms: number): Alarm {
  let timer: NodeJS.Timeout | undefined
  const rings = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  return { rings, cancel: () => clearTimeout(timer) }
}
