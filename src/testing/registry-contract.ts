/**
 * What every registry must do, as cases for any test runner: `test(title, () => run(harness))`. Whoever writes a
 * registry of their own gives a harness and runs them all.
 */

import { clusterCases } from './registry-cluster-cases.ts';
import type { RegistryContractCase, RegistryHarness } from './registry-harness.ts';
import { leaseCases } from './registry-lease-cases.ts';
import { logCases } from './registry-log-cases.ts';
import { membershipCases } from './registry-membership-cases.ts';
import { originalCases } from './registry-original-cases.ts';
import { originalVoteCases } from './registry-original-vote-cases.ts';
import { presenceCases } from './registry-presence-cases.ts';
import { recoveryCases } from './registry-recovery-cases.ts';
import { roundCases } from './registry-round-cases.ts';
import { verdictCases } from './registry-verdict-cases.ts';

/** Every case; the order does not matter. */
export const registryContract: readonly RegistryContractCase[] = [
  ...membershipCases,
  ...roundCases,
  ...verdictCases,
  ...presenceCases,
  ...recoveryCases,
  ...leaseCases,
  ...clusterCases,
  ...logCases,
  ...originalCases,
  ...originalVoteCases,
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
