"""Replies to a mail of ours as people's mail programs write them: what they quote, and how they introduce it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from newsletter.letters import Letter


@dataclass(frozen=True)
class Menu:
    """The words of a program in one language."""

    wrote: str
    """With day and time, as Gmail has it; `{name}` and `{address}` are the sender's."""
    wrote_plainly: str
    """As Thunderbird has it, without the address."""
    original: str
    head: tuple[str, str, str, str]
    """From, sent, to, subject."""
    phone: str
    outlook: str


MENUS: Mapping[str, Menu] = {
    "be": Menu(
        "пн, 14 кас 2019 г. у 08:00 {name} <{address}> піша:",
        "14.10.2019 08:00, {name} піша:",
        "Зыходнае паведамленне",
        ("Ад", "Адпраўлена", "Каму", "Тэма"),
        "Адпраўлена з iPhone",
        "Спампаваць Outlook для Android",
    ),
    "ru": Menu(
        "пн, 14 окт. 2019 г. в 08:00, {name} <{address}>:",
        "14.10.2019 8:00, {name} пишет:",
        "Исходное сообщение",
        ("От", "Отправлено", "Кому", "Тема"),
        "Отправлено с iPhone",
        "Скачать Outlook для Android",
    ),
    "en": Menu(
        "On Mon, Oct 14, 2019 at 8:00 AM {name} <{address}> wrote:",
        "On 10/14/19 8:00 AM, {name} wrote:",
        "Original Message",
        ("From", "Sent", "To", "Subject"),
        "Sent from my iPhone",
        "Get Outlook for Android",
    ),
}

APPLE = {
    "be": "14 кас 2019 г., у 08:00, {name} <{address}> піша:",
    "ru": "14 окт. 2019 г., в 8:00, {name} <{address}> написал(а):",
    "en": "On Oct 14, 2019, at 8:00 AM, {name} <{address}> wrote:",
}


@dataclass(frozen=True)
class Answer:
    """A reply to be: the writer's words, what they answer, and in which language their program speaks."""

    words: str
    letter: Letter
    name: str
    code: str

    @property
    def menu(self) -> Menu:
        return MENUS[self.code]

    @property
    def note(self) -> str:
        """The note in HTML, as programs quote it; a discreet one has none."""
        whole = self.letter.html or f"<pre>{escape(self.letter.text)}</pre>"
        return whole.partition("<body")[2].partition(">")[2].rpartition("</body>")[0] or whole

    @property
    def quoted(self) -> str:
        return "".join(f"> {line}\n" for line in self.letter.text.splitlines())

    @property
    def lines(self) -> str:
        return escape(self.words).replace("\n", "<br>") or "<br>"

    def said(self, words: str) -> str:
        return words.format(name=self.name, address=self.letter.sender)

    def head(self, lead: str = "", mark: str = "{}") -> str:
        values = (f"{self.name} <{self.letter.sender}>", "14.10.2019 8:00", "anna@example.com", self.letter.subject)
        return "".join(
            f"{lead}{mark.format(key + ':')} {escape(value) if lead else value}\n"
            for key, value in zip(self.menu.head, values, strict=True)
        )


def gmail(one: Answer) -> str:
    said = escape(one.said(one.menu.wrote))
    return (
        f'<div dir="ltr">{one.lines}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" '
        f'class="gmail_attr">{said}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
        f'border-left:1px solid rgb(204,204,204);padding-left:1ex">{one.note}</blockquote></div>'
    )


def gmail_plain(one: Answer) -> str:
    said = one.said(one.menu.wrote).replace("<", "<\n").replace(" г. ", " г.\n")
    return f"{one.words}\n\n{said}\n\n{one.quoted}"


def outlook(one: Answer) -> str:
    head = "<br>".join(one.head(" ", "<b>{}</b>").splitlines())
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta name="Generator" '
        'content="Microsoft Word 15">'
        "<!--[if !mso]><style>v\\:* {behavior:url(#default#VML);}</style><![endif]--><style><!-- p.MsoNormal "
        '{margin:0cm;} --></style></head><body lang="EN-US"><div class="WordSection1"><p class="MsoNormal">'
        f'{one.lines}<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:'
        f'solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">{head}<o:p></o:p></p></div></div>'
        f'<p class="MsoNormal"><o:p>&nbsp;</o:p></p>{one.note}</div></body></html>'
    )


def outlook_phone(one: Answer) -> str:
    head = "<br>".join(one.head(" ", "<b>{}</b>").splitlines())
    return (
        f'<html><head></head><body><div dir="auto">{one.lines}</div><div '
        'id="ms-outlook-mobile-signature"><div><br></div>'
        f'<a href="https://aka.ms/AAb9ysg">{one.menu.outlook}</a></div><hr style="display:inline-block;width:98%">'
        f'<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri">{head}</font></div>{one.note}</body></html>'
    )


def outlook_plain(one: Answer) -> str:
    return f"{one.words}\n\n-----{one.menu.original}-----\n{one.head()}\n{one.letter.text}"


def outlook_ruled(one: Answer) -> str:
    return f"{one.words}\n\n{'_' * 32}\n{one.head()}\n{one.letter.text}"


def apple(one: Answer) -> str:
    said = escape(one.said(APPLE[one.code]))
    return (
        '<html><head><meta http-equiv="content-type"></head><body style="overflow-wrap: break-word;">'
        f'{one.lines}<br id="lineBreakAtBeginningOfMessage"><div><br><blockquote type="cite"><div>{said}</div><br '
        f'class="Apple-interchange-newline"><div>{one.note}</div></blockquote></div><br></body></html>'
    )


def iphone(one: Answer) -> str:
    said = escape(one.said(APPLE[one.code]))
    return (
        f'<html><body dir="auto">{one.lines}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">'
        f"{one.menu.phone}</div>"
        f'<div dir="ltr"><br><blockquote type="cite">{said}<br><br></blockquote></div><blockquote type="cite">'
        f'<div dir="ltr">\ufeff{one.note}</div></blockquote></body></html>'
    )


def iphone_plain(one: Answer) -> str:
    return f"{one.words}\n\n{one.menu.phone}\n\n> {one.said(APPLE[one.code])}\n> \n> \ufeff\n{one.quoted}"


def thunderbird(one: Answer) -> str:
    return (
        f'<html><head></head><body><p>{one.lines}</p><div class="moz-signature">-- <br>Anna Ivanova</div>'
        f'<div class="moz-cite-prefix">{one.said(one.menu.wrote_plainly)}<br></div><blockquote type="cite" '
        f'cite="mid:a@b">{one.note}</blockquote></body></html>'
    )


def thunderbird_plain(one: Answer) -> str:
    return f"{one.words}\n\n{one.said(one.menu.wrote_plainly)}\n{one.quoted}\n-- \nAnna Ivanova\nSome Company"


def mail_ru(one: Answer) -> str:
    said = f"Понедельник, 14 октября 2019, 8:00 +03:00 от {one.name} &lt;{one.letter.sender}&gt;:"
    return (
        f"<HTML><BODY><div>{one.lines}</div><div>&nbsp;</div>"
        "<div data-signature-widget='container'><div>--<br>Анна</div>"
        f'</div><blockquote style="border-left:1px solid #0857A6;margin:10px;padding:0 0 0 10px;">{said}<br>&nbsp;'
        f'<div id="">{one.note}</div></blockquote></BODY></HTML>'
    )


def mail_ru_phone(one: Answer) -> str:
    said = f"понедельник, 14 октября 2019г., 08:00 +0300 от {one.name} &lt;{one.letter.sender}&gt;:"
    phone = "--<br>Отправлено из Mail.ru для Android"
    return f"<div>{one.lines}<br><br>{phone}</div>{said}<br><blockquote>{one.note}</blockquote>"


def yandex(one: Answer) -> str:
    said = f'14.10.2019, 08:00, "{one.name}" &lt;{one.letter.sender}&gt;:'
    return f"<div>{one.lines}</div><div>\xa0</div><div>{said}</div><blockquote><div>{one.note}</div></blockquote>"


def yandex_phone(one: Answer) -> str:
    said = f"14.10.2019, 08:00, {one.name} &lt;<a href='mailto:{one.letter.sender}'>{one.letter.sender}</a>&gt;:"
    return (
        f"<div>{one.lines}</div><br>-- <br>Отправлено из мобильного приложения Яндекс Почты<br><br><div>{said}</div>"
        f"<blockquote>{one.note}</blockquote>"
    )


def yandex_plain(one: Answer) -> str:
    return f'{one.words}\n\n14.10.2019, 08:00, "{one.name}" <{one.letter.sender}>:\n{one.letter.text}'


def yahoo(one: Answer) -> str:
    return (
        f'<html><body><div class="ydp1yahoo-style-wrap"><div dir="ltr">{one.lines}</div></div><div id="yahoo_quoted_1" '
        f'class="yahoo_quoted"><div>On Monday, October 14, 2019 at 08:00:00 AM GMT+3, {one.name} wrote:</div>{one.note}'
        "</div></body></html>"
    )


def proton(one: Answer) -> str:
    return (
        f'<div style="font-family: Arial">{one.lines}</div><div class="protonmail_signature_block"><div '
        'class="protonmail_signature_block-proton">Sent with <a href="https://proton.me/">Proton Mail</a> secure email.'
        f'</div></div><div class="protonmail_quote">{escape(one.said(one.menu.wrote))}<br>'
        f'<blockquote type="cite">{one.note}</blockquote></div>'
    )


def samsung(one: Answer) -> str:
    head = "".join(f"<div>{line}</div>" for line in one.head(" ").splitlines())
    return (
        f'<body dir="auto"><div>{one.lines}</div><div id="composer_signature"><div dir="auto">Sent from my Galaxy</div>'
        f'</div><div align="left"><div>-------- {one.menu.original} --------</div>{head}</div>{one.note}</body>'
    )


def k9(one: Answer) -> str:
    return f"{one.words}\n\n-------- {one.menu.original} --------\n{one.head()}\n{one.quoted}"


def roundcube(one: Answer) -> str:
    said = one.said({"be": "{name} піша 2019-10-14 08:00:", "ru": "{name} писал 2019-10-14 08:00:"}.get(one.code, ""))
    return f"{one.words}\n\n{said or one.said('On 2019-10-14 08:00, {name} wrote:')}\n{one.quoted}"


HTML: tuple[Callable[[Answer], str], ...] = (
    *(gmail, outlook, outlook_phone, apple, iphone, thunderbird, mail_ru, mail_ru_phone, yandex, yandex_phone, yahoo),
    *(proton, samsung),
)
MARKING: tuple[Callable[[Answer], str], ...] = (gmail_plain, iphone_plain, thunderbird_plain, k9, roundcube)
"""Those that put `>` in front of what they quote."""
PLAIN: tuple[Callable[[Answer], str], ...] = (*MARKING, outlook_plain, outlook_ruled, yandex_plain)
