/** `explain` on a terminal: what happens, when, and what is forgiven, in plain words. At most 80 columns. Pure. */

import { durationFlag, formatDuration } from '../durations.ts';
import type { Fault } from '../explain/detection-times.ts';
import type { Explanation } from '../explain/explanation.ts';
import { settingFlags } from '../setting-flags.ts';
import { type Paint, wrap } from '../terminal.ts';

export interface ExplanationLayout {
  readonly paint: Paint;
  /** Columns of the terminal. */
  readonly width: number;
}

/** Longer lines are harder to read. */
const widest = 80;
const labelWidth = 46;
const timeWidth = 11;

const faultWords: Readonly<Record<Fault, string>> = {
  crash: 'its process crashes or is killed (SIGKILL)',
  hang: 'its process hangs or is stopped (SIGSTOP)',
  'host-gone': 'its host is gone, or drops all packets',
};

/** The whole explanation as text. */
export function renderExplanation(explanation: Explanation, { paint, width }: ExplanationLayout): string {
  const columns = Math.min(width, widest);
  const heading = (text: string): string => paint('strong', text);
  const prose = (text: string): string => indented(text, columns);
  const quiet = (text: string): string => paint('quiet', prose(text));
  const { preset, nodes } = explanation;
  const isConfirmed = explanation.toVerdict.crash !== null;
  const [timesLine, ...timeLines] = timesTo(explanation);
  const [trafficLine, ...trafficLines] = trafficRows(explanation);
  const confirmed = [
    quiet(luckWords(explanation)),
    '',
    heading('Forgiven: suspected at most, no verdict, no recovery'),
    ...forgivenLines(explanation),
    prose(answerWords(explanation)),
  ];
  return [
    heading(`Preset ${preset}, ${nodes.toLocaleString('en')} nodes`),
    ...editLines(explanation, columns).map((line) => paint('name', line)),
    prose(watchWords(explanation)),
    '',
    heading(timesLine ?? ''),
    ...timeLines,
    ...(isConfirmed ? confirmed : []),
    '',
    heading('After a verdict'),
    prose(recoveryWords(explanation)),
    prose(brakeWords(explanation)),
    '',
    heading('After the start of a node'),
    prose(graceWords(explanation)),
    '',
    heading(trafficLine ?? ''),
    ...trafficLines,
    quiet(trafficWords(explanation)),
  ].join('\n');
}

function indented(text: string, columns: number): string {
  return wrap(text.split(' '), columns - 2).replaceAll(/^/gm, '  ');
}

/** What was set besides the preset, as flags: some may come from the environment or a file. */
function editLines({ edits }: Explanation, columns: number): string[] {
  const flags = settingFlags.flatMap(({ name, flag, kind }) => {
    const value = edits[name];
    if (value === undefined) return [];
    const text = value === null ? 'never' : kind === 'duration' ? durationFlag(Number(value)) : String(value);
    return [`--${flag}\u00a0${text}`];
  });
  if (flags.length === 0) return [];
  return [indented(`with ${flags.join(' ')}`, columns).replaceAll('\u00a0', ' ')];
}

function watchWords({ observerCount, voteCount, settings }: Explanation): string {
  const round = formatDuration(settings.probeIntervalMs);
  const votes = voteCount === 1 ? '1 vote' : `the votes of ${voteCount}`;
  if (observerCount === 1) return `1 other node probes each node, every ${round}. A verdict needs ${votes}.`;
  const looks = settings.hints
    ? 'All look at once when it closes their connections, or when one of them misses it.'
    : 'Each looks in its own rounds, and is told nothing by the others.';
  return `${observerCount} other nodes probe each node, each of them every ${round}. A verdict needs ${votes}. ${looks}`;
}

function timesTo({ toVerdict, observerCount, voteCount }: Explanation): string[] {
  if (toVerdict.crash === null) {
    const have = observerCount === 1 ? 'one node probes each' : `${observerCount} nodes probe each`;
    return ['No death is ever confirmed', `  A verdict needs ${voteCount} votes, and only ${have}.`];
  }
  return [
    row('From a fault of a node to the verdict "dead"', ['best', 'median', 'worst']),
    ...(Object.keys(faultWords) as Fault[]).map((fault) => {
      const { bestMs = 0, medianMs = 0, worstMs = 0 } = toVerdict[fault] ?? {};
      return row(`  ${faultWords[fault]}`, [bestMs, medianMs, worstMs].map(formatDuration));
    }),
  ];
}

function row(label: string, cells: readonly string[]): string {
  return label.padEnd(labelWidth) + cells.map((cell) => cell.padStart(timeWidth)).join('');
}

function luckWords({ toVerdict, settings }: Explanation): string {
  const luck =
    'Best: just before the probes. Worst: just after all of them, and the registry takes a second.';
  const all = Object.values(toVerdict);
  const worstMs = Math.max(...all.map((times) => times?.worstMs ?? 0));
  const slowestMs = Math.max(...all.map((times) => times?.slowestMs ?? 0));
  if (slowestMs <= worstMs) return luck;
  const timeout = formatDuration(settings.probeTimeoutMs);
  return `${luck} If the network is so slow that each probe needs its whole timeout of ${timeout}: up to ${formatDuration(slowestMs)}.`;
}

function forgivenLines({ forgiven }: Explanation): string[] {
  const { restartMs, pauseMs, silenceMs } = forgiven;
  return [
    row('  a restart, if it has joined again within', [restartMs === null ? '' : formatForgiven(restartMs)]),
    row('  a pause of its process of at most', [formatForgiven(pauseMs)]),
    row('  all its packets dropped, for at most', [formatForgiven(silenceMs)]),
  ];
}

/** What is surely forgiven, never rounded up: `13 s`, `2.2 s`, `420 ms`. */
export function formatForgiven(durationMs: number): string {
  const stepMs = durationMs < 1_000 ? 1 : durationMs < 10_000 ? 100 : 1_000;
  return formatDuration(Math.floor(durationMs / stepMs) * stepMs);
}

function answerWords({ answerWindows, settings }: Explanation): string {
  const { usualMs, unawareMs, refusedMs } = answerWindows;
  if (!settings.refutation)
    return 'The accused is not asked: a path that is broken for its observers alone can kill a healthy node.';
  const { unreachableIsDeadAfterMs } = settings;
  const limit =
    unreachableIsDeadAfterMs === null ? '' : `, for ${formatDuration(unreachableIsDeadAfterMs)} at most`;
  const unaware =
    unawareMs > usualMs ? ` (${formatDuration(unawareMs)} if it cannot know that it is missed)` : '';
  const refused =
    refusedMs < usualMs
      ? ` After a closed connection and refusals it has ${formatDuration(refusedMs)} only.`
      : '';
  return `The accused is asked first: it has ${formatDuration(usualMs)}${unaware} to answer in the registry. One that does is "unreachable", not dead${limit}.${refused}`;
}

function recoveryWords({ settings }: Explanation): string {
  const { leaseMs, maxAttempts, probeIntervalMs, jitter } = settings;
  const round = formatDuration(probeIntervalMs * (1 + jitter));
  const tries =
    maxAttempts === null
      ? 'A recovery that fails is tried for ever.'
      : `A recovery that fails is tried ${maxAttempts} times; then it waits for an operator.`;
  return `The recovery starts at once on the node whose question made the verdict, if it has a handler. Else another one starts it when it reads of the verdict, ${round} later at most. If that node dies too, its right to recover ends after ${formatDuration(leaseMs)} at most, and another one goes on. ${tries}`;
}

function brakeWords({ brake, nodes }: Explanation): string {
  const { deathLimit, windowMs, returnMs } = brake;
  const limit = `${deathLimit.toLocaleString('en')} of ${nodes.toLocaleString('en')} nodes`;
  if (deathLimit === 0) return 'The brake holds every verdict back until an operator releases it.';
  return `The brake: while ${limit} are dead, no further verdict. A death counts until its node is back for ${formatDuration(returnMs)}, or for ${formatDuration(windowMs)} and as long as its recovery runs. An operator may release the brake.`;
}

function graceWords({ grace }: Explanation): string {
  const { sparesAll, usualMs, loneMs } = grace;
  const usual = formatDuration(usualMs);
  const later = 'A node that has run for longer spares none, however new.';
  if (sparesAll) return `A node that has just started votes against no other for ${usual}. ${later}`;
  const until = `until ${usual} after the first answer of any node, at most for ${formatDuration(loneMs)}`;
  return `A node that has just started votes at once against one that has answered it. It spares those that have not ${until}. ${later}`;
}

function trafficRows({ traffic, observerCount }: Explanation): string[] {
  const peers = observerCount === 1 ? '1 node' : `${observerCount} nodes`;
  const sent = (label: string, perSecond: number, bytesPerSecond: number): string =>
    row(`  ${label}`, [rate(perSecond), Math.round(bytesPerSecond).toLocaleString('en')]);
  return [
    row('What each node sends while all is well', ['a second', 'bytes/s']),
    sent(`probes to ${peers}, and as many answers`, traffic.probesPerSecond, traffic.probeBytesPerSecond),
    sent('readings of the registry', traffic.readingsPerSecond, traffic.readingBytesPerSecond),
    sent('heartbeats to the registry', traffic.heartbeatsPerSecond, traffic.heartbeatBytesPerSecond),
  ];
}

function trafficWords({ traffic, nodes }: Explanation): string {
  const calls = rate(traffic.clusterCallsPerSecond);
  return `Bytes with the headers of TCP and IP; to a registry that is a file none are sent. All ${nodes.toLocaleString('en')} nodes together make ${calls} registry calls a second.`;
}

function rate(perSecond: number): string {
  const digits = perSecond >= 10 ? 0 : perSecond >= 1 ? 1 : 2;
  return perSecond.toFixed(digits);
}
