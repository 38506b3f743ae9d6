-- What each role may reach, as a list to be read: grants.psql equals the catalogue. Members have
-- what their groups have. `./dev generate` writes the list anew: read what it changed.
\ir fixture.psql
SELECT plan(2);

CREATE TEMP TABLE manifest (n int GENERATED ALWAYS AS IDENTITY, line text);
\ir grants.psql

\ir granted.psql

SELECT is_empty('SELECT line AS "granted, not listed" FROM granted EXCEPT SELECT line FROM manifest',
  'nothing is granted that is not listed');
SELECT is_empty('SELECT line AS "listed, not granted" FROM manifest EXCEPT SELECT line FROM granted',
  'nothing is listed that is not granted');

SELECT * FROM finish();
ROLLBACK;
