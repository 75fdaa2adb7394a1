/** Chance as the monitor sees it; seeded in the simulator. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}
