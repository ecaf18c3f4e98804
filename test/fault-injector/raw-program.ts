/*
 * node raw-program.js stale|cost MODULE SLOT-LABEL PIN-FILE
 *
 * Calls a PKCS#11 library directly, and writes what it found as JSON. `stale` uses handles after their time, as no agent
 * does. `cost` tells how long a call that does next to nothing takes, in nanoseconds.
 */
import { readFileSync } from 'node:fs'
import pkcs11js, { type Handle, type PKCS11 } from 'pkcs11js'

const [mode = '', modulePath = '', label = '', pinFile = ''] = process.argv.slice(2)

const pkcs11 = new pkcs11js.PKCS11()
pkcs11.load(modulePath)
pkcs11.C_Initialize()
const found = mode === 'stale' ? useStaleHandles(pkcs11) : { nanoseconds: cost(pkcs11) }
pkcs11.C_Finalize()
process.stdout.write(JSON.stringify(found))

function login(lib: PKCS11): Handle {
  const slot = lib
    .C_GetSlotList(true)
    .find((one) => lib.C_GetTokenInfo(one).label.trimEnd() === label)
  if (slot === undefined) throw new Error('There is no such token.')
  const session = lib.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION)
  lib.C_Login(session, pkcs11js.CKU_USER, readFileSync(pinFile, 'utf8').trim())
  return session
}

/** Makes a key, initialises the library anew, and tries the handles of before. */
function useStaleHandles(lib: PKCS11): unknown {
  const session = login(lib)
  const key = lib.C_GenerateKey(session, { mechanism: pkcs11js.CKM_AES_KEY_GEN }, [
    { type: pkcs11js.CKA_VALUE_LEN, value: 32 },
    { type: pkcs11js.CKA_TOKEN, value: false },
  ])
  const template = [{ type: pkcs11js.CKA_CLASS }]
  lib.C_GetAttributeValue(session, key, template)
  lib.C_CloseSession(session)
  const second = login(lib)
  const uses = {
    session: refused(() => lib.C_GetSessionInfo(session)),
    object: refused(() => lib.C_GetAttributeValue(second, key, template)),
    both: refused(() => lib.C_DestroyObject(session, key)),
  }
  lib.C_CloseSession(second)
  return uses
}

function refused(use: () => unknown): boolean {
  try {
    use()
    return false
  } catch {
    return true
  }
}

/** The least of many rounds: what else runs on the machine only adds. */
function cost(lib: PKCS11): number {
  const session = login(lib)
  const calls = 5000
  let least = Infinity
  for (let round = 0; round < 60; round++) {
    const began = process.hrtime.bigint()
    for (let call = 0; call < calls; call++) lib.C_GetSessionInfo(session)
    least = Math.min(least, Number(process.hrtime.bigint() - began) / calls)
  }
  return least
}
