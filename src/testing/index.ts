/** The published contract suites: what a registry and a prober of your own must do. */
export {
  type ProberContractCase,
  type ProberHarness,
  proberContract,
  type ServedTarget,
  type TargetBehaviour,
} from './prober-contract.ts';
export {
  type OriginalAccess,
  type OriginalEvent,
  type OriginalNode,
  type RegistryContractCase,
  type RegistryHarness,
  registryCasesFor,
  registryContract,
} from './registry-contract.ts';
