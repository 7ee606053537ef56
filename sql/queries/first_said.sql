-- Who first said each value of each claim, and who followed.
SELECT claim_id AS claim, said, outlet, outlet_bloc, speaker, first_said, behind_first, articles, sentence, link
FROM who_said
ORDER BY claim, said, first_said, outlet;
