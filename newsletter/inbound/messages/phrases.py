"""What servers, auto-responders and filters write for people, in the languages they write it in: lower case, one blank.

Pieces of words serve where a language bends them.  Each line is one language, or one kind of program.  Accents are
taken off, here as in what is read.
"""

from newsletter.inbound.messages.heuristics import plainly


def pieces(lines: str) -> tuple[str, ...]:
    """Return the pieces of a list, a bar or a line between them."""
    return tuple(plainly(phrase) for line in lines.strip().splitlines() for phrase in line.strip().split(" | "))


FAILED = pieces("""
    undeliver | non-deliver | nondeliver | delivery failure | delivery failed | delivery has failed | failed delivery
    failure notice | delivery notification | returned mail | returned e-mail | returning message to sender
    mail failure
    returned to sender | return to sender | could not be delivered | couldn't be delivered | cannot be delivered
    can't be delivered | can not be delivered | was not delivered | wasn't delivered | not be delivered | not delivered
    failed to deliver | not been delivered | unable to deliver | unable to be delivered | could not deliver
    never delivered
    couldn't deliver | not able to deliver | fatal error | permanent error | permanent failure | address not found
    message blocked | was blocked | mail system error | delivery error | delivery problem | failed recipient
    was rejected
    mail failed | failed mail | delivery to the following recipients failed | failed permanently | was aborted
    error has occurred while attempting to deliver | delivery status notification: error
    automatically rejected | recipients did not receive | delivered to all of its recipients
    did not receive this message
    failed to reach | message rejected | did not reach | delivery status notification (failure) | delivery report
    bounced
    didn't reach | was refused by | has been rejected | rejected your message | error sending | mailbox not found
    не доставлен | не было доставлен | не был доставлен | не была доставлен | недоставлен | не удалось достав
    не удалось отправ | не может быть достав | невозможно достав | ошибка достав | ошибка при достав | не удалась достав
    сбой достав | возврат письма | возвращено отправител | отчет о недоставке | отчёт о недоставке
    невозможность достав
    не ўдалося дастав | не удалося дастав | не дастаўл | недастаўл | не было дастаўл | не можа быць дастаўл
    памылка дастаў
    немагчыма дастав | вярнулася
    не вдалося достав | не вдалося надісл | не може бути достав | помилка достав | не доставлено | неможливо достав
    nicht zugestellt | nicht zustellbar | nicht ausgeliefert | unzustellbar | unzustellbarkeit
    zustellung fehlgeschlagen
    zustellfehler | konnte nicht übermittelt | nicht übermittelt | fehlgeschlagen | zurückgewiesen
    nie dostarcz | nie doręcz | nie została dostarcz | nie zostało dostarcz | nie można dostarcz | niedostarcz
    niedoręcz
    zwrot wiadomości | zwrot poczty | nie może zostać dostarcz | nie może być dostarcz | niepowodzenie dostar
    nie powiodło
    non remis | non distribu | n'a pas pu être | n’a pas pu être | échec de la remise | échec de livraison
    échec d'envoi
    no entregado | no se ha podido entregar | no se pudo entregar | no se ha entregado | error de entrega
    mancata consegna | non recapitat | non è stato recapitat | non consegnat | impossibile recapitare
    non è stato possibile
    niet bezorgd | niet afgeleverd | onbestelbaar | niet worden bezorgd | não entreg | não foi entreg | falha na entrega
    nepristatyt | nepavyko pristatyti | nav piegād | neizdevās piegād | ei õnnestunud | nedoruč | doručení se nezdařilo
    kunde inte levereras | kunne ikke leveres | toimitus epäonnistui | kézbesíthetetlen | teslim edilemedi
    配信できません | 退信 | 无法送达 | 投递失败
""")
"""A message came back."""

DELAYED = pieces("""
    will continue to try | will keep trying | will continue trying | will be retried | will retry | will try again
    will try to deliver | will be tried again | keep trying | continue to be attempted | you do not need to resend
    do not need to re-send | don't need to resend | no need to resend | delivery is delayed | delivery has been delayed
    delivery delayed | delayed mail | delayed delivery | message delayed | delay notification | (delay)
    still undelivered
    not yet been delivered | not yet delivered | warning message only | could not send message for past
    still being retried
    delivery attempts will continue | further attempts | will be made to deliver | temporarily delayed
    will be attempted
    продолжит попытки | попытки доставки продолж | попытки будут продолж | доставка задерж | доставка отлож
    попытки доставки будут | будет повтор | спробы дастаўкі | спробы будуць | дастаўка затрым | працягне спроб
    спроби доставки | доставку затрим | доставка затрим | продовжить спроби
    verzögert | verzögerung | weiterhin versuch | weitere zustellversuche | opóźnion | opóźnienie | kolejne próby
    ponawian
    livraison retardée | remise différée | nouvelles tentatives | entrega retrasada | se ha retrasado | vėluoja
""")
"""It is still being tried."""

AUTOMATIC = pieces("""
    out of office | out of the office | out-of-office | automatic reply | automatic response | auto reply | auto-reply
    autoreply | auto response | auto-response | autoresponse | autoresponder | auto-responder | automated reply
    automated response | automatic answer | on vacation | vacation | annual leave | maternity leave | sick leave
    on leave
    away from my | away from the office | i am away | i'm away | on holiday | will be back on | limited access to
    thank you for contacting | thank you for your e-mail | thank you for your email | thank you for your message
    we have received your | your request has been received | ticket has been
    автоответ | автоматический ответ | автоматическое уведомление | автоматическое сообщение | в отпуске | в отпуск
    отсутствую | отсутствия на | нет на месте | нахожусь в командировке | ваше письмо получено | вашего обращения
    аўтаадказ | аўтаматычны адказ | аўтаматычнае паведамленне | у адпачынку | ў адпачынку | у водпуску | ў водпуску
    адсутнічаю | мяне няма
    ваш ліст атрыман | автоматична відповідь | автовідповід | у відпустці | відсутній | відсутня
    abwesen | automatische antwort | automatische rückmeldung | im urlaub | nicht im büro | nicht im haus | außer haus
    autoodpowied | automatyczna odpowied | odpowiedź automatyczna | na urlopie | poza biurem | nieobecn
    réponse automatique | absence du bureau | absent du bureau | en congé | actuellement absent | message d'absence
    automatinis atsak | atostogose | atostogauju | ne biure | automātiskā atbilde | atvaļinājum | automaatvastus
    puhkusel
    respuesta automática | fuera de la oficina | de vacaciones | risposta automatica | fuori ufficio | fuori sede
    resposta automática | automatisch antwoord | afwezig | autosvar | automatiskt svar | automaattinen vastaus
    automatická odpověď | mimo kancelář | automatikus válasz | otomatik yanıt
""")
"""Somebody is away, or a program says that it has got the mail."""

CHALLENGE = pieces("""
    confirm that you are human | confirm you are human | prove you are human | you are not a robot | sender verification
    sender confirmation | challenge/response | challenge-response | boxbe | spam arrest | spamarrest | spamlion
    to have your message delivered | to release your message | get your message delivered | have your message released
    verify your message | confirm your message | approved senders list | to my guest list | my white list | my whitelist
    подтвердите, что вы не робот | подтвердите, что вы человек | подтвердить отправку | пацвердзіце, што вы
    підтвердьте, що ви | bestätigen sie ihre | potwierdź, że jesteś
""")
"""A filter asks the sender to prove that he is a person; a newsletter does not."""

RECEIPTS = (
    "read:",
    "read receipt",
    "return receipt",
    "прочитано:",
    "прачытана:",
    "gelesen:",
    "przeczytano:",
    "lu :",
    "lu:",
)
"""How the subject of a receipt begins."""
