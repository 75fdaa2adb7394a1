/**
 * What a probe on a kept connection weighs: its packets with their headers of TCP and IPv4. Every probe of an experiment
 * is counted with it, missed ones too. New connections and Ethernet are not in it.
 *
 * `node bench/probe-bytes.mjs` counts question and answer, with the real prober and the agent's ping server. The packets
 * are those of a capture between agents on Linux: question, answer, and the ack of the answer. The answer carries the
 * ack of the question. `node bench/wire.mjs` counts all that an idle node sends, and fits.
 */
const questionBytes = 87;
const answerBytes = 93;
const packetsPerProbe = 3;
/** Of IPv4 20, of TCP 20, and its timestamps 12. */
const headerBytesPerPacket = 52;

/** Both ways together. */
export const bytesPerProbe = questionBytes + answerBytes + packetsPerProbe * headerBytesPerPacket;
