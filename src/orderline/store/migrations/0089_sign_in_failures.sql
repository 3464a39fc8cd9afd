-- Wrong answers when somebody signs in, by the hash of the name that was given, known or not, and of the address it came
-- from. The columns of sign_ins that counted them for names that are known are left to the release before.
CREATE TABLE sign_in_failures (
    cell      integer     NOT NULL,
    subject   bytea       NOT NULL,
    failures  integer     NOT NULL CHECK (failures > 0),
    failed_at timestamptz NOT NULL,
    PRIMARY KEY (cell, subject)
);

CREATE INDEX sign_in_failures_by_time ON sign_in_failures (cell, failed_at);
