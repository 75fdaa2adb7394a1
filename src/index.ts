/** Ringwatch as a library: the whole public surface. */
export { pingAnswer, pingPath } from './adapters/http/index.ts';
export { MemoryRegistry, type MemoryRegistryOptions } from './adapters/memory/registry.ts';
export {
  ConfigError,
  type PresetName,
  presets,
  resolveSettings,
  type Settings,
  type SettingsInput,
  type Violation,
  validateConfig,
} from './core/config.ts';
export type { Announcements, Statement } from './core/effects.ts';
export type { Evidence, FailureKind, ObserverHealth } from './core/evidence.ts';
export type { Lifecycle, NodeRecord } from './core/node.ts';
export { ringNeighbors } from './core/ring.ts';
export type { PeerStatus } from './core/statement.ts';
export type { Resolution, Verdict, Vote } from './core/verdict.ts';
export { Monitor, type MonitorOptions } from './library/monitor.ts';
export { type OpenRegistryOptions, openRegistry } from './library/open-registry.ts';
export type { Listener } from './monitor/emitter.ts';
export type {
  Death,
  DeathHandler,
  MonitorEvents,
  RecoveredHandler,
  RecoveryRef,
  SuspectHandler,
  WarningCode,
} from './monitor/events.ts';
export type { LogEvents, LogFact } from './monitor/log-events.ts';
export { MonitorStateError } from './monitor/options.ts';
export type { MonitorSnapshot, TargetSnapshot } from './monitor/snapshot.ts';
export type { AbortHandle, AbortSignalLike, CreateAbort, Signal } from './ports/abort.ts';
export type { Clock, Timer } from './ports/clock.ts';
export type { LogFields, Logger } from './ports/logger.ts';
export type { MetadataReader, PeerLifecycle } from './ports/metadata-reader.ts';
export type {
  ProbeAborted,
  ProbeAnswer,
  ProbeFailure,
  ProbeOptions,
  ProbeOutcome,
  Prober,
  ProbeTarget,
} from './ports/prober.ts';
export type { Random } from './ports/random.ts';
export {
  type Beat,
  type ClaimRefusal,
  type ClaimRequest,
  type ClaimResult,
  type ClusterReading,
  type DecideRequest,
  type DecideResult,
  type DismissRequest,
  type Entry,
  type EpochRef,
  type EventKind,
  type EventPage,
  type EventQuery,
  type FinishRequest,
  type FinishResult,
  type HeartbeatRequest,
  type HeartbeatResult,
  type JoinRequest,
  type JoinResult,
  type KnownProgress,
  type LeaseRef,
  type NodeDetail,
  type NoteEntry,
  type NoteKind,
  type ObserverStatement,
  type OpenVerdict,
  type OriginalWindows,
  type OwnStatement,
  type Progress,
  type PruneRequest,
  type PruneResult,
  type RaiseRequest,
  type RaiseResult,
  type ReadProgress,
  type Registry,
  RegistryError,
  type RegistryErrorCode,
  type RegistryEvent,
  type RenewResult,
  type RoundReading,
  type RoundRequest,
  type StandingStatement,
  type StatementEntry,
} from './ports/registry.ts';
