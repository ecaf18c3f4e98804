import { SoftHsmError } from 'softhsm-config-scripts'
import { SettingError } from './setting.js'
import { WrongToken } from './core/home-proof.js'
import { CredentialsError } from './credentials-file.js'
import { HsmStartError } from './hsm/start-error.js'

/** What to print and with which code to end when the service or a command cannot start. */
export interface StartFailureReport {
  /** One line. */
  readonly line: string
  /** 2 for a wrong setting, 1 for anything else. */
  readonly exitCode: 1 | 2
}

/** Reads an error of the start for whoever set it up: names the variable to mend where there is one. */
export function reportStartFailure(error: unknown): StartFailureReport {
  if (error instanceof SettingError) return { line: error.message, exitCode: 2 }
  if (error instanceof HsmStartError) {
    const variable = error.message.includes('known-answer') ? 'KMS_HSM_PROFILE' : 'KMS_PKCS11_URI'
    return { line: `${variable}: ${error.message}`, exitCode: 2 }
  }
  if (error instanceof WrongToken) {
    return { line: `KMS_PKCS11_URI and KMS_DATABASE_URL: ${error.message}`, exitCode: 2 }
  }
  if (error instanceof SoftHsmError || error instanceof CredentialsError) {
    return { line: `KMS_DATA_DIR: ${error.message}`, exitCode: 2 }
  }
  if (isListenError(error)) {
    return { line: `KMS_LISTEN: The address cannot be listened on (${error.code}).`, exitCode: 2 }
  }
  if (error instanceof Error && ['StoreUnavailable', 'NewerDatabase'].includes(error.name)) {
    return { line: `KMS_DATABASE_URL: ${error.message}`, exitCode: 2 }
  }
  const text = error instanceof Error ? error.message : 'unknown failure'
  return { line: `The service cannot start: ${text}`, exitCode: 1 }
}

function isListenError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen'
}
