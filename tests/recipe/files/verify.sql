-- Verify notes.
BEGIN;
SET LOCAL search_path = purser;

SELECT tenant_id, id, name, slug, text, active, deleted_at, revision, created_at, updated_at
  FROM notes WHERE false;

ROLLBACK;
