-- The flow from feeds to Slack: what was polled, read, matched and told.
-- Rows are only ever added, except in sources and feeds, which mirror the configuration, and in polls, of which the
-- uneventful ones are dropped after some time. Keys are made from content and
-- kept unique by the one writer, not by constraints, so that the same statements run on a file and on DuckLake.

CREATE TABLE schema_migrations (
    version VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE schema_migrations IS 'Which files of sql/ made this archive, and when; the newest row of a version counts';
COMMENT ON COLUMN schema_migrations.version IS 'Name of the file without .sql; views as views/NAME';
COMMENT ON COLUMN schema_migrations.sha256 IS 'SHA-256 of the file as it was applied';

CREATE TABLE archive_identity (
    archive_id UUID NOT NULL,
    generation BIGINT NOT NULL
);
INSERT INTO archive_identity VALUES (gen_random_uuid(), 0);
COMMENT ON TABLE archive_identity IS 'One row: which archive this is, and how far it has come; tells a restored backup';
COMMENT ON COLUMN archive_identity.archive_id IS 'Made with the archive';
COMMENT ON COLUMN archive_identity.generation IS 'How many batches brought something new';

CREATE TABLE sources (
    source_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    country VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    bloc VARCHAR NOT NULL,
    family VARCHAR NOT NULL,
    tier INTEGER NOT NULL,
    declared BOOLEAN NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE sources IS 'Outlets as sources.yaml declares them now; those taken out of it stay, with declared = false';
COMMENT ON COLUMN sources.bloc IS 'Side the outlet speaks from, such as cn_state, ru_exile, western';
COMMENT ON COLUMN sources.family IS 'Publisher group; two outlets of one family count once';
COMMENT ON COLUMN sources.tier IS '1 (agency or paper of record) to 4 (anything else)';
COMMENT ON COLUMN sources.declared IS 'Whether sources.yaml still holds it';
COMMENT ON COLUMN sources.changed_at IS 'When this row last changed';

CREATE TABLE feeds (
    feed_url VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    declared BOOLEAN NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE feeds IS 'Feeds as sources.yaml declares them now; those taken out of it stay, with declared = false';
COMMENT ON COLUMN feeds.feed_url IS 'Address as declared, also after the feed has moved; the key';

CREATE TABLE polls (
    poll_id VARCHAR NOT NULL,
    feed_url VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    polled_at TIMESTAMPTZ NOT NULL,
    outcome VARCHAR NOT NULL,
    status INTEGER,
    entries INTEGER NOT NULL,
    new INTEGER NOT NULL,
    faulty INTEGER NOT NULL,
    bytes BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    parser VARCHAR,
    error VARCHAR,
    next_poll_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE polls IS 'Requests for feeds and what came of them; after 30 days only those with news or another outcome than before';
COMMENT ON COLUMN polls.outcome IS 'new, unchanged (200), not_modified (304 or same body), moved, gone (410), failed, unreadable';
COMMENT ON COLUMN polls.status IS 'HTTP status, NULL where there was no answer';
COMMENT ON COLUMN polls.entries IS 'Entries in the document';
COMMENT ON COLUMN polls.new IS 'Entries not seen before at this feed';
COMMENT ON COLUMN polls.faulty IS 'Items that could not be used';
COMMENT ON COLUMN polls.bytes IS 'Size of the body, after decompression';
COMMENT ON COLUMN polls.error IS 'What went wrong, as a sentence';

CREATE TABLE entries (
    entry_id VARCHAR NOT NULL,
    article_id VARCHAR NOT NULL,
    feed_url VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    title VARCHAR NOT NULL,
    link VARCHAR,
    url VARCHAR,
    guid VARCHAR,
    summary VARCHAR NOT NULL,
    content VARCHAR NOT NULL,
    authors VARCHAR[] NOT NULL,
    published TIMESTAMPTZ,
    updated TIMESTAMPTZ,
    language VARCHAR NOT NULL,
    image_urls VARCHAR[] NOT NULL,
    has_video BOOLEAN NOT NULL,
    first_poll BOOLEAN NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE entries IS 'Items of feeds as first seen; several entries can lead to one article';
COMMENT ON COLUMN entries.seen_at IS 'When we first saw it in the feed';
COMMENT ON COLUMN entries.link IS 'Address as the feed gave it';
COMMENT ON COLUMN entries.url IS 'Canonical address; NULL without a usable link';
COMMENT ON COLUMN entries.summary IS 'Plain text of the feed''s summary';
COMMENT ON COLUMN entries.content IS 'Plain text, where the feed carries the whole article';
COMMENT ON COLUMN entries.published IS 'What the feed says; NULL where it says nothing usable';
COMMENT ON COLUMN entries.language IS 'ISO 639-1 as declared, und where unknown';
COMMENT ON COLUMN entries.first_poll IS 'Was already there when the feed was first asked; archived, not alerted';
COMMENT ON COLUMN entries.recorded_at IS 'When it was loaded into the archive';

CREATE TABLE articles (
    article_id VARCHAR NOT NULL,
    url VARCHAR,
    link VARCHAR,
    source_id VARCHAR NOT NULL,
    published TIMESTAMPTZ,
    seen_at TIMESTAMPTZ NOT NULL,
    first_poll BOOLEAN NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE articles IS 'One row an article, through whatever feeds and addresses it was met; its text is in revisions';
COMMENT ON COLUMN articles.url IS 'Canonical address, for comparing and joining; NULL where the entry had no link';
COMMENT ON COLUMN articles.link IS 'Address that opens the article';
COMMENT ON COLUMN articles.published IS 'What page or feed said when we first read it';
COMMENT ON COLUMN articles.seen_at IS 'When we first saw it in a feed';
COMMENT ON COLUMN articles.recorded_at IS 'When it was loaded into the archive';

CREATE TABLE revisions (
    revision_id VARCHAR NOT NULL,
    article_id VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    text_origin VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    authors VARCHAR[] NOT NULL,
    published TIMESTAMPTZ,
    modified TIMESTAMPTZ,
    site VARCHAR,
    image_urls VARCHAR[] NOT NULL,
    has_video BOOLEAN NOT NULL,
    fetched_at TIMESTAMPTZ NOT NULL,
    page_status VARCHAR NOT NULL,
    warc_file VARCHAR,
    warc_offset BIGINT,
    warc_sha256 VARCHAR,
    extractor VARCHAR NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE revisions IS 'What an article said, each time it said something else';
COMMENT ON COLUMN revisions.text IS 'Paragraphs separated by one newline, without boilerplate';
COMMENT ON COLUMN revisions.text_origin IS 'extracted (exact), skim (rough; the page is on no topic), feed (the feed''s own text; page_status says why)';
COMMENT ON COLUMN revisions.language IS 'ISO 639-1 as detected, und where it could not be told';
COMMENT ON COLUMN revisions.published IS 'What this revision says';
COMMENT ON COLUMN revisions.modified IS 'When the source says it changed the article';
COMMENT ON COLUMN revisions.fetched_at IS 'When we fetched the page';
COMMENT ON COLUMN revisions.page_status IS 'fetched, or why there is no page: paywall, blocked, disallowed, timeout, …';
COMMENT ON COLUMN revisions.warc_file IS 'WARC file with the page as it came, relative to MONITOR_HOME; pages on no topic are deleted after some days';
COMMENT ON COLUMN revisions.warc_offset IS 'Offset of the response record in warc_file';
COMMENT ON COLUMN revisions.warc_sha256 IS 'SHA-256 of the record''s payload';
COMMENT ON COLUMN revisions.extractor IS 'What took the text out, and its version';

CREATE TABLE matches (
    article_id VARCHAR NOT NULL,
    revision_id VARCHAR NOT NULL,
    topic_id VARCHAR NOT NULL,
    score DOUBLE NOT NULL,
    evidence STRUCT(field VARCHAR, start INTEGER, "end" INTEGER, text VARCHAR, alias VARCHAR, entity VARCHAR, rule VARCHAR)[] NOT NULL,
    watchlist_hash VARCHAR NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE matches IS 'Topics that revisions are on, under the watchlist of the time';
COMMENT ON COLUMN matches.evidence IS 'Why: revisions.title or text (field) from start to end, in characters, is text, which the rule knows as alias';
COMMENT ON COLUMN matches.watchlist_hash IS 'The watchlist that was asked';

CREATE TABLE alerts (
    alert_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    channel VARCHAR NOT NULL,
    text VARCHAR NOT NULL,
    blocks VARCHAR NOT NULL,
    article_id VARCHAR,
    topics VARCHAR[] NOT NULL
);
COMMENT ON TABLE alerts IS 'Messages to be told once; where each stands is in alert_status';
COMMENT ON COLUMN alerts.kind IS 'new_article, or operations (trouble of the monitor itself)';
COMMENT ON COLUMN alerts.created_at IS 'When it was queued';
COMMENT ON COLUMN alerts.channel IS 'Slack channel, name or id';
COMMENT ON COLUMN alerts.text IS 'The message as plain text';
COMMENT ON COLUMN alerts.blocks IS 'The message as Block Kit JSON';

CREATE TABLE deliveries (
    alert_id VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    outcome VARCHAR NOT NULL,
    attempt INTEGER NOT NULL,
    channel_id VARCHAR,
    ts VARCHAR,
    error VARCHAR,
    retry_at TIMESTAMPTZ
);
COMMENT ON TABLE deliveries IS 'Events in the life of alerts; the newest of an alert says where it stands';
COMMENT ON COLUMN deliveries.occurred_at IS 'When it happened';
COMMENT ON COLUMN deliveries.outcome IS 'attempted, sent, found (had arrived after all), retry, unclear, rejected, not_sent (no token)';
COMMENT ON COLUMN deliveries.ts IS 'Slack''s timestamp of the message, its id in the channel';
COMMENT ON COLUMN deliveries.retry_at IS 'Not to be tried again before';
