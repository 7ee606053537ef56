-- What each outlet says of each claim now, those who say otherwise than is believed first.
SELECT claim_id AS claim, value, is_believed, outlet, outlet_bloc, speaker, since, last_said, sentence, link
FROM who_still_says
ORDER BY claim, is_believed, value, last_said DESC;
