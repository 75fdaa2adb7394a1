/** Ringwatch as a library: the whole public surface. */
export { pingAnswer, pingPath } from './adapters/http/index.ts';
export {
  MemoryRegistry,
  type MemoryRegistryOptions,
  type SharedNode,
  type SharedStatement,
} from './adapters/memory/registry.ts';
export type { StoreSnapshot } from './adapters/memory/store.ts';
export type { PlainRow } from './adapters/memory/table.ts';
export type { Announcements, Statement } from './core/effects.ts';
export type { Evidence, FailureKind, ObserverHealth } from './core/evidence.ts';
export type { RegistryMemory } from './core/memory.ts';
export type { Lifecycle, NodeRecord } from './core/node.ts';
export { ringNeighbors } from './core/ring.ts';
export type { ObserverRound } from './core/round-spacing.ts';
export {
  ConfigError,
  type Preset,
  type PresetName,
  presets,
  resolveSettings,
  type Settings,
  type SettingsInput,
  type Violation,
  validateConfig,
} from './core/settings/config.ts';
export type { Duration, DurationText } from './core/settings/duration.ts';
export type { PeerStatus } from './core/statement.ts';
export type { Resolution, Verdict, Vote } from './core/verdict.ts';
export type { LookRequest } from './core/wire/look-message.ts';
export type { PingSender } from './core/wire/ping-sender.ts';
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
export type { ObserverProbe } from './monitor/observer-rhythm.ts';
export { MonitorStateError } from './monitor/options.ts';
export type { Signals } from './monitor/signals.ts';
export type { MonitorSnapshot, TargetSnapshot } from './monitor/snapshot.ts';
export type { StartOptions } from './monitor/start-options.ts';
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
  type AgeMarks,
  type Beat,
  type BrakeRelease,
  type BrakeWeight,
  type ClaimRefusal,
  type ClaimRequest,
  type ClaimResult,
  type ClusterReading,
  type ClusterRequest,
  type DecideRequest,
  type DecideResult,
  type DismissRequest,
  type DisposableRegistry,
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
  type Neighbors,
  type NeighborsRequest,
  type NodeDetail,
  type NoteEntry,
  type NoteKind,
  type ObituaryRequest,
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
  type ReleaseRequest,
  type RenewResult,
  type RetryRequest,
  type RoundReading,
  type RoundRequest,
  type StandingStatement,
  type StatementEntry,
  type VerdictDetail,
} from './ports/registry.ts';
