CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  zone TEXT NOT NULL DEFAULT 'UTC',
  country TEXT NOT NULL DEFAULT 'US',
  phone TEXT NOT NULL DEFAULT '',
  email TEXT NOT NULL DEFAULT '',
  website TEXT NOT NULL DEFAULT '',
  postal TEXT NOT NULL DEFAULT '',
  owner_id BIGINT NOT NULL DEFAULT 0,
  settings TEXT NOT NULL DEFAULT '{}',
  rev BIGINT NOT NULL DEFAULT 1,       -- grows with every change to the account, its people, labels, templates and plans
  created_at BIGINT NOT NULL
);
CREATE TABLE api_key (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL,
  scopes TEXT NOT NULL DEFAULT '[]',
  user_id BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT
);
CREATE TABLE app_user (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  email TEXT NOT NULL UNIQUE,
  first_name TEXT NOT NULL DEFAULT '',
  last_name TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
);
CREATE TABLE carrier (
  account_id BIGINT NOT NULL,
  channel TEXT NOT NULL,
  kind TEXT NOT NULL,
  settings TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, channel)
);
CREATE TABLE circuit (
  account_id BIGINT NOT NULL,
  channel TEXT NOT NULL,
  failures BIGINT NOT NULL,
  opened_at BIGINT,
  probe_at BIGINT,
  spent BIGINT NOT NULL DEFAULT 0,     -- milliseconds it has been open in all: the 24 h do not run meanwhile
  text TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (account_id, channel)
);
CREATE TABLE consent (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  contact_id BIGINT NOT NULL,
  channel TEXT NOT NULL,
  act TEXT NOT NULL,                   -- grant or revoke
  basis TEXT NOT NULL DEFAULT '',      -- express_written, express, inquiry, transaction …
  wording TEXT NOT NULL DEFAULT '',
  method TEXT NOT NULL DEFAULT '',     -- form, import, keyword, paper, api, hand
  evidence TEXT NOT NULL DEFAULT '',   -- source URL, IP, document
  author TEXT NOT NULL,
  at BIGINT NOT NULL,
  recorded_at BIGINT NOT NULL
);
CREATE TABLE contact (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  first_name TEXT NOT NULL DEFAULT '',
  last_name TEXT NOT NULL DEFAULT '',
  source_id BIGINT NOT NULL DEFAULT 0,
  stage_id BIGINT NOT NULL DEFAULT 0,
  assigned_id BIGINT NOT NULL DEFAULT 0,
  zone TEXT NOT NULL DEFAULT '',       -- as given
  zone_now TEXT NOT NULL DEFAULT '',   -- in effect: given, else the address's, else '' = the account's
  language TEXT NOT NULL DEFAULT '',
  birthday TEXT NOT NULL DEFAULT '',
  street TEXT NOT NULL DEFAULT '',
  line2 TEXT NOT NULL DEFAULT '',
  city TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT '',
  zip TEXT NOT NULL DEFAULT '',
  country TEXT NOT NULL DEFAULT '',
  email TEXT NOT NULL DEFAULT '',      -- the primary one, copied for lists and gates
  phone TEXT NOT NULL DEFAULT '',
  dates TEXT NOT NULL DEFAULT '{}',
  fields TEXT NOT NULL DEFAULT '{}',
  name_key TEXT NOT NULL DEFAULT '',  -- "ann lee", for search
  sort_key TEXT NOT NULL DEFAULT '',  -- "lee ann", for search and order
  killed BOOLEAN NOT NULL DEFAULT FALSE, -- the person's own kill switch (CMP-2)
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  active_at BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE contact_address (
  account_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  address TEXT NOT NULL,
  contact_id BIGINT NOT NULL,
  shown TEXT NOT NULL DEFAULT '',
  type TEXT NOT NULL DEFAULT '',
  position BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, kind, address, contact_id)
);
CREATE TABLE contact_label (
  account_id BIGINT NOT NULL,
  contact_id BIGINT NOT NULL,
  label_id BIGINT NOT NULL,
  PRIMARY KEY (account_id, contact_id, label_id)
) WITHOUT ROWID;
CREATE TABLE enrollment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  contact_id BIGINT NOT NULL,
  plan_id BIGINT NOT NULL,
  version_id BIGINT NOT NULL,
  event_id BIGINT NOT NULL DEFAULT 0,
  status TEXT NOT NULL,
  holders TEXT NOT NULL DEFAULT '',   -- of a pause, comma-separated
  run BIGINT NOT NULL DEFAULT 1,
  due_at BIGINT,
  wait TEXT NOT NULL DEFAULT '',      -- message, date: what it waits for when it is not due
  lane BIGINT NOT NULL DEFAULT 1,     -- 0 = just started, before old backlog (ENG-8)
  state TEXT NOT NULL,                -- the run's compact document (DEC-1)
  tries BIGINT NOT NULL DEFAULT 0,    -- of a step that the engine could not run (ENG-8)
  error TEXT NOT NULL DEFAULT '',
  problems BIGINT NOT NULL DEFAULT 0, -- failed steps of this run (PLAN-18)
  assigned_by BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT,
  UNIQUE (account_id, plan_id, contact_id, event_id),
  CHECK (status IN ('active', 'paused', 'stopped', 'completed')),
  CHECK (status <> 'active' OR due_at IS NOT NULL OR wait <> ''),
  CHECK (status = 'active' OR due_at IS NULL)
);
CREATE TABLE event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  title TEXT NOT NULL,
  kind TEXT NOT NULL,
  contact_id BIGINT NOT NULL DEFAULT 0,
  group_id BIGINT NOT NULL DEFAULT 0,
  at BIGINT NOT NULL,
  yearly BOOLEAN NOT NULL DEFAULT FALSE,
  deleted BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE TABLE guard (
  account_id BIGINT NOT NULL,
  enrollment_id BIGINT NOT NULL,
  run BIGINT NOT NULL,
  round BIGINT NOT NULL,
  step TEXT NOT NULL,
  occurrence BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, enrollment_id, run, round, step, occurrence)
) WITHOUT ROWID;
CREATE TABLE history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  contact_id BIGINT NOT NULL,
  enrollment_id BIGINT NOT NULL DEFAULT 0,
  plan_id BIGINT NOT NULL DEFAULT 0,
  version_id BIGINT NOT NULL DEFAULT 0,
  run BIGINT NOT NULL DEFAULT 0,
  round BIGINT NOT NULL DEFAULT 0,
  step TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL,                  -- step, status, postponed, revoked, contact, note, task, consent …
  outcome TEXT NOT NULL DEFAULT '',    -- fired, skipped, failed; or the status
  reason TEXT NOT NULL DEFAULT '',
  due_at BIGINT,
  at BIGINT NOT NULL,
  author TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT ''
);
CREATE TABLE idempotency (
  account_id BIGINT NOT NULL,
  idem_key TEXT NOT NULL,
  request TEXT NOT NULL,
  status BIGINT NOT NULL DEFAULT 0,    -- 0 = still being worked on
  body BLOB,
  at BIGINT NOT NULL,
  PRIMARY KEY (account_id, idem_key)
);
CREATE TABLE label (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,       -- lower case, single spaces
  position BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  UNIQUE (account_id, kind, name_key)
);
CREATE TABLE mark (                    -- what the installation's nodes must agree on
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);
CREATE TABLE membership (
  account_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  role TEXT NOT NULL,
  phone TEXT NOT NULL DEFAULT '',
  zone TEXT NOT NULL DEFAULT '',
  signature TEXT NOT NULL DEFAULT '',
  active BOOLEAN NOT NULL DEFAULT TRUE,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, user_id)
);
CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  contact_id BIGINT NOT NULL,
  enrollment_id BIGINT NOT NULL DEFAULT 0,
  plan_id BIGINT NOT NULL DEFAULT 0,
  version_id BIGINT NOT NULL DEFAULT 0,
  run BIGINT NOT NULL DEFAULT 0,
  round BIGINT NOT NULL DEFAULT 0,
  step TEXT NOT NULL DEFAULT '',
  nth BIGINT NOT NULL DEFAULT 0,       -- which text of a dynamic step
  class TEXT NOT NULL,
  channel TEXT NOT NULL,
  status TEXT NOT NULL,
  lane BIGINT NOT NULL DEFAULT 1,
  due_at BIGINT NOT NULL,
  try_at BIGINT,                       -- NULL when nothing is to be done
  lease_until BIGINT NOT NULL DEFAULT 0,
  token BIGINT NOT NULL DEFAULT 0,
  attempts BIGINT NOT NULL DEFAULT 0,
  first_try_at BIGINT,
  spent_before BIGINT NOT NULL DEFAULT 0, -- how long the circuit had been open in all at the first try (ENG-7)
  template_id BIGINT NOT NULL DEFAULT 0,
  content TEXT NOT NULL DEFAULT '',    -- the author's texts of manual, bulk and completion messages
  sender_id BIGINT NOT NULL DEFAULT 0, -- the user it was written by; 0 = by role
  address TEXT NOT NULL DEFAULT '',
  subject TEXT NOT NULL DEFAULT '',
  ref TEXT NOT NULL DEFAULT '',        -- Message-ID
  thread BOOLEAN NOT NULL DEFAULT FALSE,
  carrier TEXT NOT NULL DEFAULT '',
  carrier_id TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '',
  answer TEXT NOT NULL DEFAULT '',     -- the carrier's own words
  created_at BIGINT NOT NULL,
  handed_at BIGINT,
  done_at BIGINT
);
CREATE TABLE message_body (
  message_id BIGINT PRIMARY KEY,
  account_id BIGINT NOT NULL,
  envelope_from TEXT NOT NULL,
  envelope_to TEXT NOT NULL,
  preview TEXT NOT NULL,
  raw BLOB NOT NULL
);
CREATE TABLE operation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  status TEXT NOT NULL,                -- draft, waiting, running, done, cancelled, failed
  params TEXT NOT NULL,
  place TEXT NOT NULL DEFAULT '',      -- how far it has come
  total BIGINT NOT NULL DEFAULT 0,
  done BIGINT NOT NULL DEFAULT 0,
  counts TEXT NOT NULL DEFAULT '{}',
  message TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL DEFAULT '',
  due_at BIGINT,
  lease_until BIGINT NOT NULL DEFAULT 0,
  token BIGINT NOT NULL DEFAULT 0,
  tries BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE TABLE operation_file (
  operation_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  at BIGINT NOT NULL,                  -- where in the file this part begins, in bytes
  body BLOB NOT NULL,
  PRIMARY KEY (operation_id, name, at)
);
CREATE TABLE partner (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  UNIQUE (account_id, email)
);
CREATE TABLE permission (
  account_id BIGINT NOT NULL,
  contact_id BIGINT NOT NULL,
  channel TEXT NOT NULL,
  granted BOOLEAN NOT NULL,
  basis TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (account_id, contact_id, channel)
) WITHOUT ROWID;
CREATE TABLE plan (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  ready BOOLEAN NOT NULL DEFAULT FALSE,
  archived BOOLEAN NOT NULL DEFAULT FALSE,
  version_id BIGINT NOT NULL DEFAULT 0,
  number BIGINT NOT NULL DEFAULT 0,
  next_step BIGINT NOT NULL DEFAULT 1, -- step identities are never reused
  problem TEXT NOT NULL DEFAULT '',    -- what the plan page must show (PLAN-14, ENG-8)
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (account_id, name)
);
CREATE TABLE plan_count (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  plan_id BIGINT NOT NULL,
  active BIGINT NOT NULL DEFAULT 0,
  paused BIGINT NOT NULL DEFAULT 0,
  stopped BIGINT NOT NULL DEFAULT 0,
  completed BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE plan_ref (
  account_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  ref_id BIGINT NOT NULL,
  plan_id BIGINT NOT NULL,
  PRIMARY KEY (account_id, kind, ref_id, plan_id)
);
CREATE TABLE plan_version (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  plan_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  document TEXT NOT NULL,
  refs TEXT NOT NULL,
  private BOOLEAN NOT NULL DEFAULT FALSE,
  author TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
);
CREATE TABLE schema_info (version BIGINT NOT NULL, oldest_program BIGINT NOT NULL);
CREATE TABLE schema_migration (number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL);
CREATE TABLE send_window (
  account_id BIGINT NOT NULL,
  sender TEXT NOT NULL,
  size BIGINT NOT NULL,                -- seconds: 1, 3600, 86400
  start_at BIGINT NOT NULL,
  used BIGINT NOT NULL,
  PRIMARY KEY (account_id, sender, size)
);
CREATE TABLE start_count (
  account_id BIGINT NOT NULL,
  contact_id BIGINT NOT NULL,
  plan_id BIGINT NOT NULL,
  day BIGINT NOT NULL,                 -- days since 1970 UTC
  starts BIGINT NOT NULL,
  PRIMARY KEY (account_id, contact_id, plan_id, day)
);
CREATE TABLE start_rule (
  account_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  ref_id BIGINT NOT NULL,
  event_kind TEXT NOT NULL DEFAULT '',
  plan_id BIGINT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (account_id, kind, ref_id, event_kind, plan_id)
);
CREATE TABLE suppression (
  account_id BIGINT NOT NULL,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  PRIMARY KEY (account_id, channel, address, reason)
);
CREATE TABLE task (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  contact_id BIGINT NOT NULL,
  enrollment_id BIGINT NOT NULL DEFAULT 0,
  run BIGINT NOT NULL DEFAULT 0,
  round BIGINT NOT NULL DEFAULT 0,
  step TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL,                  -- task, contact_reminder, call_reminder
  title TEXT NOT NULL,
  notes TEXT NOT NULL DEFAULT '',
  due_at BIGINT,
  user_id BIGINT NOT NULL DEFAULT 0,
  partner_id BIGINT NOT NULL DEFAULT 0,
  completion_id BIGINT NOT NULL DEFAULT 0, -- template sent to the contact when it is completed
  edited BOOLEAN NOT NULL DEFAULT FALSE,   -- re-timing leaves edited tasks alone (PLAN-13)
  fired BOOLEAN NOT NULL DEFAULT FALSE,    -- its step has fired: it fell due
  status TEXT NOT NULL,                -- open, done
  created_at BIGINT NOT NULL,
  done_at BIGINT,
  done_by TEXT NOT NULL DEFAULT ''
);
CREATE TABLE template (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  channel TEXT NOT NULL,
  subject TEXT NOT NULL DEFAULT '',
  body TEXT NOT NULL DEFAULT '',
  html TEXT NOT NULL DEFAULT '',
  on_empty TEXT NOT NULL DEFAULT 'send', -- send or hold (TPL-2)
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (account_id, name)
);
CREATE INDEX consent_contact ON consent (account_id, contact_id, channel, id);
CREATE INDEX contact_account ON contact (account_id, id);
CREATE INDEX contact_address_contact ON contact_address (account_id, contact_id, kind, position);
CREATE INDEX contact_assigned ON contact (account_id, assigned_id, id);
CREATE INDEX contact_label_label ON contact_label (account_id, label_id, contact_id);
CREATE INDEX contact_name ON contact (account_id, name_key);
CREATE INDEX contact_sort ON contact (account_id, sort_key, id);
CREATE INDEX contact_source ON contact (account_id, source_id, id);
CREATE INDEX contact_stage ON contact (account_id, stage_id, id);
CREATE INDEX enrollment_contact ON enrollment (account_id, contact_id);
CREATE INDEX enrollment_due ON enrollment (account_id, lane, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX enrollment_event ON enrollment (account_id, event_id) WHERE event_id > 0;
CREATE INDEX enrollment_plan ON enrollment (account_id, plan_id, status, id);
CREATE INDEX enrollment_wait ON enrollment (account_id, id) WHERE wait = 'message';
CREATE INDEX event_contact ON event (account_id, contact_id, at);
CREATE INDEX event_group ON event (account_id, group_id, at) WHERE group_id > 0;
CREATE INDEX history_contact ON history (account_id, contact_id, id);
CREATE INDEX history_plan ON history (account_id, plan_id, id);
CREATE INDEX message_contact ON message (account_id, contact_id, id);
CREATE INDEX message_doubt ON message (account_id, id) WHERE status = 'uncertain';
CREATE INDEX message_due ON message (account_id, channel, lane, try_at, id) WHERE try_at IS NOT NULL;
CREATE INDEX message_handing ON message (id) WHERE status = 'handing';
CREATE INDEX message_recent ON message (account_id, contact_id, handed_at) WHERE handed_at IS NOT NULL;
CREATE UNIQUE INDEX message_step ON message (account_id, enrollment_id, run, round, step) WHERE enrollment_id > 0 AND class = 'plan';
CREATE INDEX operation_account ON operation (account_id, id);
CREATE INDEX operation_due ON operation (account_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX plan_count_plan ON plan_count (account_id, plan_id);
CREATE INDEX plan_version_plan ON plan_version (account_id, plan_id, number);
CREATE INDEX task_contact ON task (account_id, contact_id, id);
CREATE INDEX task_open ON task (account_id, user_id, due_at) WHERE status = 'open';
CREATE UNIQUE INDEX task_step ON task (account_id, enrollment_id, run, round, step) WHERE enrollment_id > 0;
INSERT INTO account (id, name, zone, country, phone, email, website, postal, owner_id, settings, rev, created_at) VALUES (1, 'My business', 'UTC', 'US', '', '', '', '', 1, '{"business_hours":{"days":{"fri":["09:00-18:00"],"mon":["09:00-18:00"],"thu":["09:00-18:00"],"tue":["09:00-18:00"],"wed":["09:00-18:00"]}},"caps":[{"channels":["sms","call"],"max":3,"hours":24}],"message_gap_minutes":60,"max_starts_per_day":24,"bcc":{},"limits":{}}', 7, 1795446000000);
INSERT INTO app_user (id, email, first_name, last_name, created_at) VALUES (1, 'owner@example.com', '', '', 1795446000000);
INSERT INTO carrier (account_id, channel, kind, settings, updated_at) VALUES (1, 'email', 'wire', '{}', 1795446000000);
INSERT INTO consent (id, account_id, contact_id, channel, act, basis, wording, method, evidence, author, at, recorded_at) VALUES (1, 1, 1, 'email', 'grant', 'express', '', 'hand', '', 'test', 1795446000000, 1795446000000);
INSERT INTO consent (id, account_id, contact_id, channel, act, basis, wording, method, evidence, author, at, recorded_at) VALUES (2, 1, 2, 'email', 'grant', 'express', '', 'hand', '', 'test', 1795446000000, 1795446000000);
INSERT INTO contact (id, account_id, first_name, last_name, source_id, stage_id, assigned_id, zone, zone_now, language, birthday, street, line2, city, state, zip, country, email, phone, dates, fields, name_key, sort_key, killed, created_at, updated_at, active_at) VALUES (1, 1, 'Ann', '', 0, 1, 0, '', '', '', '', '', '', '', '', '', '', 'ann@example.com', '', '{}', '{}', 'ann', 'ann', 0, 1795446000000, 1795446000000, 0);
INSERT INTO contact (id, account_id, first_name, last_name, source_id, stage_id, assigned_id, zone, zone_now, language, birthday, street, line2, city, state, zip, country, email, phone, dates, fields, name_key, sort_key, killed, created_at, updated_at, active_at) VALUES (2, 1, 'Ann', '', 0, 1, 0, '', '', '', '', '', '', '', '', '', '', 'bob@example.com', '', '{}', '{}', 'ann', 'ann', 0, 1795446000000, 1795446000000, 0);
INSERT INTO contact_address (account_id, kind, address, contact_id, shown, type, position) VALUES (1, 'email', 'ann@example.com', 1, '', '', 0);
INSERT INTO contact_address (account_id, kind, address, contact_id, shown, type, position) VALUES (1, 'email', 'bob@example.com', 2, '', '', 0);
INSERT INTO enrollment (id, account_id, contact_id, plan_id, version_id, event_id, status, holders, run, due_at, wait, lane, state, tries, error, problems, assigned_by, created_at, started_at, ended_at) VALUES (1, 1, 1, 1, 1, 0, 'active', '', 1, 1795618800000, '', 1, '{"b":1795446000000,"s":1795446000000,"r":1,"x":[{"i":"s1","a":1795446000000,"o":"fired"}],"t":{"s1":1}}', 0, '', 0, 1, 1795446000000, 1795446000000, NULL);
INSERT INTO enrollment (id, account_id, contact_id, plan_id, version_id, event_id, status, holders, run, due_at, wait, lane, state, tries, error, problems, assigned_by, created_at, started_at, ended_at) VALUES (2, 1, 2, 1, 1, 0, 'paused', 'person', 1, NULL, '', 1, '{"b":1795446000000,"s":1795446000000,"r":1,"x":[{"i":"s1","a":1795446000000,"o":"fired"}],"p":[{"f":1795446000000}],"t":{"s1":1}}', 0, '', 0, 1, 1795446000000, 1795446000000, NULL);
INSERT INTO guard (account_id, enrollment_id, run, round, step, occurrence) VALUES (1, 1, 1, 1, 's1', 0);
INSERT INTO guard (account_id, enrollment_id, run, round, step, occurrence) VALUES (1, 2, 1, 1, 's1', 0);
INSERT INTO history (id, account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, kind, outcome, reason, due_at, at, author, detail) VALUES (1, 1, 0, 0, 1, 1, 0, 0, '', 'plan', 'created', '', NULL, 1795446000000, 'test', 'version 1');
INSERT INTO history (id, account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, kind, outcome, reason, due_at, at, author, detail) VALUES (2, 1, 0, 0, 1, 1, 0, 0, '', 'plan', 'ready', '', NULL, 1795446000000, 'test', '');
INSERT INTO history (id, account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, kind, outcome, reason, due_at, at, author, detail) VALUES (3, 1, 1, 0, 0, 0, 0, 0, '', 'contact', 'created', '', NULL, 1795446000000, 'test', 'New');
INSERT INTO history (id, account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, kind, outcome, reason, due_at, at, author, detail) VALUES (4, 1, 2, 0, 0, 0, 0, 0, '', 'contact', 'created', '', NULL, 1795446000000, 'test', 'New');
INSERT INTO history (id, account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, kind, outcome, reason, due_at, at, author, detail) VALUES (5, 1, 1, 1, 1, 1, 1, 1, '', 'status', 'active', 'assigned', NULL, 1795446000000, 'test', '');
INSERT INTO history (id, account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, kind, outcome, reason, due_at, at, author, detail) VALUES (6, 1, 2, 2, 1, 1, 1, 1, '', 'status', 'active', 'assigned', NULL, 1795446000000, 'test', '');
INSERT INTO history (id, account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, kind, outcome, reason, due_at, at, author, detail) VALUES (7, 1, 1, 1, 1, 1, 1, 1, 's1', 'step', 'fired', '', 1795446000000, 1795446000000, 'engine', '');
INSERT INTO history (id, account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, kind, outcome, reason, due_at, at, author, detail) VALUES (8, 1, 2, 2, 1, 1, 1, 1, 's1', 'step', 'fired', '', 1795446000000, 1795446000000, 'engine', '');
INSERT INTO history (id, account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, kind, outcome, reason, due_at, at, author, detail) VALUES (9, 1, 2, 2, 1, 1, 1, 1, '', 'status', 'paused', 'command', NULL, 1795446000000, 'test', '');
INSERT INTO label (id, account_id, kind, name, name_key, position, created_at) VALUES (1, 1, 'stage', 'New', 'new', 1, 1795877748141);
INSERT INTO label (id, account_id, kind, name, name_key, position, created_at) VALUES (2, 1, 'stage', 'Attempted', 'attempted', 2, 1795877748141);
INSERT INTO label (id, account_id, kind, name, name_key, position, created_at) VALUES (3, 1, 'stage', 'Working', 'working', 3, 1795877748141);
INSERT INTO label (id, account_id, kind, name, name_key, position, created_at) VALUES (4, 1, 'stage', 'Appointment', 'appointment', 4, 1795877748141);
INSERT INTO label (id, account_id, kind, name, name_key, position, created_at) VALUES (5, 1, 'stage', 'Offer', 'offer', 5, 1795877748141);
INSERT INTO label (id, account_id, kind, name, name_key, position, created_at) VALUES (6, 1, 'stage', 'Under contract', 'under contract', 6, 1795877748141);
INSERT INTO label (id, account_id, kind, name, name_key, position, created_at) VALUES (7, 1, 'stage', 'Closed', 'closed', 7, 1795877748141);
INSERT INTO label (id, account_id, kind, name, name_key, position, created_at) VALUES (8, 1, 'stage', 'Lost', 'lost', 8, 1795877748141);
INSERT INTO label (id, account_id, kind, name, name_key, position, created_at) VALUES (9, 1, 'source', 'Zillow', 'zillow', 1, 1795877748174);
INSERT INTO membership (account_id, user_id, role, phone, zone, signature, active, created_at) VALUES (1, 1, 'owner', '', '', '', 1, 1795446000000);
INSERT INTO message (id, account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, nth, class, channel, status, lane, due_at, try_at, lease_until, token, attempts, first_try_at, spent_before, template_id, content, sender_id, address, subject, ref, thread, carrier, carrier_id, reason, answer, created_at, handed_at, done_at) VALUES (1, 1, 1, 1, 1, 1, 1, 1, 's1', 0, 'plan', 'email', 'accepted', 0, 1795446000000, NULL, 0, 1, 1, 1795446000000, 0, 0, '', 0, 'ann@example.com', 'One', '<1.mwte6w00.1@test>', 0, 'wire', '', '', '250 2.0.0', 1795446000000, 1795446000000, 1795446000000);
INSERT INTO message (id, account_id, contact_id, enrollment_id, plan_id, version_id, run, round, step, nth, class, channel, status, lane, due_at, try_at, lease_until, token, attempts, first_try_at, spent_before, template_id, content, sender_id, address, subject, ref, thread, carrier, carrier_id, reason, answer, created_at, handed_at, done_at) VALUES (2, 1, 2, 2, 1, 1, 1, 1, 's1', 0, 'plan', 'email', 'accepted', 0, 1795446000000, NULL, 0, 1, 1, 1795446000000, 0, 0, '', 0, 'bob@example.com', 'One', '<2.mwte6w00.1@test>', 0, 'wire', '', '', '250 2.0.0', 1795446000000, 1795446000000, 1795446000000);
INSERT INTO message_body (message_id, account_id, envelope_from, envelope_to, preview, raw) VALUES (1, 1, 'owner@example.com', 'ann@example.com', '{"subject":"One","text":"Hello"}', X'48656C6C6F');
INSERT INTO message_body (message_id, account_id, envelope_from, envelope_to, preview, raw) VALUES (2, 1, 'owner@example.com', 'bob@example.com', '{"subject":"One","text":"Hello"}', X'48656C6C6F');
INSERT INTO permission (account_id, contact_id, channel, granted, basis) VALUES (1, 1, 'email', 1, 'express');
INSERT INTO permission (account_id, contact_id, channel, granted, basis) VALUES (1, 2, 'email', 1, 'express');
INSERT INTO plan (id, account_id, name, kind, ready, archived, version_id, number, next_step, problem, created_at, updated_at) VALUES (1, 1, 'Welcome', 'general', 1, 0, 1, 1, 4, '', 1795446000000, 1795446000000);
INSERT INTO plan_count (id, account_id, plan_id, active, paused, stopped, completed) VALUES (1, 1, 1, 2, 0, 0, 0);
INSERT INTO plan_count (id, account_id, plan_id, active, paused, stopped, completed) VALUES (2, 1, 1, -1, 1, 0, 0);
INSERT INTO plan_ref (account_id, kind, ref_id, plan_id) VALUES (1, 'source', 9, 1);
INSERT INTO plan_version (id, account_id, plan_id, number, document, refs, private, author, created_at) VALUES (1, 1, 1, 1, '{"tactus":1,"plan":"Welcome","kind":"general","source":"Zillow","steps":[{"id":"s1","name":"One","action":"send_email","when":"immediately","subject":"One","body":"Hello"},{"id":"s2","name":"Two","action":"send_email","when":"2 days after previous","subject":"Two","body":"Again"},{"id":"s3","name":"Call","action":"create_task","when":"1 day after previous","title":"Call"}]}', '{"sources":{"Zillow":9}}', 0, 'test', 1795446000000);
INSERT INTO schema_info (version, oldest_program) VALUES (1, 1);
INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES (1, '0001_init.sql', '63dcbee93be1dded', 1795877748119);
INSERT INTO start_rule (account_id, kind, ref_id, event_kind, plan_id, since) VALUES (1, 'source', 9, '', 1, 1795446000000);
