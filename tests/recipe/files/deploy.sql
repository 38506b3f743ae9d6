-- Deploy notes: what the staff want to remember.
BEGIN;
SET LOCAL lock_timeout = '1s';
SET LOCAL search_path = purser;

CREATE TABLE notes (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  name text NOT NULL,
  slug text NOT NULL,
  text text,
  active boolean NOT NULL DEFAULT true,
  deleted_at timestamptz,
  revision bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT notes_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT notes_active_check CHECK (active = (deleted_at IS NULL))
);
CREATE UNIQUE INDEX notes_slug_key ON notes (tenant_id, slug) WHERE active;
CREATE INDEX notes_name_idx ON notes (tenant_id, name, id);
CREATE INDEX notes_created_at_idx ON notes (tenant_id, created_at, id);
CALL secure_tenant_table('notes');

CALL create_program('notes');
GRANT SELECT ON notes TO purser_notes;
GRANT INSERT ON notes TO purser_notes;
GRANT UPDATE ON notes TO purser_notes;

COMMIT;
