"""Customers over all channels: repeats, first contact resolution, self-care and people.

Formulas: kpis.md, sections 6 to 8. ``final`` figures are of first contacts whose window has
passed, ``provisional`` ones of the others.
"""

from __future__ import annotations

from aggregators.dossiers import customer_facts as f
from aggregators.dossiers.journeys import WINDOWS
from aggregators.facts import UNIDENTIFIED
from aggregators.kpis.sums import Sums
from aggregators.kpis.values import KpiValue, KpiValues, mean_seconds, ratio

TABLE = """
first_contact_resolution {method} {window} {state} | r+ | first contact resolution | taux de résolution au premier contact | no_repeat: handled first contacts with no repeat in the window, no transfer and no escalation / handled first contacts; declared: handled with resolved=true and first of the demand / handled with the flag; perceived: resolution = yes about the first contact of a demand / answers
first_contacts | n. | first contacts | premiers contacts | demands, at the end of their first contact
first_contacts_handled | n. | first contacts handled | premiers contacts traités | first contacts that a person took
repeat_contact_rate {per} {window} {state} | r- | repeat contacts | taux de réitération | contact: contacts that repeat an earlier one / contacts, at their opening; first: first contacts with a repeat / first contacts
repeat_contact_count {after} {window} | n- | repeat contacts by what came before | réitérations selon le contact précédent | contacts that repeat an earlier one which was handled, or unanswered
repeat_pair_count {first} {then} | n- | repeat contacts by channels | réitérations par canaux | contacts that repeat one within 7 d, by the channel of that one and their own
customer_contacts | n. | contacts of known customers | contacts de clients identifiés | inbound contacts with a customer key, at their opening
contacts_per_demand | x- | contacts per demand | contacts par demande | contacts of demands / demands, at the end of the first contact
first_contact_share | r+ | share of first contacts | part des premiers contacts | demands / contacts of demands
multi_touch_share {contacts} | r- | demands with several contacts | demandes à plusieurs contacts | demands with 2, 3, 4 and more contacts / demands
transfers_per_journey | x- | transfers per journey | transferts par parcours | transfers of all contacts of demands / demands
repeat_customers | n- | customers who come back often | clients à rappeler | customers with many contacts (3 by default) within 7 d, one motive, unsolved; at the last of them
unidentified_count | n- | contacts without a customer | contacts sans client identifié | inbound contacts whose first sign has no customer key
containment_confirmed_rate {window} {state} | r+ | confirmed containment | résolution confirmée en selfcare | self-care sessions contained with no contact with a person within the window / ended sessions of known customers
selfcare_to_contact_rate {window} | r- | from self-care to a person | du selfcare au conseiller | contained sessions followed by a contact with a person / contained sessions of known customers
contact_to_selfcare_rate {window} | r. | from a person to self-care | du conseiller au selfcare | handled first contacts followed by a self-care session / handled first contacts
bot_to_human_wait_seconds | s- | wait after the hand-over | attente après le bot | sum of (answered - handed over) / sessions handed over and answered
repeat_satisfaction_gap {contacts} | x- | satisfaction lost per further contact | points perdus par contact de plus | (CSAT x 100 of demands with 1 contact - with k) / (k - 1)
surveys_unknown_contact_count | n- | surveys about unknown contacts | enquêtes sur un contact inconnu | answers that name a contact the customer is not known to have had
"""

_MOST = 4


def values(sums: Sums) -> KpiValues:
    """Return the group."""
    get = sums.get
    contacts, demands, extra = get(f.CONTACTS), get(f.DEMANDS), get(f.EXTRA)
    handled = demands - get(f.UNHANDLED)
    waits = sums.measures.get(f.BOT_WAIT)
    repeats = [get(f.REPEATS + n) for n in range(len(WINDOWS))]
    unanswered = [get(f.AFTER_UNANSWERED + n) for n in range(len(WINDOWS))]
    return {
        "first_contact_resolution": {
            "no_repeat": {name: _conclusive(sums, n) for n, name in enumerate(WINDOWS)},
            "declared": _decided(sums, f.DECLARED, f.DECLARED_NOT_FIRST),
            "perceived": _decided(sums, f.PERCEIVED, f.PERCEIVED_NOT_FIRST),
        },
        "first_contacts": demands,
        "first_contacts_handled": handled,
        "repeat_contact_rate": {
            "contact": {
                name: {"final": ratio(repeats[n], contacts)} for n, name in enumerate(WINDOWS)
            },
            "first": {name: _came_back(sums, n) for n, name in enumerate(WINDOWS)},
        },
        "repeat_contact_count": {
            "handled": {
                name: repeats[n] - unanswered[n] for n, name in enumerate(WINDOWS)
            },
            "unanswered": {name: unanswered[n] for n, name in enumerate(WINDOWS)},
        },
        "repeat_pair_count": _pairs(sums),
        "customer_contacts": contacts,
        "contacts_per_demand": ratio(demands + extra, demands),
        "first_contact_share": ratio(demands, demands + extra),
        "multi_touch_share": {
            name: ratio(get(f.DEMANDS_OF + n), demands) for n, name in enumerate(("2", "3", "4+"))
        },
        "transfers_per_journey": ratio(get(f.TRANSFERS), demands),
        "repeat_customers": get(f.OFTEN),
        "unidentified_count": get(UNIDENTIFIED),
        "containment_confirmed_rate": {
            name: _confirmed(sums, n) for n, name in enumerate(f.SELFCARE_WINDOWS)
        },
        "selfcare_to_contact_rate": {
            name: ratio(get(f.RETURNED + n), get(f.SESSIONS) - get(f.HANDED_OVER))
            for n, name in enumerate(f.SELFCARE_WINDOWS)
        },
        "contact_to_selfcare_rate": {
            name: ratio(get(f.TO_SELFCARE + n), handled)
            for n, name in enumerate(f.SELFCARE_WINDOWS)
        },
        "bot_to_human_wait_seconds": None if waits is None else mean_seconds(waits.sum_ms, waits.n),
        "repeat_satisfaction_gap": {str(k): _gap(sums, k) for k in range(2, _MOST + 1)},
        "surveys_unknown_contact_count": get(f.UNKNOWN_CONTACT),
    }  # fmt: skip


def _conclusive(sums: Sums, n: int) -> KpiValue:
    """Handled first contacts that were conclusive / those handled, final and provisional."""
    get = sums.get
    handled = get(f.DEMANDS) - get(f.UNHANDLED)
    not_so = get(f.NOT_CONCLUSIVE + n)
    final = get(f.final(f.DEMANDS, n)) - get(f.final(f.UNHANDLED, n))
    final_not_so = get(f.final(f.NOT_CONCLUSIVE + n, n))
    return _states(final - final_not_so, final, handled - not_so, handled)


def _came_back(sums: Sums, n: int) -> KpiValue:
    get = sums.get
    part = get(f.final(f.CAME_BACK + n, n))
    whole = get(f.final(f.DEMANDS, n))
    return _states(part, whole, get(f.CAME_BACK + n), get(f.DEMANDS))


def _confirmed(sums: Sums, n: int) -> KpiValue:
    get = sums.get
    ended, left = get(f.SESSIONS), get(f.HANDED_OVER) + get(f.RETURNED + n)
    final = get(f.final_session(f.SESSIONS, n))
    final_left = get(f.final_session(f.HANDED_OVER, n)) + get(f.final_session(f.RETURNED + n, n))
    return _states(final - final_left, final, ended - left, ended)


def _states(final_part: int, final_whole: int, part: int, whole: int) -> KpiValue:
    return {
        "final": ratio(final_part, final_whole),
        "provisional": ratio(part - final_part, whole - final_whole),
    }


def _decided(sums: Sums, whole: int, less: int) -> KpiValue:
    """A figure that no later contact changes: it has no window and is final at once."""
    asked = sums.get(whole)
    return {"none": {"final": ratio(asked - sums.get(less), asked)}}


def _pairs(sums: Sums) -> KpiValue:
    found: dict[str, KpiValue] = {}
    for n, first in enumerate(f.CHANNELS[:-1]):
        row: dict[str, KpiValue] = {}
        for m, then in enumerate(f.CHANNELS[:-1]):
            if count := sums.get(f.PAIR + 8 * n + m):
                row[then] = count
        if row:
            found[first] = row
    return found


def _gap(sums: Sums, k: int) -> float | None:
    """Points of satisfaction lost per further contact; None without answers on both sides."""
    get = sums.get
    one = ratio(get(f.SATISFIED_OF + 1), get(f.ANSWERS_OF + 1))
    several = ratio(get(f.SATISFIED_OF + k), get(f.ANSWERS_OF + k))
    return None if one is None or several is None else 100 * (one - several) / (k - 1)
