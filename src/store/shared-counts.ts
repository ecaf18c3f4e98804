import { openPostgresPool } from './postgres-pool.js'

/** Counting calls must not hold them up: a database that is slower than this is left out. */
const LIMITS = { connections: 4, connectMs: 500, statementMs: 500, silenceMs: 200 } as const

/** A way to the PostgreSQL of all replicas that is apart from that of the stores. */
export interface CountDatabase {
  query(statement: {
    readonly text: string
    readonly values?: readonly unknown[]
  }): Promise<{ readonly rows: readonly unknown[]; readonly rowCount: number }>
  close(): Promise<void>
}

/** Opens it; nothing is connected before the first statement. */
export function openCountDatabase(url: string): CountDatabase {
  const pool = openPostgresPool(url, LIMITS)
  return {
    async query({ text, values = [] }) {
      const client = await pool.connect()
      try {
        const { rows } = await client.query(text, values)
        return { rows, rowCount: rows.length }
      } finally {
        client.release()
      }
    },
    close: () => pool.end(),
  }
}
