-- A registry as the version before migration 3 wrote it, a minute before 2023-11-14 22:13:20 and earlier.
CREATE TABLE ringwatch_migrations ( number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at_ms INTEGER NOT NULL ) STRICT;
CREATE TABLE dns_nodes ( id TEXT PRIMARY KEY, ip_address TEXT NOT NULL, internal_ip TEXT, region TEXT, status TEXT NOT NULL DEFAULT 'active', last_seen TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, capabilities TEXT, metadata TEXT, created_at TIMESTAMP, updated_at TIMESTAMP);
CREATE TABLE node_health_events ( id INTEGER PRIMARY KEY AUTOINCREMENT, observer_id TEXT NOT NULL, target_id TEXT NOT NULL, status TEXT NOT NULL, created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE ringwatch_nodes ( node_id TEXT NOT NULL PRIMARY KEY, epoch INTEGER NOT NULL, instance_id TEXT, port INTEGER, is_named INTEGER NOT NULL, has_handler INTEGER NOT NULL, keeps_shared_row INTEGER NOT NULL, lifecycle TEXT NOT NULL CHECK (lifecycle IN ('alive', 'left')), maintenance_until_ms INTEGER, heartbeat_count INTEGER NOT NULL, last_beat_at_ms INTEGER NOT NULL, refutation_count INTEGER NOT NULL, started_after_event_id INTEGER NOT NULL ) STRICT, WITHOUT ROWID;
CREATE TABLE ringwatch_votes ( target_id TEXT NOT NULL, observer_id TEXT NOT NULL, target_epoch INTEGER NOT NULL, observer_epoch INTEGER NOT NULL, status TEXT NOT NULL CHECK (status IN ('suspect', 'dead')), evidence TEXT, said_at_ms INTEGER NOT NULL, affirmed_at_ms INTEGER NOT NULL, shared_event_id INTEGER NOT NULL, PRIMARY KEY (target_id, observer_id) ) STRICT, WITHOUT ROWID;
CREATE TABLE ringwatch_verdicts ( node_id TEXT NOT NULL, epoch INTEGER NOT NULL, decided_at_ms INTEGER NOT NULL, decision_count INTEGER NOT NULL, quorum INTEGER NOT NULL, votes TEXT NOT NULL, resolution TEXT CHECK (resolution IN ('completed', 'returned', 'superseded', 'left', 'dismissed')), resolved_at_ms INTEGER, owner_id TEXT, owner_epoch INTEGER, claim_id TEXT, fence INTEGER NOT NULL, lease_until_ms INTEGER NOT NULL, attempt_count INTEGER NOT NULL, next_attempt_at_ms INTEGER NOT NULL, has_returned INTEGER NOT NULL, returned_after_event_id INTEGER NOT NULL, last_error TEXT, held_since_ms INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (node_id, epoch) ) STRICT, WITHOUT ROWID;
CREATE TABLE ringwatch_events ( id INTEGER PRIMARY KEY AUTOINCREMENT, operation_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, at_ms INTEGER NOT NULL, observer_id TEXT NOT NULL, target_id TEXT, target_epoch INTEGER, detail TEXT NOT NULL, shared_event_id INTEGER, shared_position INTEGER NOT NULL, is_applied INTEGER NOT NULL ) STRICT;
CREATE TABLE ringwatch_state ( name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL ) STRICT, WITHOUT ROWID;
CREATE INDEX idx_dns_nodes_status ON dns_nodes (status);
CREATE INDEX idx_dns_nodes_last_seen ON dns_nodes (last_seen);
CREATE INDEX idx_node_health_events_target ON node_health_events (target_id, status);
CREATE INDEX idx_node_health_events_created ON node_health_events (created_at);
CREATE INDEX ringwatch_votes_observer ON ringwatch_votes (observer_id);
CREATE INDEX ringwatch_verdicts_open ON ringwatch_verdicts (decided_at_ms) WHERE resolution IS NULL;
CREATE INDEX ringwatch_events_observer ON ringwatch_events (observer_id);
CREATE INDEX ringwatch_events_target ON ringwatch_events (target_id);
CREATE INDEX ringwatch_events_shared ON ringwatch_events (shared_event_id) WHERE shared_event_id IS NOT NULL;
CREATE INDEX ringwatch_nodes_sign ON ringwatch_nodes (MAX(last_beat_at_ms, COALESCE(maintenance_until_ms, 0)) / 3600000, node_id) WHERE lifecycle = 'alive';
CREATE INDEX ringwatch_nodes_order ON ringwatch_nodes (heartbeat_count);
CREATE INDEX ringwatch_nodes_owed ON ringwatch_nodes ((node_id || '')) WHERE lifecycle = 'alive' AND maintenance_until_ms > last_beat_at_ms;
CREATE INDEX ringwatch_votes_affirmed ON ringwatch_votes (affirmed_at_ms / 3600000, target_id) WHERE status = 'dead';
CREATE INDEX ringwatch_dns_nodes_seen ON dns_nodes (substr(CAST(last_seen AS TEXT), 1, 13), id) WHERE CAST(status AS TEXT) IN ('active', 'maintenance');
INSERT INTO ringwatch_migrations (number, name, applied_at_ms) VALUES
  (1, 'nodes, votes, verdicts, events', 1699989200000),
  (2, 'when a lease or a backoff began', 1699989200000);
INSERT INTO dns_nodes (id, ip_address, internal_ip, region, status, last_seen, capabilities, metadata, created_at, updated_at) VALUES
  ('hidden', '10.0.0.1', NULL, NULL, 'active', '2023-11-14 19:13:20', NULL, NULL, '2023-11-14 19:13:20', '2023-11-14 19:13:20'),
  ('old-gone', '192.0.2.9', NULL, NULL, 'active', '2023-11-14 19:13:20', NULL, NULL, NULL, NULL),
  ('hidden dead', '10.0.0.1', NULL, NULL, 'active', '2023-11-14 19:13:20', NULL, NULL, '2023-11-14 19:13:20', '2023-11-14 19:13:20'),
  ('upkeep', '10.0.0.1', NULL, NULL, 'maintenance', '2023-11-14 20:13:20', NULL, NULL, '2023-11-14 20:13:20', '2023-11-14 20:13:20'),
  ('a', '10.0.0.1', NULL, NULL, 'active', '2023-11-14 22:13:19', NULL, NULL, '2023-11-14 20:13:20', '2023-11-14 22:13:19'),
  ('b', '10.0.0.1', NULL, NULL, 'active', '2023-11-14 22:13:19', NULL, NULL, '2023-11-14 20:13:20', '2023-11-14 22:13:19'),
  ('left', '10.0.0.1', NULL, NULL, 'inactive', '2023-11-14 20:13:20', NULL, NULL, '2023-11-14 20:13:20', '2023-11-14 20:13:20'),
  ('restarted', '10.0.0.1', NULL, NULL, 'active', '2023-11-14 22:13:19', NULL, NULL, '2023-11-14 20:13:20', '2023-11-14 22:13:19'),
  ('c', '10.0.0.1', NULL, NULL, 'active', '2023-11-14 22:13:19', NULL, NULL, '2023-11-14 22:12:20', '2023-11-14 22:13:19'),
  ('completed', '10.0.0.1', NULL, NULL, 'active', '2023-11-14 22:12:20', NULL, NULL, '2023-11-14 22:12:20', '2023-11-14 22:12:20'),
  ('failed', '10.0.0.1', NULL, NULL, 'active', '2023-11-14 22:12:20', NULL, NULL, '2023-11-14 22:12:20', '2023-11-14 22:12:20'),
  ('open', '10.0.0.1', NULL, NULL, 'active', '2023-11-14 22:12:20', NULL, NULL, '2023-11-14 22:12:20', '2023-11-14 22:12:20'),
  ('leased', '10.0.0.1', NULL, NULL, 'active', '2023-11-14 22:12:20', NULL, NULL, '2023-11-14 22:12:20', '2023-11-14 22:12:20'),
  ('returned', '10.0.0.1', NULL, NULL, 'active', '2023-11-14 22:12:20', NULL, NULL, '2023-11-14 22:12:20', '2023-11-14 22:12:20'),
  ('x', '192.0.2.1', NULL, NULL, 'active', '2023-11-14 22:13:19', NULL, NULL, NULL, NULL);
INSERT INTO node_health_events (id, observer_id, target_id, status, created_at) VALUES
  (1, 'a', 'hidden dead', 'dead', '2023-11-14 20:13:20'),
  (2, 'b', 'hidden dead', 'dead', '2023-11-14 20:13:20'),
  (3, 'a', 'completed', 'dead', '2023-11-14 22:12:20'),
  (4, 'b', 'completed', 'dead', '2023-11-14 22:12:20'),
  (5, 'a', 'failed', 'dead', '2023-11-14 22:12:20'),
  (6, 'b', 'failed', 'dead', '2023-11-14 22:12:20'),
  (7, 'a', 'open', 'dead', '2023-11-14 22:12:21'),
  (8, 'b', 'open', 'dead', '2023-11-14 22:12:21'),
  (9, 'a', 'leased', 'dead', '2023-11-14 22:12:21'),
  (10, 'b', 'leased', 'dead', '2023-11-14 22:12:21'),
  (11, 'a', 'returned', 'dead', '2023-11-14 22:12:21'),
  (12, 'b', 'returned', 'dead', '2023-11-14 22:12:21'),
  (13, 'a', 'returned', 'recovered', '2023-11-14 22:12:21'),
  (14, 'a', 'c', 'dead', '2023-11-14 22:12:21'),
  (15, 'x', 'c', 'dead', '2023-11-14 22:12:21'),
  (16, 'x', 'b', 'suspect', '2023-11-14 22:12:21'),
  (17, 'b', 'c', 'suspect', '2023-11-14 22:12:21');
INSERT INTO ringwatch_nodes (node_id, epoch, instance_id, port, is_named, has_handler, keeps_shared_row, lifecycle, maintenance_until_ms, heartbeat_count, last_beat_at_ms, refutation_count, started_after_event_id) VALUES
  ('a', 2, 'operation-11', NULL, 1, 1, 1, 'alive', NULL, 17, 1699999999000, 0, 2),
  ('b', 2, 'operation-12', NULL, 1, 1, 1, 'alive', NULL, 18, 1699999999000, 0, 2),
  ('c', 1, 'operation-13', NULL, 1, 1, 1, 'alive', NULL, 19, 1699999999000, 0, 2),
  ('completed', 1, 'operation-15', NULL, 1, 1, 1, 'alive', NULL, 12, 1699999940000, 0, 2),
  ('failed', 1, 'operation-16', NULL, 1, 1, 1, 'alive', NULL, 13, 1699999940000, 0, 2),
  ('hidden', 1, 'operation-1', NULL, 1, 1, 1, 'alive', NULL, 1, 1699989200000, 0, 0),
  ('hidden dead', 1, 'operation-2', NULL, 1, 1, 1, 'alive', NULL, 2, 1699989200000, 0, 0),
  ('leased', 1, 'operation-18', NULL, 1, 1, 1, 'alive', NULL, 15, 1699999940000, 0, 2),
  ('left', 1, 'operation-6', NULL, 1, 1, 1, 'left', NULL, 6, 1699992800000, 0, 0),
  ('open', 1, 'operation-17', NULL, 1, 1, 1, 'alive', NULL, 14, 1699999940000, 0, 2),
  ('restarted', 2, 'operation-14', NULL, 1, 1, 1, 'alive', NULL, 20, 1699999999000, 0, 2),
  ('returned', 1, 'operation-19', NULL, 1, 1, 1, 'alive', NULL, 16, 1699999940000, 0, 2),
  ('upkeep', 1, 'operation-3', NULL, 1, 1, 1, 'alive', 1700003600000, 3, 1699992800000, 0, 0);
INSERT INTO ringwatch_votes (target_id, observer_id, target_epoch, observer_epoch, status, evidence, said_at_ms, affirmed_at_ms, shared_event_id) VALUES
  ('c', 'a', 1, 2, 'dead', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699999941000, 1699999941000, 14),
  ('c', 'b', 1, 2, 'suspect', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699999941000, 1699999941000, 17),
  ('completed', 'a', 1, 2, 'dead', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699999940000, 1699999940000, 3),
  ('completed', 'b', 1, 2, 'dead', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699999940000, 1699999940000, 4),
  ('failed', 'a', 1, 2, 'dead', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699999940000, 1699999940000, 5),
  ('failed', 'b', 1, 2, 'dead', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699999940000, 1699999940000, 6),
  ('hidden dead', 'a', 1, 1, 'dead', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699992800000, 1699992800000, 1),
  ('hidden dead', 'b', 1, 1, 'dead', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699992800000, 1699992800000, 2),
  ('leased', 'a', 1, 2, 'dead', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699999941000, 1699999941000, 9),
  ('leased', 'b', 1, 2, 'dead', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699999941000, 1699999941000, 10),
  ('open', 'a', 1, 2, 'dead', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699999941000, 1699999941000, 7),
  ('open', 'b', 1, 2, 'dead', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699999941000, 1699999941000, 8),
  ('returned', 'b', 1, 2, 'dead', '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1699999941000, 1699999941000, 12);
INSERT INTO ringwatch_verdicts (node_id, epoch, decided_at_ms, decision_count, quorum, votes, resolution, resolved_at_ms, owner_id, owner_epoch, claim_id, fence, lease_until_ms, attempt_count, next_attempt_at_ms, has_returned, returned_after_event_id, last_error, held_since_ms) VALUES
  ('completed', 1, 1699999940000, 1, 2, '[{"observerId":"a","observerEpoch":2,"evidence":{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}},{"observerId":"b","observerEpoch":2,"evidence":{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}}]', 'completed', 1699999940000, 'a', 2, NULL, 2, 0, 1, 0, 0, 0, NULL, 1699999940000),
  ('failed', 1, 1699999940000, 1, 2, '[{"observerId":"a","observerEpoch":2,"evidence":{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}},{"observerId":"b","observerEpoch":2,"evidence":{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}}]', NULL, NULL, 'b', 2, NULL, 3, 0, 1, 1700000061000, 0, 0, 'it rains', 1699999941000),
  ('hidden dead', 1, 1699992800000, 1, 2, '[{"observerId":"a","observerEpoch":1,"evidence":{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}},{"observerId":"b","observerEpoch":1,"evidence":{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}}]', 'completed', 1699992800000, 'a', 1, NULL, 1, 0, 1, 0, 0, 0, NULL, 1699992800000),
  ('leased', 1, 1699999941000, 1, 2, '[{"observerId":"a","observerEpoch":2,"evidence":{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}},{"observerId":"b","observerEpoch":2,"evidence":{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}}]', NULL, NULL, 'a', 2, 'lease', 4, 1700000061000, 1, 0, 0, 0, NULL, 1699999941000),
  ('open', 1, 1699999941000, 1, 2, '[{"observerId":"a","observerEpoch":2,"evidence":{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}},{"observerId":"b","observerEpoch":2,"evidence":{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}}]', NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, NULL, 0),
  ('returned', 1, 1699999941000, 1, 2, '[{"observerId":"a","observerEpoch":2,"evidence":{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}},{"observerId":"b","observerEpoch":2,"evidence":{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}}]', 'returned', 1699999941000, NULL, NULL, NULL, 0, 0, 0, 0, 1, 13, NULL, 0);
INSERT INTO ringwatch_events (id, operation_id, kind, at_ms, observer_id, target_id, target_epoch, detail, shared_event_id, shared_position, is_applied) VALUES
  (1, 'joined:0:operation-1', 'joined', 1699989200000, 'hidden', 'hidden', 1, '{}', NULL, 0, 1),
  (2, 'joined:0:operation-2', 'joined', 1699989200000, 'hidden dead', 'hidden dead', 1, '{}', NULL, 0, 1),
  (3, 'joined:0:operation-3', 'joined', 1699992800000, 'upkeep', 'upkeep', 1, '{}', NULL, 0, 1),
  (4, 'maintenance:1699992800000:1700003600000:upkeep', 'maintenance', 1699992800000, 'upkeep', 'upkeep', 1, '{"durationMs":10800000}', NULL, 0, 1),
  (5, 'joined:0:operation-4', 'joined', 1699992800000, 'a', 'a', 1, '{}', NULL, 0, 1),
  (6, 'joined:0:operation-5', 'joined', 1699992800000, 'b', 'b', 1, '{}', NULL, 0, 1),
  (7, 'joined:0:operation-6', 'joined', 1699992800000, 'left', 'left', 1, '{}', NULL, 0, 1),
  (8, 'left:1:left', 'left', 1699992800000, 'left', 'left', 1, '{}', NULL, 0, 1),
  (9, 'joined:0:operation-7', 'joined', 1699992800000, 'restarted', 'restarted', 1, '{}', NULL, 0, 1),
  (10, 'operation-8', 'dead', 1699992800000, 'a', 'hidden dead', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 1, 1, 1),
  (11, 'operation-9', 'dead', 1699992800000, 'b', 'hidden dead', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 2, 2, 1),
  (12, 'verdict:1:1:hidden dead', 'verdict', 1699992800000, 'a', 'hidden dead', 1, '{"quorum":2,"voterIds":["a","b"]}', NULL, 2, 1),
  (13, 'claimed:operation-10', 'claimed', 1699992800000, 'a', 'hidden dead', 1, '{"fence":1,"attempt":1}', NULL, 2, 1),
  (14, 'finished:operation-10', 'completed', 1699992800000, 'a', 'hidden dead', 1, '{"fence":1,"attempt":1}', NULL, 2, 1),
  (15, 'joined:1:operation-11', 'joined', 1699999940000, 'a', 'a', 2, '{}', NULL, 2, 1),
  (16, 'joined:1:operation-12', 'joined', 1699999940000, 'b', 'b', 2, '{}', NULL, 2, 1),
  (17, 'joined:0:operation-13', 'joined', 1699999940000, 'c', 'c', 1, '{}', NULL, 2, 1),
  (18, 'joined:1:operation-14', 'joined', 1699999940000, 'restarted', 'restarted', 2, '{}', NULL, 2, 1),
  (19, 'joined:0:operation-15', 'joined', 1699999940000, 'completed', 'completed', 1, '{}', NULL, 2, 1),
  (20, 'joined:0:operation-16', 'joined', 1699999940000, 'failed', 'failed', 1, '{}', NULL, 2, 1),
  (21, 'joined:0:operation-17', 'joined', 1699999940000, 'open', 'open', 1, '{}', NULL, 2, 1),
  (22, 'joined:0:operation-18', 'joined', 1699999940000, 'leased', 'leased', 1, '{}', NULL, 2, 1),
  (23, 'joined:0:operation-19', 'joined', 1699999940000, 'returned', 'returned', 1, '{}', NULL, 2, 1),
  (24, 'operation-20', 'dead', 1699999940000, 'a', 'completed', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 3, 3, 1),
  (25, 'operation-21', 'dead', 1699999940000, 'b', 'completed', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 4, 4, 1),
  (26, 'verdict:1:1:completed', 'verdict', 1699999940000, 'a', 'completed', 1, '{"quorum":2,"voterIds":["a","b"]}', NULL, 4, 1),
  (27, 'claimed:operation-22', 'claimed', 1699999940000, 'a', 'completed', 1, '{"fence":2,"attempt":1}', NULL, 4, 1),
  (28, 'finished:operation-22', 'completed', 1699999940000, 'a', 'completed', 1, '{"fence":2,"attempt":1}', NULL, 4, 1),
  (29, 'operation-23', 'dead', 1699999940000, 'a', 'failed', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 5, 5, 1),
  (30, 'operation-24', 'dead', 1699999940000, 'b', 'failed', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 6, 6, 1),
  (31, 'verdict:1:1:failed', 'verdict', 1699999940000, 'a', 'failed', 1, '{"quorum":2,"voterIds":["a","b"]}', NULL, 6, 1),
  (32, 'claimed:operation-25', 'claimed', 1699999940000, 'b', 'failed', 1, '{"fence":3,"attempt":1}', NULL, 6, 1),
  (33, 'finished:operation-25', 'failed', 1699999941000, 'b', 'failed', 1, '{"fence":3,"attempt":1,"error":"it rains"}', NULL, 6, 1),
  (34, 'operation-26', 'dead', 1699999941000, 'a', 'open', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 7, 7, 1),
  (35, 'operation-27', 'dead', 1699999941000, 'b', 'open', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 8, 8, 1),
  (36, 'verdict:1:1:open', 'verdict', 1699999941000, 'a', 'open', 1, '{"quorum":2,"voterIds":["a","b"]}', NULL, 8, 1),
  (37, 'operation-28', 'dead', 1699999941000, 'a', 'leased', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 9, 9, 1),
  (38, 'operation-29', 'dead', 1699999941000, 'b', 'leased', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 10, 10, 1),
  (39, 'verdict:1:1:leased', 'verdict', 1699999941000, 'a', 'leased', 1, '{"quorum":2,"voterIds":["a","b"]}', NULL, 10, 1),
  (40, 'claimed:lease', 'claimed', 1699999941000, 'a', 'leased', 1, '{"fence":4,"attempt":1}', NULL, 10, 1),
  (41, 'operation-30', 'dead', 1699999941000, 'a', 'returned', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 11, 11, 1),
  (42, 'operation-31', 'dead', 1699999941000, 'b', 'returned', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 12, 12, 1),
  (43, 'verdict:1:1:returned', 'verdict', 1699999941000, 'a', 'returned', 1, '{"quorum":2,"voterIds":["a","b"]}', NULL, 12, 1),
  (44, 'operation-32', 'recovered', 1699999941000, 'a', 'returned', 1, '{}', 13, 13, 1),
  (45, 'closed:1:1:returned', 'closed', 1699999941000, 'a', 'returned', 1, '{"resolution":"returned"}', NULL, 13, 1),
  (46, 'operation-33', 'dead', 1699999941000, 'a', 'c', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 14, 14, 1),
  (47, 'operation-34', 'suspect', 1699999941000, 'b', 'c', 1, '{"missCount":12,"silentMs":14000,"sinceAnswerMs":15000,"failures":{"timeout":12},"lastFailure":"no answer","observer":{"watchedCount":3,"answeringCount":2,"inconclusiveCount":0}}', 17, 17, 1);
INSERT INTO ringwatch_state (name, value) VALUES
  ('epoch_floor', 0),
  ('fence', 4),
  ('pruned_at_ms', 1699999999000);
