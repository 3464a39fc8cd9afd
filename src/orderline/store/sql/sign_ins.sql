-- find_sign_in --
-- What somebody signs in with.
SELECT name, password_hash, totp_secret, totp_step, language
  FROM sign_ins
 WHERE cell = %(cell)s
   AND user_id = %(user)s

-- name_user --
-- The name people read; whoever has none yet can't sign in before a password is set.
INSERT INTO sign_ins (cell, user_id, name, password_hash, totp_secret, totp_step, failures)
VALUES (%(cell)s, %(user)s, %(name)s, '', '', 0, 0)
    ON CONFLICT (cell, user_id) DO UPDATE SET name = excluded.name
RETURNING user_id

-- name_once --
-- The name people read, where there is none yet.
INSERT INTO sign_ins (cell, user_id, name, password_hash, totp_secret, totp_step, failures)
VALUES (%(cell)s, %(user)s, %(name)s, '', '', 0, 0)
    ON CONFLICT (cell, user_id) DO NOTHING
RETURNING user_id

-- insert_link --
-- A link by which somebody sets a password, once.
INSERT INTO sign_in_links (cell, hash, user_id, ends_at)
VALUES (%(cell)s, %(hash)s, %(user)s, %(ends_at)s)
RETURNING user_id

-- find_link --
-- Whose link it is, while it holds.
SELECT l.user_id, s.name
  FROM sign_in_links AS l
  JOIN sign_ins AS s
    ON s.cell = l.cell
   AND s.user_id = l.user_id
 WHERE l.cell = %(cell)s
   AND l.hash = %(hash)s
   AND l.ends_at > %(now)s

-- set_password --
-- By a link, which is used up with all others of the person; sessions that are open end.
WITH used AS (DELETE FROM sign_in_links
               WHERE cell = %(cell)s
                 AND user_id = (SELECT user_id FROM sign_in_links
                                 WHERE cell = %(cell)s AND hash = %(hash)s AND ends_at > %(now)s)
              RETURNING user_id, hash),
     ended AS (DELETE FROM sessions
                WHERE cell = %(cell)s
                  AND user_id IN (SELECT user_id FROM used WHERE hash = %(hash)s))
UPDATE sign_ins
   SET password_hash = %(password_hash)s, totp_secret = '', totp_step = 0
 WHERE cell = %(cell)s
   AND user_id IN (SELECT user_id FROM used WHERE hash = %(hash)s)
RETURNING user_id

-- find_failures --
-- Wrong answers in a row, and the last of them.
SELECT subject, failures, failed_at
  FROM sign_in_failures
 WHERE cell = %(cell)s
   AND subject = ANY(%(subjects)s::bytea[])
   AND failed_at > %(oldest)s

-- note_failure --
-- One wrong answer more; what is long over goes.
WITH over AS (DELETE FROM sign_in_failures
               WHERE cell = %(cell)s
                 AND subject IN (SELECT subject
                                   FROM sign_in_failures
                                  WHERE cell = %(cell)s
                                    AND failed_at <= %(oldest)s
                                    AND subject <> ALL(%(subjects)s::bytea[])
                                  LIMIT 100
                                    FOR UPDATE SKIP LOCKED))
INSERT INTO sign_in_failures AS f (cell, subject, failures, failed_at)
SELECT %(cell)s, t.subject, 1, %(now)s
  FROM unnest(%(subjects)s::bytea[]) AS t (subject)
 ORDER BY t.subject
    ON CONFLICT (cell, subject) DO UPDATE
   SET failures = CASE WHEN f.failed_at > %(oldest)s THEN f.failures + 1 ELSE 1 END,
       failed_at = excluded.failed_at
RETURNING subject

-- take_step --
-- A code of a second factor is taken once: whoever saw it typed can't use it again.
UPDATE sign_ins
   SET totp_step = %(step)s
 WHERE cell = %(cell)s
   AND user_id = %(user)s
   AND totp_step < %(step)s
RETURNING user_id

-- forget_failures --
-- The right answer was given.
DELETE FROM sign_in_failures
 WHERE cell = %(cell)s
   AND subject = ANY(%(subjects)s::bytea[])
RETURNING subject

-- set_totp --
-- A second factor, or none.
UPDATE sign_ins
   SET totp_secret = %(secret)s, totp_step = %(step)s
 WHERE cell = %(cell)s
   AND user_id = %(user)s
RETURNING user_id

-- set_language --
-- The language of pages, or that of the browser.
UPDATE sign_ins
   SET language = %(language)s
 WHERE cell = %(cell)s
   AND user_id = %(user)s
RETURNING user_id

-- insert_session --
-- Somebody has signed in; what is long over goes.
WITH over AS (DELETE FROM sessions
               WHERE cell = %(cell)s
                 AND (created_at < %(oldest)s OR seen_at < %(idle)s))
INSERT INTO sessions (cell, hash, user_id, created_at, seen_at)
VALUES (%(cell)s, %(hash)s, %(user)s, %(now)s, %(now)s)
RETURNING user_id

-- find_session --
-- Whose session it is, while it holds.
SELECT e.user_id, s.name, e.seen_at, s.totp_secret <> '', s.language
  FROM sessions AS e
  JOIN sign_ins AS s
    ON s.cell = e.cell
   AND s.user_id = e.user_id
 WHERE e.cell = %(cell)s
   AND e.hash = %(hash)s
   AND e.created_at >= %(oldest)s
   AND e.seen_at >= %(idle)s

-- see_session --
-- It is in use.
UPDATE sessions
   SET seen_at = %(now)s
 WHERE cell = %(cell)s
   AND hash = %(hash)s
RETURNING user_id

-- end_session --
-- Signed out.
DELETE FROM sessions
 WHERE cell = %(cell)s
   AND hash = %(hash)s
RETURNING user_id
