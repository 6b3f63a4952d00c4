"""Whether an answer to "please confirm" says yes: by no word at all, or by a few that mean nothing else.

Somebody else may have asked in the writer's name, and what answers may be a machine: what is not surely a yes is none.
"""

from newsletter.inbound.messages.spelling import listed, phrases, words_of

MOST_WORDS = 6
"""Words of a yes, however warm; a name and a greeting are not counted."""

YES = listed("""
    yes yep yeah yup y ok okay okey confirm confirmed confirming subscribe subscribed please thanks thx sure
    agree agreed accept correct absolutely
    так ага добра пацвярджаю пацверджана пацвердзіць згодны згодная згода хачу падпісацца дзякуй дзякую
    падпіска няхай вядома канешне безумоўна окей правільна жадаю
    да ок окей хорошо ладно подтверждаю подтверждено подтвердить согласен согласна хочу подписаться
    пожалуйста спасибо конечно давайте подписка верно плюс угу желаю обязательно
    підтверджую підтверджено гаразд добре згоден згодна хочу підписатися дякую авжеж звісно
    tak potwierdzam potwierdzone zgoda dobrze proszę dziękuję chcę jasne
    taip patvirtinu gerai sutinku noriu prašau ačiū jā apstiprinu labi piekrītu lūdzu paldies
    jah kinnitan palun aitäh nõus ano potvrzuji souhlasím prosím děkuji áno potvrdzujem súhlasím
    ja bestätige bestätigt gerne bitte danke einverstanden oui confirme merci sí si confirmo gracias sì
    grazie confermo sim obrigado obrigada jag bekräftar tack kyllä kiitos bevestig akkoord
    """)
PHRASES = phrases("""
    it was me | yes it was me | it's me | sign me up | count me in | i'm in | go ahead | of course | i do | i want
    i confirm | i agree | thank you | all right
    калі ласка | так і ёсць | усё правільна | гэта я | гэта быў я | гэта была я | падпішыце мяне
    все правильно | все верно | это я | это был я | это была я | подпишите меня | конечно да
    будь ласка | це я | це був я | це була я | підпишіть мене
    to ja | das war ich | ich bestätige | c'est moi | s'il vous plaît | d'accord | por favor | per favore
""")
CLOSINGS = phrases("""
    best regards | kind regards | with best regards | regards | best wishes | sincerely | cheers
    з павагай | з павагаю | з найлепшымі пажаданнямі | с уважением | с наилучшими пожеланиями | з повагою
    pozdrawiam | z poważaniem | pagarbiai | ar cieņu | lugupidamisega | s pozdravem | mit freundlichen grüßen
    viele grüße | cordialement | saludos | cordiali saluti | met vriendelijke groet
""")
GREETINGS = phrases("""
    hello | hi | dear | good day | good morning | good evening
    добры дзень | добры вечар | добрай раніцы | вітаю | прывітанне | здароў
    добрый день | добрый вечер | доброе утро | здравствуйте | привет | добрий день | вітання
    dzień dobry | cześć | hallo | guten tag | bonjour | labas | laba diena
""")
SIGNS = frozenset(" .,!;:()+…\"'«»“”„’-–—*_^♥❤🩷👍👌✅✔☑🙏🙂😊😀😉🤝💪🎉💯🫡🏻🏼🏽🏾🏿🤍💚💙💛🆗🙌👏")
"""What may stand around a yes: no question mark, for who asks has not decided."""
DASHES = frozenset("-–—")
"""Alone, they say no to some."""


def says_yes(text: str, writer: str) -> bool:
    """Say whether what somebody wrote of their own is nothing, or a short yes; `writer`: their name as in From."""
    signs = {char for char in text if not char.isalpha() and not char.isspace()}
    if signs - SIGNS or (text and signs <= DASHES and not words_of(text)):
        return False
    spelled = f" {' '.join(words_of(text))} "
    greets = any(phrase in spelled for phrase in GREETINGS)  # and what comes then, we have not been told
    for phrase in CLOSINGS + GREETINGS:
        spelled = spelled.replace(phrase, " ", 1)
    for phrase in PHRASES:
        spelled = spelled.replace(phrase, " yes ")
    left = [word for word in spelled.split() if word not in words_of(writer)]
    return len(left) <= MOST_WORDS and YES.issuperset(left) and bool(left or not greets)
