#!/usr/bin/env node
import { findModule } from '../find-module.js'

try {
  process.stdout.write(`${findModule()}\n`)
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
