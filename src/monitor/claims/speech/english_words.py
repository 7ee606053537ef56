"""Words that English attribution goes by, other than its verbs. Data; nothing here decides."""

from monitor.claims.speech.sayings import Stand
from monitor.claims.speech.verbs import word_set

PRONOUNS: dict[str, Stand] = {
    "he": "person", "she": "person", "him": "person", "her": "person", "it": "thing", "they": "many", "them": "many",
}  # fmt: skip
SELF = word_set(
    "i we you me us that this which what there these those nobody none one who whoever has have had also later"
)
"""What stands where a subject stands and names nobody else."""

# -- subjects that are no people --------------------------------------------------------------------------------------

FACTS = word_set("""
    data figure figures number numbers image images footage video videos photo photos evidence statistics picture
    pictures map maps chart poll polls
""")
"""What shows something without anybody's saying so, unless it is somebody's: "data from the ministry"."""
PAPERS = word_set("""
    statement documents document press transcript readout notice communique communiqué post letter memo report reports
    study survey review analysis tally
""")
"""What is somebody's word, where it is told whose: "a statement from the airline"."""
TEXTS = FACTS | word_set("""
    report reports study survey surveys research documents document investigation assessment analysis review index
    estimate estimates record records census it they tracker intelligence
""")
"""What shows, finds and indicates."""
NO_SOURCE = word_set("""
    scenario plan plans law laws rules rule schedule tradition type size need needs age custom calendar legislation
    constitution script taste design
""")
"""What one acts according to, and nobody who says anything."""
CLAIM_NOUNS = word_set("""
    claim claims assertion statement announcement warning prediction forecast estimate promise pledge report
    assessment
    allegation admission insistence denial
""")
"""Nouns with a clause of what is said: "Kyiv's claim that"."""
RUMOUR = word_set("rumour rumours rumor rumors speculation reports allegations")

# -- around the verb --------------------------------------------------------------------------------------------------

APART = word_set("while although though after before whereas when")
"""Conjunctions with which the narrator speaks again: "X said A, while B"."""
READINGS = word_set("underline underscore highlight show indicate suggest confirm signal imply record find")
"""Verbs whose participle at the end of a sentence is the narrator's reading: "…, underlining his support"."""
HEARD = word_set("""
    said reported believed thought expected estimated alleged predicted forecast projected claimed suspected feared
    anticipated assumed reckoned
""")
"""Passives of nobody in particular: "is expected to open"."""
NEGATIONS = word_set("not n't n’t never neither nor")
REFUSALS = word_set("decline declined declines declining refuse refused refuses refusing fail failed fails stopped")
ACTED = word_set("went continued seemed appeared goes")
"""Verbs before an infinitive of saying that was said all the same: "went on to say"."""
ORDERS = word_set("tell warn write caution remark")
"""Verbs that order with a bare infinitive: "told them to leave"."""
PRESUPPOSES = word_set("explain detail describe outline")
"""Verbs that take for granted what an embedded question holds: "explain how they avoid the draft"."""
QUESTIONS = word_set("how why which what who whom whose when where")
ISSUED = word_set("published released issued compiled obtained made posted")
"""Participles after a paper that tell whose it is: "a report published by the ministry"."""

# -- headlines --------------------------------------------------------------------------------------------------------

LABELS = word_set("""
    war live watch video exclusive analysis opinion breaking update updates news crisis explained explainer briefing
    review listen photos pictures gallery interview comment editorial podcast factbox timeline profile q&a report
    conflict talks summit election elections latest today politics business sport football world cup covid
    coronavirus pandemic markets weather invasion attack attacks offensive economy sanctions deal exercise exercises
    breakingviews note notes source sources photo read more vs v related advertisement tv online links
    league cup games awards open prix festival final finals championship series tour week day night
    thing things investigation special feature deaths total result results population capacity date time place where
    when what
    why how who background context key points day part chapter section question answer subject re correction
""")
"""What stands before a colon and says nothing."""
ROLES = word_set("""
    minister ministry official officials spokesman spokeswoman spokesperson source sources report reports analyst
    analysts police president government governor mayor agency media expert experts army military un envoy survey poll
    study premier pm regulator court union adviser economist economists mp ambassador chief diplomat lawmaker
    lawmakers
    data paper newspaper
""")
"""What a headline names as its source in lower case."""
COUNTRIES = word_set("""
    afghanistan albania algeria argentina armenia australia austria azerbaijan bangladesh belarus belgium bolivia
    bosnia
    brazil britain bulgaria cambodia cameroon canada chile china colombia congo croatia cuba cyprus denmark ecuador
    egypt
    england estonia ethiopia europe finland france georgia germany ghana greece guatemala haiti hungary iceland india
    indonesia iran iraq ireland israel italy jamaica japan jordan kazakhstan kenya kosovo kuwait kyrgyzstan laos
    latvia
    lebanon libya lithuania malaysia mali mexico moldova mongolia montenegro morocco mozambique myanmar nepal
    netherlands
    nicaragua niger nigeria norway oman pakistan palestine panama peru philippines poland portugal qatar romania
    russia
    rwanda scotland senegal serbia singapore slovakia slovenia somalia spain sudan sweden switzerland syria taiwan
    tajikistan tanzania thailand tunisia turkey turkmenistan uganda uk ukraine us usa uruguay uzbekistan venezuela
    vietnam wales yemen zambia zimbabwe africa asia america antarctica facebook twitter instagram patreon youtube
""")
"""Places (and sites) are what a headline is about where they stand before its colon; nobody's names."""
