-- One text for both databases. {id} is a 64-bit identity made by the database, {blob} bytes, {key} text that is compared
-- byte by byte, so that a prefix is a range of an index.
-- Instants are BIGINT milliseconds UTC; documents are JSON in TEXT; names of kinds and statuses are TEXT, for ever.
-- Every key besides the row ids leads with the account (ENG-15).

CREATE TABLE account (
  id {id},
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

CREATE TABLE mark (                    -- what the installation's nodes must agree on
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE app_user (
  id {id},
  email TEXT NOT NULL UNIQUE,
  first_name TEXT NOT NULL DEFAULT '',
  last_name TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
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

CREATE TABLE partner (
  id {id},
  account_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  UNIQUE (account_id, email)
);

CREATE TABLE api_key (
  id {id},
  account_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL,
  scopes TEXT NOT NULL DEFAULT '[]',
  user_id BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT
);

-- Labels of one account; kind is stage, tag, source or group. Names are unique without regard to case.
CREATE TABLE label (
  id {id},
  account_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key {key} NOT NULL,       -- lower case, single spaces
  position BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  UNIQUE (account_id, kind, name_key)
);

CREATE TABLE contact (
  id {id},
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
  name_key {key} NOT NULL DEFAULT '',  -- "ann lee", for search
  sort_key {key} NOT NULL DEFAULT '',  -- "lee ann", for search and order
  killed BOOLEAN NOT NULL DEFAULT FALSE, -- the person's own kill switch (CMP-2)
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  active_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX contact_account ON contact (account_id, id);
CREATE INDEX contact_stage ON contact (account_id, stage_id, id);
CREATE INDEX contact_source ON contact (account_id, source_id, id);
CREATE INDEX contact_assigned ON contact (account_id, assigned_id, id);
CREATE INDEX contact_name ON contact (account_id, name_key);
CREATE INDEX contact_sort ON contact (account_id, sort_key, id);

-- Emails and phones; kind is email or phone, address is normalised, shown is as entered.
CREATE TABLE contact_address (
  account_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  address {key} NOT NULL,
  contact_id BIGINT NOT NULL,
  shown TEXT NOT NULL DEFAULT '',
  type TEXT NOT NULL DEFAULT '',
  position BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, kind, address, contact_id)
);
CREATE INDEX contact_address_contact ON contact_address (account_id, contact_id, kind, position);

-- Tags and groups of contacts (label_id names one of either kind).
CREATE TABLE contact_label (
  account_id BIGINT NOT NULL,
  contact_id BIGINT NOT NULL,
  label_id BIGINT NOT NULL,
  PRIMARY KEY (account_id, contact_id, label_id)
){norowid};
CREATE INDEX contact_label_label ON contact_label (account_id, label_id, contact_id);

-- The consent ledger: append-only (CMP-1).
CREATE TABLE consent (
  id {id},
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
CREATE INDEX consent_contact ON consent (account_id, contact_id, channel, id);

-- The current state, derived from the ledger in the same transaction.
CREATE TABLE permission (
  account_id BIGINT NOT NULL,
  contact_id BIGINT NOT NULL,
  channel TEXT NOT NULL,
  granted BOOLEAN NOT NULL,
  basis TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (account_id, contact_id, channel)
){norowid};

-- What must not be written to, by address: opt_out, bounce, complaint, do_not_contact. Outlives the contact (PLAN-26).
CREATE TABLE suppression (
  account_id BIGINT NOT NULL,
  channel TEXT NOT NULL,
  address {key} NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  PRIMARY KEY (account_id, channel, address, reason)
);

CREATE TABLE template (
  id {id},
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

CREATE TABLE plan (
  id {id},
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

CREATE TABLE plan_version (
  id {id},
  account_id BIGINT NOT NULL,
  plan_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  document TEXT NOT NULL,
  refs TEXT NOT NULL,
  private BOOLEAN NOT NULL DEFAULT FALSE,
  author TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL
);
CREATE INDEX plan_version_plan ON plan_version (account_id, plan_id, number);

-- What a live version names, so that it cannot be deleted (PLAN-20): kind is stage, tag, template, user, plan …
CREATE TABLE plan_ref (
  account_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  ref_id BIGINT NOT NULL,
  plan_id BIGINT NOT NULL,
  PRIMARY KEY (account_id, kind, ref_id, plan_id)
);

-- Start rules of ready plans (PLAN-4): kind is source, tag, stage, group or event; event rules name a kind of event.
CREATE TABLE start_rule (
  account_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  ref_id BIGINT NOT NULL,
  event_kind TEXT NOT NULL DEFAULT '',
  plan_id BIGINT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (account_id, kind, ref_id, event_kind, plan_id)
);

CREATE TABLE event (
  id {id},
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
CREATE INDEX event_contact ON event (account_id, contact_id, at);
CREATE INDEX event_group ON event (account_id, group_id, at) WHERE group_id > 0;

-- The enrollment row is the timer (ENG-1): an active one is due, or names what it waits for.
CREATE TABLE enrollment (
  id {id},
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
CREATE INDEX enrollment_due ON enrollment (account_id, lane, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX enrollment_wait ON enrollment (account_id, id) WHERE wait = 'message';
CREATE INDEX enrollment_contact ON enrollment (account_id, contact_id);
CREATE INDEX enrollment_plan ON enrollment (account_id, plan_id, status, id);
CREATE INDEX enrollment_event ON enrollment (account_id, event_id) WHERE event_id > 0;

-- ENG-2 and DEC-4: the guard that makes a second firing impossible; removed when the run has ended.
CREATE TABLE guard (
  account_id BIGINT NOT NULL,
  enrollment_id BIGINT NOT NULL,
  run BIGINT NOT NULL,
  round BIGINT NOT NULL,
  step TEXT NOT NULL,
  occurrence BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, enrollment_id, run, round, step, occurrence)
){norowid};

-- Append-only: every firing, skip, failure, command and its author, and the rest of a contact's timeline (ENG-14, CON-6).
CREATE TABLE history (
  id {id},
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
CREATE INDEX history_contact ON history (account_id, contact_id, id);
CREATE INDEX history_plan ON history (account_id, plan_id, id);

-- DEC-11: counts are deltas, folded later into one row a plan.
CREATE TABLE plan_count (
  id {id},
  account_id BIGINT NOT NULL,
  plan_id BIGINT NOT NULL,
  active BIGINT NOT NULL DEFAULT 0,
  paused BIGINT NOT NULL DEFAULT 0,
  stopped BIGINT NOT NULL DEFAULT 0,
  completed BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX plan_count_plan ON plan_count (account_id, plan_id);

-- PLAN-14: starts per contact, plan and day, against circles that arise at run time.
CREATE TABLE start_count (
  account_id BIGINT NOT NULL,
  contact_id BIGINT NOT NULL,
  plan_id BIGINT NOT NULL,
  day BIGINT NOT NULL,                 -- days since 1970 UTC
  starts BIGINT NOT NULL,
  PRIMARY KEY (account_id, contact_id, plan_id, day)
);

-- The outbox (ENG-4). class: plan, completion, manual, bulk, copy, notice.
-- status: ready -> handing -> accepted | refused | failed | uncertain; ready <- handing on a retry; ready -> withdrawn.
CREATE TABLE message (
  id {id},
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
CREATE UNIQUE INDEX message_step ON message (account_id, enrollment_id, run, round, step) WHERE enrollment_id > 0 AND class = 'plan';
CREATE INDEX message_due ON message (account_id, channel, lane, try_at, id) WHERE try_at IS NOT NULL;
-- No index holds the lease or the token: claiming stays a cheap update on PostgreSQL. Those being handed over are few.
CREATE INDEX message_handing ON message (id) WHERE status = 'handing';
CREATE INDEX message_contact ON message (account_id, contact_id, id);
CREATE INDEX message_recent ON message (account_id, contact_id, handed_at) WHERE handed_at IS NOT NULL; -- caps and gaps
CREATE INDEX message_doubt ON message (account_id, id) WHERE status = 'uncertain';

-- The bytes as first handed over; every retry sends them again (PLAN-26).
CREATE TABLE message_body (
  message_id BIGINT PRIMARY KEY,
  account_id BIGINT NOT NULL,
  envelope_from TEXT NOT NULL,
  envelope_to TEXT NOT NULL,
  preview TEXT NOT NULL,
  raw {blob} NOT NULL
);

CREATE TABLE task (
  id {id},
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
CREATE INDEX task_contact ON task (account_id, contact_id, id);
CREATE UNIQUE INDEX task_step ON task (account_id, enrollment_id, run, round, step) WHERE enrollment_id > 0;
CREATE INDEX task_open ON task (account_id, user_id, due_at) WHERE status = 'open';

-- Bulk commands, imports: long work with progress, resumed by whoever gets the lease (ENG-11, ENG-12).
CREATE TABLE operation (
  id {id},
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
CREATE INDEX operation_due ON operation (account_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX operation_account ON operation (account_id, id);

-- What an operation works on or leaves behind: the uploaded file, refused rows.
CREATE TABLE operation_file (
  operation_id BIGINT NOT NULL,
  account_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  at BIGINT NOT NULL,                  -- where in the file this part begins, in bytes
  body {blob} NOT NULL,
  PRIMARY KEY (operation_id, name, at)
);

-- Carriers of an account, one per channel; without a row the sandbox carries.
CREATE TABLE carrier (
  account_id BIGINT NOT NULL,
  channel TEXT NOT NULL,
  kind TEXT NOT NULL,
  settings TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, channel)
);

-- ENG-7: a carrier that keeps failing opens a circuit for the account and channel.
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

-- EMAIL-6: tokens of a sender or domain per window.
CREATE TABLE send_window (
  account_id BIGINT NOT NULL,
  sender TEXT NOT NULL,
  size BIGINT NOT NULL,                -- seconds: 1, 3600, 86400
  start_at BIGINT NOT NULL,
  used BIGINT NOT NULL,
  PRIMARY KEY (account_id, sender, size)
);

CREATE TABLE idempotency (
  account_id BIGINT NOT NULL,
  idem_key TEXT NOT NULL,
  request TEXT NOT NULL,
  status BIGINT NOT NULL DEFAULT 0,    -- 0 = still being worked on
  body {blob},
  at BIGINT NOT NULL,
  PRIMARY KEY (account_id, idem_key)
);
