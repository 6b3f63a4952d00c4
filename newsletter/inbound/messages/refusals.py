"""How people say that they do not want it, or that it was not they who asked, in the languages they say it in."""

from newsletter.inbound.messages.spelling import listed, words_of

MOST_WORDS = 60
"""Words of an angry answer; what is longer is written by a machine, or needs no guess of ours."""

FEW = 8
"""Words among which a single one says it all."""


def _phrases(lines: str) -> tuple[str, ...]:
    # A star stands for any ending.
    found = (phrase.strip() for line in lines.strip().splitlines() for phrase in line.split("|"))
    return tuple(f" {' '.join(words_of(phrase))}" + ("" if phrase.endswith("*") else " ") for phrase in found if phrase)


REFUSALS = _phrases("""
    unsubscribe* | remove me | not me | wasn't me | wasnt me | didn't ask | did not ask | never asked | didn't request
    did not request | didn't subscribe | did not subscribe | never subscribed | didn't sign up | did not sign up
    do not want | don't want | dont want | not interested | leave me alone | don't write | do not write | opt out
    don't send | do not send | stop sending | stop writing | stop it | take me off | delete my address
    не я | адпісацца | адпішыце | адпішы | адпісвай* | не трэба | не хачу | не прасі* | не пішы* | не дасыла*
    не падпісва* | не падпішу* | спыніце | спыні | прыбярыце | выдаліце | адчапіцеся | не замаўля* | не цікавіць
    отписать* | отпишите | отпиши | отписывай* | не надо | не нужно | не нужен | не хочу | не просил* | не пишите
    не пиши | не присыла* | не шлите | не подписывал* | не подпишу* | прекратите | перестаньте | уберите | удалите
    отстаньте | не заказывал* | не интересует | не отправляйте | не интересно
    відписа* | відпишіть | не треба | не потрібно | не просив* | не пишіть | не надсила* | не підписув* | припиніть
    приберіть | видаліть | не цікавить
    nie ja | nie chcę | nie prosi* | wypisz* | wypisać | nie zapisywa* | nie zamawia* | rezygnuję | proszę usunąć
    usuńcie | nie piszcie | to nie byłem | to nie byłam | przestańcie
    ne aš | nenoriu | neprašiau | neužsisak* | atsisakau | išbraukite | nerašykite | atsisakyti | nevēlos | tas nebiju
    neprasīju | atrakst* | ei soovi | mina ei | nechci | odhlás* | nebyl jsem | nežádal*
    abmelden | abbestell* | nicht ich | war ich nicht | kein interesse | nicht angemeldet | keine mails | nicht bestellt
    désabonn* | désinscri* | pas moi | non merci | veux pas | jamais demandé | rien demandé
    no quiero | no fui yo | darme de baja | non voglio | non sono stato | non sono stata | cancellatemi | niet ik
    afmelden | uitschrijven | não quero | não fui eu
""")

SINGLE = listed("""
    stop stopp cancel remove delete spam
    спам стоп адмена адмяніць спыніць адмовіцца адмаўляюся выдаліць
    отмена отменить отменяю хватит удалить отказ отказываюсь прекратить
    відміна скасувати usuń usunąć baja
    """)
"""Enough by themselves where little else is said."""

NO = listed("no nope never не ні нет никогда ніколі nie nein non nej nei nee ne nē ei não")
"""Enough where nothing else is said but a courtesy."""

COURTESIES = listed(
    "thanks thank you please дзякуй калі ласка спасибо пожалуйста дякую dziękuję proszę ačiū danke bitte merci"
)

SIGNS = frozenset("👎❌🛑🚫⛔🖕✖❎")


def refuses(text: str) -> bool:
    """Say whether a short text of somebody's own is a refusal."""
    words = words_of(text)
    if len(words) > MOST_WORDS:
        return False
    spoken = f" {' '.join(words)} "
    few = len(words) <= FEW and (not SINGLE.isdisjoint(words) or not SIGNS.isdisjoint(text))
    denied = not NO.isdisjoint(words) and set(words) <= NO | COURTESIES
    return few or denied or any(phrase in spoken for phrase in REFUSALS)
