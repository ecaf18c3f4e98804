/*
 * Loads the SDK of OpenTelemetry into the service: node --import ./docs/monitoring/tracing.mjs dist/src/main.js
 * The variables OTEL_* configure it. See docs/monitoring.md.
 */
import { NodeSDK } from '@opentelemetry/sdk-node'

// Figures are scraped from /metrics, and the log is on standard output: traces alone are sent.
new NodeSDK({ metricReaders: [], logRecordProcessors: [], instrumentations: [] }).start()
