#!/usr/bin/env node
import { keepOutOfCoreFiles } from '../core-dumps.js'
import { type Command, type CommandIo, UsageError } from './command.js'

interface Entry {
  readonly about: string
  /** Loaded when it is asked for: a signed request needs neither database nor token. */
  load(): Promise<Command>
}

const COMMANDS: Readonly<Partial<Record<string, Entry>>> = {
  init: {
    about: 'make token, database, keys of the service and first access key',
    load: async () => (await import('./init.js')).init,
  },
  status: {
    about: 'show the token and the database, and whether they can be used',
    load: async () => (await import('./status.js')).status,
  },
  account: {
    about: 'create, list, disable, enable and delete accounts',
    load: async () => (await import('./account.js')).account,
  },
  project: {
    about: 'create, list, disable, enable and delete projects',
    load: async () => (await import('./project.js')).project,
  },
  user: {
    about: 'create, list, disable, enable and delete users',
    load: async () => (await import('./user.js')).user,
  },
  certificate: {
    about: 'bind client certificates to users',
    load: async () => (await import('./certificate.js')).certificate,
  },
  policy: {
    about: 'create, list, show, replace and delete policies; attach them to users',
    load: async () => (await import('./policy.js')).policy,
  },
  access: {
    about: 'say whether a user may do something, and which rule decides',
    load: async () => (await import('./access.js')).access,
  },
  'access-key': {
    about: 'create, list, rotate, disable, enable and delete access keys',
    load: async () => (await import('./access-key.js')).accessKey,
  },
  audit: {
    about: 'verify the audit log, show where it ends, give it out',
    load: async () => (await import('./audit.js')).audit,
  },
  hsm: {
    about: 'probe a token, or move keys from one token to another',
    load: async () => (await import('./hsm.js')).hsm,
  },
  call: {
    about: 'send a signed request: OPERATION JSON [--print MEMBER]',
    load: async () => (await import('./call.js')).call,
  },
  compliance: {
    about: 'check that the keys are resident in the HSM; verify and compare the evidence',
    load: async () => (await import('./compliance.js')).compliance,
  },
}

const io: CommandIo = {
  environment: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  terminal: process.stderr.isTTY,
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  const command = name === undefined ? undefined : COMMANDS[name]
  if (!command) {
    io.err(usage())
    return name === undefined || name === '--help' ? 0 : 2
  }
  try {
    const run = await command.load()
    return await run(args, io)
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(`${error.message}\n`)
      return 2
    }
    // As large as the commands are, and needed by few of them.
    const { reportStartFailure } = await import('../start-failure.js')
    const { line, exitCode } = reportStartFailure(error)
    io.err(`${line}\n`)
    return exitCode
  }
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(
    ([name, command]) => `  ${name.padEnd(12)} ${command?.about ?? ''}\n`,
  )
  return `kmsctl COMMAND …\n\n${lines.join('')}`
}

keepOutOfCoreFiles()

// A command that breaks off, be it on a standard output that is full, has no outcome: 1 would be one.
process.on('uncaughtException', (error) => {
  io.err(`The command broke off: ${error.message}\n`)
  process.exit(2)
})

process.exitCode = await main(process.argv.slice(2))
