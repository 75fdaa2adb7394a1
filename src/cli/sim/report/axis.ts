/** Axes of plots: where they end, and round numbers for their ticks. Pure. */

export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** From 0 to `most`, in the unit of the data. */
export interface Axis {
  readonly most: number;
  readonly ticks: readonly Tick[];
  /** What the labels count, such as `min`; empty for plain numbers. */
  readonly unit: string;
}

interface Unit {
  readonly name: string;
  readonly ms: number;
  readonly steps: readonly number[];
}

const tens = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
const sixties = [1, 2, 5, 10, 15, 20, 30, 60, 120];

const units: readonly Unit[] = [
  { name: 'd', ms: 86_400_000, steps: tens },
  { name: 'h', ms: 3_600_000, steps: [1, 2, 3, 4, 6, 8, 12, 24] },
  { name: 'min', ms: 60_000, steps: sixties },
  { name: 's', ms: 1_000, steps: [0.5, ...sixties] },
  { name: 'ms', ms: 1, steps: tens },
];

const wantedTicks = 6;

/** An axis of time that ends at `mostMs` exactly, or at the next tick where `isRounded`. */
export function durationAxis(mostMs: number, isRounded = true): Axis {
  const reachMs = Math.max(mostMs, 1);
  const unit = units.find(({ ms }) => reachMs >= 3 * ms) ?? { name: 'ms', ms: 1, steps: tens };
  const step = unit.steps.find((size) => reachMs / (size * unit.ms) <= wantedTicks);
  const stepMs = (step ?? roundStep(reachMs / unit.ms / wantedTicks)) * unit.ms;
  const most = isRounded ? Math.ceil(reachMs / stepMs - 1e-9) * stepMs : reachMs;
  return { most, ticks: ticksOf(most, stepMs, unit.ms), unit: unit.name };
}

/** An axis of numbers that ends at a round one; counts are whole numbers. */
export function numberAxis(most: number, { isWhole = false, tickCount = 4 } = {}): Axis {
  const rough = roundStep(Math.max(most, 1e-6) / tickCount);
  const step = isWhole ? Math.max(1, rough) : rough;
  const end = Math.max(1, Math.ceil(most / step - 1e-9)) * step;
  return { most: end, ticks: ticksOf(end, step, 1), unit: '' };
}

/** The least of 1, 2, 5, 10 and so on that is at least this. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10;
  return step * power;
}

function ticksOf(most: number, step: number, unit: number): Tick[] {
  const count = Math.floor(most / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => {
    const at = index * step;
    return { at, label: Number((at / unit).toPrecision(6)).toLocaleString('en-US') };
  });
}
