/**
 * What a probe on a kept connection weighs: 107 bytes of request and 189 of answer, all that both sockets are given;
 * headers of TCP and IP come on top. Measured with the real prober and the agent's ping server by
 * `node bench/probe-bytes.mjs`. Every probe of an experiment is counted with it, missed ones too.
 */
export const bytesPerProbe = 296;
