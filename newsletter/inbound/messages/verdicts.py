"""What servers say of a mailbox in the languages of the world: pieces of words, as `phrases` has them."""

from newsletter.inbound.messages.phrases import pieces

NO_SUCH_ADDRESS = pieces("""
    address not found | address couldn't be found | couldn't be found | could not be found | wasn't found at
    not recognized
    isn't a valid | unknown recipient | unknown to | no matches | does not have a final | domain not found
    no valid recipients
    нет такого пользователя | такого пользователя нет | неверный адрес | неправильный адрес | ящик заблокирован
    учетная запись заблокирована | аккаунт заблокирован | скрыня заблакавана | скриньку заблоковано | адрасата няма
    такога карыстальніка | такого користувача | адресата нет
    unbekannter benutzer | postfach gesperrt | postfach ist gesperrt | konto gesperrt | konto ist gesperrt
    konto zablokowane | konto jest zablokowane | konto nieaktywne | skrzynka zablokowana | brak uzytkownika
    bloccato per inutilizzo | falta de uso | destinataire inconnu | destin. sconosciut
""")
"""There is no such mailbox, in words that are not those of SMTP."""

READER = pieces("""
    @ | account | mailbox | alias
    адрес | ящик | пользовател | получател | абонент | аккаунт | учетн
    адрас | скрын | карыстальнік | атрымальнік | уліков | скриньк | користувач | отримувач | одержувач | обліков
    skrzynk | odbiorc | użytkown | konto | konta | adresat
    adress | empfänger | empfaenger | postfach | benutzer | nutzer | teilnehmer
    destinataire | boîte | utilisateur | compte | direccion | destinatari | buzón | usuario | cuenta | casilla
    indirizzo | casella | utente | destin. | endereço | destinatário | caixa postal | utilizador | a conta
    příjem | uživatel | používateľ | schránk | účet | adres | gavėj | vartotoj | paskyr | dėžut | saņēmēj | lietotāj
    pastkast | konts
    aadress | saaja | kasutaja | postkast | ontvanger | geadresseerde | gebruiker | postvak | brievenbus
    mottagar | användar | brevlåd | modtager | mottaker | bruger | bruker | postkasse
    osoit | vastaanottaj | käyttäj | postilaatik | sähköpostitili | címzett | felhasznál | postafiók | e-mail cím
    kullanıc | posta kutusu | posta adres | destinatar | utilizator | căsuț | потребител | кутия | korisnik | primalac
    用户 | 收件人 | 邮箱 | 地址 | 帐号 | 账号 | 帐户 | 账户 | 用戶 | 帳號 | 使用者 | 收件者 | 信箱 | 郵箱
    宛先 | 受信者 | ユーザ | アドレス | メールボックス | アカウント | 사용자 | 수신자 | 받는 사람 | 주소 | 계정 | 메일함
""")
"""The reader and his mailbox."""

GONE = pieces("""
    не найден | не существу | не зарегистр | неизвест | не известен | нет такого | такого нет | недействит | удален
    не обнаружен | отключен | деактивир | закрыт | неактив | не активен | приостановлен | больше не | не удалось найти
    не значится | не числится | не обслужива | заморожен | аннулирован
    не знойдзен | не існу | не зарэгістр | невядом | няма так | няправільн | выдален | адключан | дэактыв | неактыў
    зачынен | больш не | не абслугоў | не удалося знайсці
    не знайден | не зареєстр | невідом | немає так | видален | вимкнен | деактив | більше не | недійсн | неправильн
    не вдалося знайти
    nie istnieje | nie znalezion | nie odnalezion | nieznan | nie ma takie | nieprawidłow | niepoprawn | błędny adres
    nieaktywn | usunięt | zamknięt | wyłączon | zawieszon | wygas | nieistniej | nie jest już | brak takie
    unbekannt | nicht bekannt | nicht gefunden | existiert nicht | nicht existent | existiert hier nicht
    existiert leider nicht | existiert auf
    nicht vorhanden | ungültig | ungueltig | deaktiviert | inaktiv | nicht aktiv | gibt es nicht | geschlossen
    gelöscht
    geloescht | nicht mehr | abgeschaltet | nicht registriert | nicht verfügbar | nicht eingerichtet
    inconnu | introuvable | n'existe p | inexistant | invalide | désactiv | fermé | supprimé | suspendu | inactif
    n'est plus | n'accepte plus | pas été trouvé | pas valide | non valide | adresse a changé | destinataire a changé
    clôturé | résilié
    aucun utilisateur | pas trouv | non trouv
    no existe | inexistente | no se encontr | no se ha encontrado | no se pudo encontrar | no encontrad | desconocid
    inválida | inválido | no válid | no es válid | inactivo | inactiva | deshabilitad | desactivad | suspendid
    cancelad
    cerrada | eliminad | dada de baja | dado de baja | caducad | no registrad | ya no | no está registrad
    sconosciut | inesistent | non esiste | non trovat | non è stato trovat | impossibile trovare | non valid
    non è valid
    non e' valid | disattivat | disabilitat | sospes | chius | cancellat | rimoss | inattiv | non attiv | non è attiv
    non e' attiv | non è più | non e' più | inutilizz | errat | non presente
    não existe | não encontrad | não foi encontrad | não foi possível encontrar | não foi possível localizar
    desconhecid | desativad | inativ
    inactiv | suspens | encerrad | excluíd | removid | não cadastrad | não é válid | não é mais | desabilitad
    neexist | nenalezen | nenájden | nebyl nalezen | nebol nájden | nebola nájden | neznám | neplatn | zrušen | neaktivn
    deaktivovan | pozastaven | smazán | odstraněn | vymazan | není platn | není znám | již není | už není | nespráv
    neegzist | nerast | nežinom | neteising | neaktyv | ištrint | uždaryt | išjungt | nebegalioj | nebeegzist | negalioj
    neeksist | nav atrast | nezinām | nederīg | neaktīv | dzēst | slēgt | nepareiz
    ei leitud | ei eksisteeri | tundmatu | vigane | kehtetu | suletud | kustutatud
    onbekend | bestaat niet | niet gevonden | ongeldig | uitgeschakeld | opgeheven | gesloten | verwijderd | inactief
    niet bestaand | bestaat hier | gedeactiveerd | niet meer | niet actief
    okänd | ukendt | ukjent | finns inte | finnes ikke | findes ikke | finns ej | eksisterer ikke | existerar inte
    hittades inte | kunde inte hittas | ikke fundet | ikke funnet | ogiltig | ugyldig | avslutad | deaktiver | avaktiver
    inaktiver | borttag | slettet | ikke længere | inte längre | ikke lenger | nedlagt | stängt
    tuntemat | ei ole olemassa | ei löydy | ei löyty | virheellinen | suljettu | poistettu | ei ole enää | ei ole käytös
    nem létez | ismeretlen | nem található | érvénytelen | megszűnt | törölt | nu există | necunoscut | dezactivat
    bulunamad | mevcut değil | geçersiz | bilinmeyen | kapatıl | devre dışı | silinmiş | kullanıcı yok | не съществува
    ne postoji | nepoznat | nije pronađen | непознат | невалид
    不存在 | 未开通 | 未開通 | 无此 | 無此 | 没有此 | 沒有此 | 没有这个 | 找不到 | 无效 | 無效 | 停用 | 注销 | 禁用
    已关闭 | 已關閉
    已冻结 | 冻结 | 未注册 | 未註冊 | 未激活 | 已删除 | 存在しな | 存在しま | 見つかりません | 見つからない | 不明
    無効 | 削除され
    解約 | 登録されてい | 登録がありません | 使われて | 退職 | 존재하지 않 | 없는 | 찾을 수 없 | 알 수 없 | 휴면
    탈퇴 | 해지
    유효하지 않 | 비활성 | 삭제된
""")
"""What is said of a reader who is none, or none any more."""

MAILBOX_IS_FULL = pieces("""
    mailbox is full | inbox is full | mailfolder is full | out of space | disk quota | over their quota
    storage is full
    переполнен | превышена квота | превышен лимит ящика | недостаточно места | нет места | нет свободного места
    превысил квоту | перапоўнен | запоўнен | перавышана квота | бракуе месца | няма месца
    переповнен | перевищено квоту | немає місця | заповнен | недостатньо місця
    postfach voll | postfach ist voll | ist voll | mailbox voll | quota überschritten | speicherplatz | kontingent
    speichervolumen | speichergrenze
    przepełnion | jest pełna | skrzynka pełna | brak miejsca | boîte pleine | est pleine | quota dépassé
    buzón lleno | está lleno | está llena | casella piena | è piena | e' piena | postvak vol | is vol | zit vol
    caixa cheia | está cheia | caixa postal cheia | perpildyt | pārpildīt | je plná | přeplněn
    är full | er fuld | on täynnä | megtelt | betelt
    空间不足 | 空間不足 | 已满 | 已滿 | 容量不足 | 容量超過 | がいっぱい | が一杯 | 가득 | 용량 초과 | 용량이 초과
""")
"""The mailbox takes no more for now."""

MAILBOX = pieces("""
    mailbox | quota | account
    ящик | квот | объем | скрын | скриньк | skrzynk | limit miejsca | konto | postfach | speicher | boîte
    buzón | casilla | cuota | cuenta | casella | caixa | cota | schránk | dėžut | kvot | pastkast | postvak | brievenbus
    brevlåd | postkasse | innboks | postilaatik | kiintiö | postafiók | kota | posta kutusu
    邮箱 | 信箱 | 郵箱 | 容量 | メールボックス | 메일함 | 용량
""")
"""What can be full."""

FULL = pieces("""
    заполнен | полон | исчерпан | превышен | запоўнен | поўная | перавышан | вичерпан | повна | перевищен
    zapełnion | pełne | pełna | przekroczon | überschritten | ueberschritten | ausgeschöpft | ausgeschoepft | erschöpft
    pleine | dépass | saturé | llena | lleno | excedid | superad | agotad | sin espacio | piena | superat | esaurit
    cheia | excedeu | lotada | esgotad | sem espaço | překročen | prekročen | plná | virsyt | viršyt | pilna | pārsniegt
    overschreden | överskrid | overskred | ylitet | ylitty | täynnä | túllép | doldu | dolu | aşıldı
    满 | 滿 | 超出 | 超過 | 超过 | いっぱい | 초과
""")
"""What is said of a mailbox that takes no more."""

ANOTHER = pieces("""
    sender | from your | reverse | unknown error | unknown reason
    отправител | отправки | адпраўшчык | адпраўнік | відправник | ваш адрес | ваш ip | ip-адрес | ip адрес | ваш сервер
    неизвестная ошибка | неизвестной ошибк | невядомая памылка | невідома помилка | возможно | если | магчыма | якщо
    nadawc | adres ip | nieznany błąd | nieznanego bł | jeśli | absender | ip-adress | ihre adresse | unbekannter fehler
    unbekannte fehler | unbekannten fehler | falls
    expéditeur | émetteur | adresse ip | votre adresse | erreur inconnue | remitente | dirección ip | error desconocido
    mittente | indirizzo ip | errore sconosciut | remetente | endereço ip | erro desconhecid
    odesílatel | odosielateľ | ip adres | neznámá chyba | neznáma chyba | siuntėj | sūtītāj | saatja | tundmatu viga
    afzender | ip-adres | onbekende fout | avsändar | afsender | avsender | okänt fel | okänd fel | ukendt fejl
    ukjent feil
    lähettäj | feladó | gönderen | gönderici | bilinmeyen hata | ismeretlen hiba | tuntematon virhe
    соединени | злучэнн | з'єднан | połączeni | verbindung | connexion | conexión | connessione | conexão | spojení
    verbinding | anslutning | forbindelse | yhteys | bağlantı | 连接 | 接続 | 연결
    временно | часова | тимчасов | tymczasow | chwilowo | vorübergehend | voruebergehend | derzeit | zurzeit | momentan
    temporal | temporaire | temporane | dočasn | laikin | tijdelijk | tillfällig | midlertidig | 暂时 | 暫時 | 一時
    일시
    发件人 | 发信人 | 寄件 | 未知错误 | ip地址 | 送信者 | 差出人 | 送信元 | 不明なエラー | 보낸 사람 | 발신자
    알 수 없는 오류
""")
"""A sentence is not about the reader, or not for good, or only guesses."""

REFUSED = pieces("""
    not accepting mail from | could be spam | as spam | политик | похоже на спам | похожи на спам | подозрени | спам
    палітык | політик | спаму | richtlinie | abgelehnt wegen | jako spam | polityk | indésirable | pourriel | no deseado
    expéditeur invalide | émetteur invalide | émetteur inconnu | absender abgelehnt | rejeitada por | 垃圾邮件
    垃圾郵件
    迷惑メール | 스팸
""")
"""It is the sender, or how the mail looks, that a server does not want."""
