import { Gauge, type Registry } from 'prom-client'
import type { Outlook } from '../core/outlook.js'

/** Watches the work that nobody calls for, and what lies ahead. Times in milliseconds since 1970. */
export interface OutlookGauges {
  /** A run looked for work and came to its end. */
  ran(this: void, time: number): void
  /** Whether keys are kept from being destroyed because the clock is in doubt. */
  held(this: void, held: boolean): void
  outlook(this: void, outlook: Outlook): void
}

/** The figures of due work and of what lapses; a time that there is none of is 0. */
export function outlookGauges(registry: Registry): OutlookGauges {
  function gauge(name: string, help: string): Gauge {
    // Each process of a machine reads the same database: what they say is no sum.
    return new Gauge({ name, help, aggregator: 'max', registers: [registry] })
  }
  const ran = gauge(
    'kms_due_work_last_run_timestamp_seconds',
    'When a process of this machine last looked for due work and came to the end of it, in seconds since 1970; 0 before.',
  )
  const held = gauge(
    'kms_due_work_held',
    '1 while no key is destroyed because the clock jumped, 0 otherwise.',
  )
  const due = gauge('kms_due_work_due', 'Items of due work in the database, up to 1000.')
  const overdue = gauge(
    'kms_due_work_overdue',
    'Items of due work that should have been done already, up to 1000.',
  )
  const oldest = gauge(
    'kms_due_work_oldest_timestamp_seconds',
    'Since when the oldest item of due work has been due, in seconds since 1970; 0: there is none.',
  )
  const material = gauge(
    'kms_imported_material_expiry_timestamp_seconds',
    'When the next imported key material lapses, in seconds since 1970; 0: none does.',
  )
  const expiring = gauge(
    'kms_imported_material_expiring',
    'Keys with imported material that lapses within 7 days, up to 1000.',
  )
  const parameters = gauge(
    'kms_import_parameters',
    'Parameters for import that can be used, up to 1000.',
  )
  const parametersExpiry = gauge(
    'kms_import_parameters_expiry_timestamp_seconds',
    'When the first parameters for import expire, in seconds since 1970; 0: there are none.',
  )
  return {
    ran: (time) => ran.set(time / 1000),
    held: (isHeld) => held.set(isHeld ? 1 : 0),
    outlook(outlook) {
      due.set(outlook.due)
      overdue.set(outlook.overdue)
      oldest.set(seconds(outlook.oldestDueAt))
      material.set(seconds(outlook.materialExpiresAt))
      expiring.set(outlook.materialExpiring)
      parameters.set(outlook.importParameters)
      parametersExpiry.set(seconds(outlook.importParametersExpireAt))
    },
  }
}

function seconds(time: number | undefined): number {
  return time === undefined ? 0 : time / 1000
}
