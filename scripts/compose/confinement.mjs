import assert from 'node:assert/strict'

const TOKEN = '/var/lib/kms-token'
const DATA = '/var/lib/kms'
const DATABASE = '/var/lib/kms-database'

/** Checks on the running stack, with PostgreSQL, what its containers may do and what they give away. */
export async function checkConfinement(stack, report) {
  await report.check('processes: no root, no capability, no new privilege, no core file', () =>
    confinedProcesses(stack),
  )
  await report.check('the root file systems are read-only', () => readOnlyRoots(stack))
  await report.check('files with secrets are their reader’s alone', () => fileModes(stack))
  await report.check('no secret in environments, arguments, image history and logs', () =>
    noSecretOutside(stack),
  )
  await report.check('the image holds the product alone, and no token or password', () =>
    imageContent(stack),
  )
  await report.check('the port is published on the loopback address only', () => published(stack))
  await report.check('the database refuses a guessed password', () => guessedPassword(stack))
}

async function confinedProcesses(stack) {
  for (const [service, uid] of [
    ['kms', '10001'],
    ['postgres', '999'],
  ]) {
    const status = await stack.exec(service, 'cat', '/proc/1/status')
    assert.match(status, new RegExp(`^Uid:(\\s+${uid}){4}$`, 'm'), service)
    assert.match(status, new RegExp(`^Gid:(\\s+${uid}){4}$`, 'm'), service)
    assert.match(status, /^CapEff:\s+0+$/m, service)
    assert.match(status, /^CapBnd:\s+0+$/m, service)
    assert.match(status, /^NoNewPrivs:\s+1$/m, service)
    const limits = await stack.exec(service, 'cat', '/proc/1/limits')
    assert.match(limits, /^Max core file size\s+0\s+0\s/m, service)
  }
}

async function readOnlyRoots(stack) {
  for (const service of ['kms', 'postgres']) {
    const mounts = await stack.exec(service, 'cat', '/proc/mounts')
    assert.match(mounts, /^\S+ \/ \S+ ro,/m, service)
  }
}

async function fileModes(stack) {
  const wanted = {
    [TOKEN]: '700 10001:10001',
    [`${TOKEN}/user-pin`]: '600 10001:10001',
    [`${TOKEN}/so-pin`]: '600 10001:10001',
    [DATA]: '700 10001:10001',
    [`${DATA}/credentials.json`]: '600 10001:10001',
    [`${DATABASE}/pgpass`]: '600 10001:999',
    // The group is that of the database server, which reads it.
    [`${DATABASE}/password`]: '640 10001:999',
  }
  const paths = Object.keys(wanted)
  const lines = await stack.exec('kms', 'stat', '-c', '%n=%a %u:%g', ...paths)
  const found = Object.fromEntries(
    lines
      .trim()
      .split('\n')
      .map((line) => line.split('=')),
  )
  assert.deepEqual(found, wanted)
}

async function noSecretOutside(stack) {
  const secrets = await readSecrets(stack)
  // Every process of the container: the service and its agents.
  const listing = 'cd /proc && for p in [0-9]*; do cat $p/environ $p/cmdline; done 2>/dev/null || :'
  const places = { processes: await stack.exec('kms', 'sh', '-c', listing) }
  assert.ok(places.processes.includes('KMS_LISTEN='), 'the environment can be read')
  for (const service of ['kms', 'token', 'database-password', 'postgres']) {
    const container = await stack.inspect(service)
    places[`inspect ${service}`] = JSON.stringify(container)
    places[`history ${service}`] = await stack.docker(['history', '--no-trunc', container.Image])
    places[`logs ${service}`] = await stack.logs(service)
  }
  for (const [place, text] of Object.entries(places)) {
    for (const [name, secret] of Object.entries(secrets)) {
      assert.ok(!text.includes(secret), `${name} stands in ${place}`)
    }
  }
}

async function readSecrets(stack) {
  const secrets = {}
  for (const path of [`${TOKEN}/user-pin`, `${TOKEN}/so-pin`, `${DATABASE}/password`]) {
    secrets[path] = (await stack.exec('kms', 'cat', path)).trim()
  }
  const credentials = JSON.parse(await stack.exec('kms', 'cat', `${DATA}/credentials.json`))
  secrets['the secret access key'] = credentials.secret_access_key
  for (const [name, secret] of Object.entries(secrets)) assert.ok(secret.length >= 16, name)
  return secrets
}

async function imageContent(stack) {
  const { Image: image } = await stack.inspect('kms')
  const look = (...command) => stack.docker(['run', '--rm', '--network=none', image, ...command])
  assert.equal(await look('find', TOKEN, DATA, DATABASE, '-mindepth', '1'), '')
  const top = (await look('ls', '-A', '/app')).trim().split('\n')
  assert.deepEqual(top, ['dist', 'hsm', 'node_modules', 'package.json', 'scripts'])
  const packages = (await look('ls', '/app/node_modules')).split('\n')
  assert.ok(packages.includes('pkcs11js'))
  for (const name of ['typescript', 'jest', 'eslint']) assert.ok(!packages.includes(name), name)
}

async function published(stack) {
  const { NetworkSettings: network } = await stack.inspect('kms')
  const addresses = Object.values(network.Ports).flatMap((bindings) => bindings ?? [])
  assert.deepEqual(
    addresses.map(({ HostIp }) => HostIp),
    ['127.0.0.1'],
  )
  const { NetworkSettings: database } = await stack.inspect('postgres')
  assert.deepEqual(Object.values(database.Ports).filter(Boolean), [])
}

async function guessedPassword(stack) {
  const attempt = 'psql --host=postgres --username=kms --dbname=kms --command="select 1"'
  for (const guess of ['postgres', 'kms', '']) {
    const outcome = `PGPASSWORD="$0" ${attempt} 2>&1 && echo accepted || :`
    const text = await stack.exec('postgres', 'sh', '-c', outcome, guess)
    assert.match(text, /password authentication failed|no password supplied/)
    assert.ok(!text.includes('accepted'))
  }
}
