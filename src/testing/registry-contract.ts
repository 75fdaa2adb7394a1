/**
 * What every registry must do, as cases for any test runner: `test(title, () => run(harness))`. The author of a
 * registry gives a harness and runs them all.
 */

import { attemptCases } from './registry-attempt-cases.ts';
import { brakeCases } from './registry-brake-cases.ts';
import { clusterCases } from './registry-cluster-cases.ts';
import { earlyCases } from './registry-early-cases.ts';
import { flappingCases } from './registry-flapping-cases.ts';
import { followCases } from './registry-follow-cases.ts';
import { generationCases } from './registry-generation-cases.ts';
import type { RegistryContractCase, RegistryHarness } from './registry-harness.ts';
import { heartbeatCases } from './registry-heartbeat-cases.ts';
import { leaseCases } from './registry-lease-cases.ts';
import { logCases } from './registry-log-cases.ts';
import { membershipCases } from './registry-membership-cases.ts';
import { neighborCases } from './registry-neighbor-cases.ts';
import { obituaryCases } from './registry-obituary-cases.ts';
import { openVerdictCases } from './registry-open-verdict-cases.ts';
import { originalEpochCases } from './registry-original-epoch-cases.ts';
import { originalImportCases } from './registry-original-import-cases.ts';
import { originalKeptCases } from './registry-original-kept-cases.ts';
import { originalLogCases } from './registry-original-log-cases.ts';
import { originalNodeCases } from './registry-original-node-cases.ts';
import { originalVoteCases } from './registry-original-vote-cases.ts';
import { ownerCases } from './registry-owner-cases.ts';
import { pruneCases } from './registry-prune-cases.ts';
import { raceCases } from './registry-race-cases.ts';
import { recoveryCases } from './registry-recovery-cases.ts';
import { repeatCases } from './registry-repeat-cases.ts';
import { ringCases } from './registry-ring-cases.ts';
import { roundCases } from './registry-round-cases.ts';
import { silenceCases } from './registry-silence-cases.ts';
import { statementCases } from './registry-statement-cases.ts';
import { verdictCases } from './registry-verdict-cases.ts';
import { voteCases } from './registry-vote-cases.ts';

/** Every case; the order does not matter. */
export const registryContract: readonly RegistryContractCase[] = [
  ...membershipCases,
  ...heartbeatCases,
  ...ringCases,
  ...roundCases,
  ...neighborCases,
  ...statementCases,
  ...voteCases,
  ...verdictCases,
  ...earlyCases,
  ...silenceCases,
  ...brakeCases,
  ...recoveryCases,
  ...attemptCases,
  ...flappingCases,
  ...leaseCases,
  ...ownerCases,
  ...openVerdictCases,
  ...obituaryCases,
  ...repeatCases,
  ...raceCases,
  ...generationCases,
  ...clusterCases,
  ...logCases,
  ...followCases,
  ...pruneCases,
  ...originalNodeCases,
  ...originalKeptCases,
  ...originalEpochCases,
  ...originalVoteCases,
  ...originalImportCases,
  ...originalLogCases,
];

/** The cases that this harness can run: all of them, unless it cannot move the clock or write the shared tables. */
export function registryCasesFor(harness: RegistryHarness): RegistryContractCase[] {
  const has = { clock: harness.advance !== undefined, original: harness.asOriginal !== undefined };
  return registryContract.filter(({ needs }) => needs.every((need) => has[need]));
}

export type {
  OriginalAccess,
  OriginalEvent,
  OriginalNode,
  RegistryContractCase,
  RegistryHarness,
} from './registry-harness.ts';
