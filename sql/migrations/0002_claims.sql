-- What is said of the watchlist's claims, what is believed of them, and what changed.
-- Rows are only ever added, except in claims, which mirrors the watchlist. What was believed at a moment is the row of
-- beliefs with the latest valid_from up to it, in its newest version; what was known of that at another moment, the
-- same among the rows with recorded_at up to that one: beliefs_on(moment, known).

CREATE TABLE claims (
    claim_id VARCHAR NOT NULL,
    topic_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    statement VARCHAR NOT NULL,
    unit VARCHAR,
    steps VARCHAR[] NOT NULL,
    baseline VARCHAR,
    baseline_as_of DATE,
    baseline_speaker VARCHAR,
    baseline_source VARCHAR,
    min_sources INTEGER NOT NULL,
    tolerance VARCHAR NOT NULL,
    growing BOOLEAN NOT NULL,
    rules_hash VARCHAR NOT NULL,
    declared BOOLEAN NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE claims IS 'Claims as watchlist.yaml declares them now; those taken out of it stay, with declared = false';
COMMENT ON COLUMN claims.claim_id IS 'The id in watchlist.yaml';
COMMENT ON COLUMN claims.topic_id IS 'The topic it belongs to';
COMMENT ON COLUMN claims.kind IS 'quantity, date, status, stance, category, role_holder';
COMMENT ON COLUMN claims.statement IS 'What is claimed, in English where the watchlist says it in English';
COMMENT ON COLUMN claims.unit IS 'Of a quantity: what its numbers are in';
COMMENT ON COLUMN claims.steps IS 'Of a status: the steps of its ladder, from first to last';
COMMENT ON COLUMN claims.baseline IS 'What was known when the claim was written down; a denial reads: not VALUE';
COMMENT ON COLUMN claims.baseline_as_of IS 'The day from which on the baseline is believed';
COMMENT ON COLUMN claims.baseline_speaker IS 'Who said so';
COMMENT ON COLUMN claims.baseline_source IS 'Where that is from';
COMMENT ON COLUMN claims.min_sources IS 'How many independent sources a value needs to be believed';
COMMENT ON COLUMN claims.tolerance IS 'How far numbers may differ and still be the same: a share, or a number in the unit';
COMMENT ON COLUMN claims.growing IS 'Whether it is a count that only ever grows';
COMMENT ON COLUMN claims.rules_hash IS 'All that decides what is believed of it; beliefs are rebuilt when that changes';
COMMENT ON COLUMN claims.declared IS 'Whether watchlist.yaml still holds it';
COMMENT ON COLUMN claims.changed_at IS 'When this row last changed';

CREATE TABLE observations (
    observation_id VARCHAR NOT NULL,
    claim_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    article_id VARCHAR NOT NULL,
    revision_id VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL,
    said_at TIMESTAMPTZ NOT NULL,
    value VARCHAR NOT NULL,
    number DOUBLE,
    number_hi DOUBLE,
    comparator VARCHAR NOT NULL,
    unit VARCHAR,
    aspect VARCHAR,
    previous VARCHAR,
    polarity VARCHAR NOT NULL,
    modality VARCHAR NOT NULL,
    speaker VARCHAR,
    speaker_entity VARCHAR,
    speaker_bloc VARCHAR,
    chain VARCHAR[] NOT NULL,
    field VARCHAR NOT NULL,
    sentence_start INTEGER NOT NULL,
    sentence_end INTEGER NOT NULL,
    sentence VARCHAR NOT NULL,
    marks STRUCT(role VARCHAR, start INTEGER, "end" INTEGER)[] NOT NULL,
    language VARCHAR NOT NULL,
    carried BOOLEAN NOT NULL,
    confidence DOUBLE NOT NULL,
    published TIMESTAMPTZ,
    observed_at TIMESTAMPTZ NOT NULL,
    extractor VARCHAR NOT NULL,
    watchlist_hash VARCHAR NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE observations IS 'What sentences of articles say of claims, and who says it';
COMMENT ON COLUMN observations.kind IS 'Of the claim: quantity, date, status, stance, category, role_holder';
COMMENT ON COLUMN observations.revision_id IS 'The revision of the article that says it';
COMMENT ON COLUMN observations.source_id IS 'The outlet that reports it';
COMMENT ON COLUMN observations.said_at IS 'From when on it counts: when it was published, else seen; what was edited in later, when that was seen';
COMMENT ON COLUMN observations.value IS 'A number in the claim''s unit, an ISO date of whatever precision, the id of a step or stance, values joined by +, a person';
COMMENT ON COLUMN observations.number IS 'Of a quantity: the number, or the lower end of a range';
COMMENT ON COLUMN observations.number_hi IS 'Of a range: the upper end';
COMMENT ON COLUMN observations.comparator IS 'eq, approx, gt (more than), lt (up to), range';
COMMENT ON COLUMN observations.unit IS 'The claim''s unit, into which numbers are converted';
COMMENT ON COLUMN observations.aspect IS 'target, so_far, capacity, actual, contingent; NULL where nothing tells';
COMMENT ON COLUMN observations.previous IS 'The value that is said to be replaced: from 50 to 35';
COMMENT ON COLUMN observations.polarity IS '+ says it, - denies it';
COMMENT ON COLUMN observations.modality IS 'asserted, planned, hedged, conditional, question';
COMMENT ON COLUMN observations.speaker IS 'Who says so, as written; NULL where only the outlet speaks';
COMMENT ON COLUMN observations.speaker_entity IS 'The entity of the watchlist that the speaker is';
COMMENT ON COLUMN observations.speaker_bloc IS 'The side the speaker is on';
COMMENT ON COLUMN observations.chain IS 'Who passed it on, the nearest first';
COMMENT ON COLUMN observations.field IS 'title or text of the revision';
COMMENT ON COLUMN observations.sentence_start IS 'Where in the field the sentence begins, in characters from 0';
COMMENT ON COLUMN observations.sentence_end IS 'Where it ends';
COMMENT ON COLUMN observations.marks IS 'The words of it that decided: their role (value, cue, subject, speaker, polarity, modality, previous) and place in the field';
COMMENT ON COLUMN observations.carried IS 'Whether the subject stands in the title or an earlier sentence';
COMMENT ON COLUMN observations.confidence IS 'From 0 to 1';
COMMENT ON COLUMN observations.published IS 'What the source says';
COMMENT ON COLUMN observations.observed_at IS 'When we had the revision';
COMMENT ON COLUMN observations.extractor IS 'What observed it, and its version';
COMMENT ON COLUMN observations.watchlist_hash IS 'The watchlist that was asked';
COMMENT ON COLUMN observations.recorded_at IS 'When it was loaded into the archive';

CREATE TABLE beliefs (
    belief_id VARCHAR NOT NULL,
    claim_id VARCHAR NOT NULL,
    layer VARCHAR NOT NULL,
    holder VARCHAR NOT NULL,
    believed VARCHAR[] NOT NULL,
    polarity VARCHAR NOT NULL,
    contested BOOLEAN NOT NULL,
    settled BOOLEAN NOT NULL,
    support INTEGER NOT NULL,
    observation_ids VARCHAR[] NOT NULL,
    valid_from TIMESTAMPTZ NOT NULL,
    version INTEGER NOT NULL,
    rebuilt BOOLEAN NOT NULL,
    watchlist_hash VARCHAR NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE beliefs IS 'What was believed from a moment on, until the next row of the same claim, layer and holder';
COMMENT ON COLUMN beliefs.layer IS 'overall, bloc (what a side said last), source (what an outlet said last)';
COMMENT ON COLUMN beliefs.holder IS 'The bloc or the source; empty for overall';
COMMENT ON COLUMN beliefs.believed IS 'The value; several where it is contested; none where the belief was given up';
COMMENT ON COLUMN beliefs.polarity IS '+, or - where the denial of the value is believed';
COMMENT ON COLUMN beliefs.contested IS 'Whether several values stand side by side';
COMMENT ON COLUMN beliefs.settled IS 'Whether enough independent reports support it, or the baseline does; otherwise it only lists what is said';
COMMENT ON COLUMN beliefs.support IS 'Independent reports behind it then; 0 for a baseline';
COMMENT ON COLUMN beliefs.observation_ids IS 'The newest of them';
COMMENT ON COLUMN beliefs.valid_from IS 'When it was published, or seen, what brought it about';
COMMENT ON COLUMN beliefs.version IS 'Counts the accounts of this moment; an article that came in late can change what was believed then';
COMMENT ON COLUMN beliefs.rebuilt IS 'Whether a change of the claim''s rules brought it about, not news';
COMMENT ON COLUMN beliefs.watchlist_hash IS 'The watchlist by which it was decided';
COMMENT ON COLUMN beliefs.recorded_at IS 'When we knew';

CREATE TABLE changes (
    change_id VARCHAR NOT NULL,
    claim_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    layer VARCHAR NOT NULL,
    holder VARCHAR NOT NULL,
    old VARCHAR[] NOT NULL,
    new VARCHAR[] NOT NULL,
    observation_id VARCHAR NOT NULL,
    article_id VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    confirmed INTEGER NOT NULL,
    confirms VARCHAR,
    suppressed VARCHAR,
    watchlist_hash VARCHAR NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE changes IS 'What each observation did to its claim; told where suppressed is NULL';
COMMENT ON COLUMN changes.kind IS 'first_report, value_changed, refined, status_advanced, status_regressed, source_reversed, silent_edit, denial, contradiction, retracted, deleted, reaffirmed';
COMMENT ON COLUMN changes.layer IS 'overall, or whose change it is: bloc, source';
COMMENT ON COLUMN changes.holder IS 'The bloc or the source; empty for overall';
COMMENT ON COLUMN changes.old IS 'What was believed before; a denial reads: not VALUE';
COMMENT ON COLUMN changes.new IS 'What is believed now, or, where suppressed, would be';
COMMENT ON COLUMN changes.observation_id IS 'The observation that brought it about';
COMMENT ON COLUMN changes.occurred_at IS 'When that was published, or seen';
COMMENT ON COLUMN changes.confirmed IS 'Independent sources behind the new value then';
COMMENT ON COLUMN changes.confirms IS 'The change, told before, that a second independent source now confirms';
COMMENT ON COLUMN changes.suppressed IS 'Why nobody was told, as a word; NULL where it was told';
COMMENT ON COLUMN changes.watchlist_hash IS 'The watchlist by which it was decided';
COMMENT ON COLUMN changes.recorded_at IS 'When we knew';

CREATE TABLE withdrawals (
    observation_id VARCHAR NOT NULL,
    claim_id VARCHAR NOT NULL,
    article_id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    withdrawn_at TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);
COMMENT ON TABLE withdrawals IS 'Observations that their outlet took back';
COMMENT ON COLUMN withdrawals.reason IS 'edited (the article says something else now), retracted (it is silent on the claim), deleted';
COMMENT ON COLUMN withdrawals.withdrawn_at IS 'When we saw that';

ALTER TABLE alerts ADD COLUMN claim_id VARCHAR;
ALTER TABLE alerts ADD COLUMN thread_key VARCHAR;
ALTER TABLE alerts ADD COLUMN broadcast BOOLEAN DEFAULT false;
COMMENT ON COLUMN alerts.kind IS 'new_article, claim_change, or operations (trouble of the monitor itself)';
COMMENT ON COLUMN alerts.claim_id IS 'Of a claim_change: the claim';
COMMENT ON COLUMN alerts.thread_key IS 'Alerts of one channel with the same key stand in one Slack thread';
COMMENT ON COLUMN alerts.broadcast IS 'Whether it shows in the channel, too, when it stands in a thread';

CREATE MACRO beliefs_on(moment, known) AS TABLE
SELECT * EXCLUDE (place)
FROM (
    SELECT *, row_number() OVER (PARTITION BY claim_id, layer, holder ORDER BY valid_from DESC, version DESC) AS place
    FROM beliefs
    WHERE valid_from <= moment AND recorded_at <= known
)
WHERE place = 1 AND len(believed) > 0;
COMMENT ON MACRO TABLE beliefs_on IS 'What was believed at a moment, as it was known at another';
