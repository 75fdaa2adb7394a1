/** How calls of the registry name whom they are about. */

/** One life of one node. */
export interface EpochRef {
  readonly nodeId: string;
  readonly epoch: number;
}
