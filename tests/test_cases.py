"""The hostile cases of signing in, of sessions and of signing out, and the tests that play each of them.

The numbers are those of the list of hostile inputs that this service is held to: A 1 to 27, B 28 to 37, C 38 to 44.
A name in brackets is the row of a table. A case is only as good as its tests: one that is renamed or gone fails here.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest

TESTS: Final = Path(__file__).parent
FILES: Final = {
    path.stem.removeprefix("test_"): path
    for path in (
        *(TESTS / "auth").glob("test_*.py"),
        *(TESTS / "browser" / name for name in ("test_safety.py", "test_ward.py", "test_cross_site.py")),
        *(TESTS / name for name in ("test_hostile.py", "test_large.py")),
        TESTS / "op" / "test_two_instances.py",
    )
} | {"main_job": TESTS / "test_journey.py"}
"""By the word before the colon below; `journey` is that of tests/auth."""

CASES: Final = r"""
1 | no state, a forged one, another browser's | refused, no session, a line in the trail
  journey: test_a_callback_without_state_is_refused
  journey: test_a_state_that_we_never_gave_is_refused
  journey: test_a_callback_in_another_browser_is_refused
  journey: test_every_refusal_is_recorded
2 | the same callback twice; two tabs at once | the second is refused; both tabs work
  journey: test_a_callback_works_once
  journey: test_two_tabs_sign_in_beside_each_other
  journey: test_two_frames_that_load_at_once_both_come_back_signed_in
  silence: test_pressed_attempts_come_to_an_end
3 | a state that is ten minutes old | the sign-in begins anew once, and not twice
  journey: test_an_attempt_that_comes_back_too_late_begins_anew_once
  journey: test_the_new_attempt_signs_in
4 | an attacker's code in a victim's browser | refused
  hostile: test_an_attackers_callback_signs_no_victim_in
  journey: test_a_planted_copy_of_the_binding_cookie_does_not_help
5 | a code of another client or address | the centre refuses it; a page without details
  journey: test_a_code_that_the_centre_refuses_is_a_refusal
  cas: test_a_ticket_for_another_service_is_refused
6 | an error with a script in its description | a fixed sentence
  hostile: test_a_callback_with_a_parameter_twice_or_an_error_signs_nobody_in
  large: test_what_the_centre_writes_beside_an_error_is_never_shown
7 | `iss` missing or wrong in the answer | refused where it was promised
  journey: test_an_answer_of_another_issuer_is_refused
  journey: test_a_wrong_issuer_is_refused_before_its_error_is_read
8 | metadata whose issuer differs by a slash, by case, by port | no sign-in begins
  journey: test_metadata_that_must_not_be_trusted_starts_no_sign_in
9 | metadata that add `none`, HS256, another token endpoint | our list and the issuer's host win
  claims: test_none_is_refused_even_when_it_is_configured
  journey: test_metadata_that_must_not_be_trusted_starts_no_sign_in
  openid: test_a_token_endpoint_on_another_host_is_never_called
10 | `none`, `NoNe`, an empty signature | refused
  claims: test_an_id_token_is_believed_or_refused_with_its_code [unsigned, spelt otherwise]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [no signature]
11 | HS256 with the public key, or with the secret | refused
  claims: test_an_id_token_is_believed_or_refused_with_its_code [HS256 with a public key as secret]
  hostile: test_a_lie_of_the_centre_ends_without_a_session_and_with_a_number
12 | `jwk`, `jku`, `x5u`, `crit` in the header | not followed
  claims: test_an_id_token_is_believed_or_refused_with_its_code [brings its own key]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [brings the address of its key]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [critical header]
13 | the right kid with the wrong key; no kid; kids twice | refused; tried where they fit
  claims: test_an_id_token_is_believed_or_refused_with_its_code [a stranger's key under a known kid]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [no kid, several keys fit]
  claims: test_no_more_than_four_keys_are_tried_for_a_token_without_kid
14 | keys swapped by somebody in between | TLS stops it; a whole new set is told
  tls: test_a_centre_with_a_certificate_of_nobodys_is_not_believed
  openid: test_a_whole_new_key_set_is_told_to_the_operator
15 | a thousand tokens with random kids | one fetch a minute, for all instances
  journey: test_strange_keys_make_us_ask_once_a_minute_at_most
  openid: test_strange_keys_make_all_instances_together_ask_once_a_minute
16 | a key set of megabytes, ten thousand keys, weak and odd ones | capped, passed over
  openid: test_a_key_set_that_is_no_use_does_not_replace_the_good_one
  claims: test_no_more_than_fifty_keys_are_read
  claims: test_an_id_token_is_believed_or_refused_with_its_code [an RSA key of 1024 bits]
  claims: test_keys_that_cannot_be_used_do_not_spoil_the_others
17 | another audience with our azp; strangers beside us | refused
  claims: test_an_id_token_is_believed_or_refused_with_its_code [for somebody else, azp is us]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [for us and a stranger]
18 | no nonce, another, or none of ours | refused
  claims: test_an_id_token_is_believed_or_refused_with_its_code [no nonce]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [another nonce]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [empty nonce where we forgot ours]
19 | times past, far ahead, of 1970, of another type | a minute of leeway, ten minutes of age
  claims: test_an_id_token_is_believed_or_refused_with_its_code [ended two minutes ago]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [issued long ago]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [ends in the year 9999]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [end is true]
20 | a subject that is empty, long, a list, or holds signs | refused unless printable and short
  claims: test_an_id_token_is_believed_or_refused_with_its_code [empty subject]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [subject of 10 KB]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [subject with a NUL]
  logout: test_another_issuers_session_of_the_same_name_is_not_found
21 | a 工号 that is missing, a number, a list, full-width, in another claim | nobody's
  principal: test_anything_else_is_no_account
  principal: test_no_other_claim_stands_in_for_the_account
22 | an access token, a logout token, an encrypted one as ID token | refused
  claims: test_an_id_token_is_believed_or_refused_with_its_code [an access token]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [a logout token]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [five parts]
23 | a token of megabytes, nested without end, packed | refused unread
  claims: test_an_id_token_is_believed_or_refused_with_its_code [longer than 64 KiB]
  claims: test_an_id_token_is_believed_or_refused_with_its_code [claims nested without end]
24 | a token answer that is a page, a redirect, 5 MB, or drips | a page within the deadline
  openid: test_a_token_answer_that_is_none_ends_with_a_code
  openid: test_a_token_answer_that_drips_ends_within_the_deadline
  cas: test_an_answer_that_is_none_signs_nobody_in
  cas: test_a_server_that_drags_ends_within_the_deadline
  oauth2: test_an_answer_that_is_none_signs_nobody_in
  oauth2: test_a_centre_that_drags_ends_within_the_deadline
25 | `prompt=none` finds nobody, in a frame | the card with its button, no circles
  journey: test_a_silent_attempt_that_finds_nobody_goes_back_without_a_word
  silence: test_silent_attempts_of_one_card_come_to_an_end
  hostile: test_a_frame_whose_cookies_are_blocked_ends_at_the_sign_in_card
26 | measuring how long a comparison takes | secrets are looked up by their hash, or compared in constant time
  journey: test_redis_names_no_state
27 | five hundred sign-ins a second from one address | held back; nobody else notices
  flood: test_an_address_that_sets_out_without_end_is_held_back
  flood: test_all_addresses_together_have_their_measure
28 | a cookie planted before the sign-in | a new id, the old one is over
  session_life: test_a_cookie_from_before_the_sign_in_is_worth_nothing_after_it
  next_person: test_somebody_else_takes_over_at_once
29 | any byte of the cookie changed, swapped, cut off | nobody's, no fault, a line in the trail and no flood of them
  session: test_a_cookie_with_any_byte_changed_is_nobody
  session: test_a_cookie_cut_short_anywhere_is_nobody
  session_life: test_a_session_moved_to_the_other_cookie_is_nobody
  hostile: test_a_session_cookie_with_one_letter_changed_is_no_session
  damaged: test_it_leaves_a_line
  damaged: test_a_card_that_asks_each_minute_leaves_a_line_in_ten
  damaged: test_a_flood_from_everywhere_leaves_thirty_lines_a_minute
  hostile: test_a_damaged_session_cookie_leaves_one_line_in_the_trail
30 | a cookie of the same name from a neighbour; two copies | both ignored
  session: test_two_copies_of_the_cookie_are_nobody
  hostile: test_two_copies_of_the_session_cookie_are_none
  hostile: test_cookies_are_bound_to_our_host_as_far_as_the_address_allows
31 | two hundred cookies, 32 KB of them | 4xx, and ours still counts among many
  large: test_cookies_of_32_kb_are_refused_and_cost_nobody_else_anything
  large: test_ours_is_found_among_two_hundred
32 | a copied cookie after every kind of sign-out | nobody's, on every instance
  logout: test_a_cookie_kept_from_before_a_sign_out_is_worth_nothing
  logout: test_a_logout_token_ends_its_session_on_every_instance
  two_instances: test_a_sign_out_at_the_centre_empties_both_widgets_on_two_instances
33 | a cookie on another instance, and after the keys were rotated | good until its key is dropped
  session: test_another_instance_with_the_same_keys_recognises_the_cookie
  session_life: test_a_new_key_signs_nobody_out_and_seals_the_next_cookie
  session_life: test_a_dropped_key_asks_to_sign_in
34 | more sessions than a person may have | the oldest ends, the trail and its card say why
  session_life: test_the_eleventh_session_ends_the_persons_oldest
  session_life: test_every_instance_knows_why_the_oldest_ended
  main_job: test_whoever_signed_in_too_often_elsewhere_is_told_so
35 | polling | keeps nobody signed in
  session_life: test_cards_that_ask_by_themselves_keep_nobody_signed_in
36 | a form of another site, JSON as text | refused
  journey: test_nobody_else_may_sign_a_person_out
  handover: test_what_is_no_request_is_refused_in_a_word
37 | a session in an address or a Referer | never
  logout: test_a_session_is_in_no_address
  oauth2: test_an_access_token_in_an_address_signs_nobody_in
38 | a logout token a second time | 400, no effect
  logout: test_a_logout_token_works_once_on_all_instances
39 | no event, a nonce, another type, old, for another, unsigned | 400 each
  logout: test_a_bad_logout_token_is_answered_400_and_ends_nothing
  logout_token: test_a_logout_token_is_believed_or_refused_with_its_code
40 | an ID token instead of a logout token | 400
  logout: test_an_id_token_is_no_logout_token
41 | a sid of another issuer; a subject alone | ends what it names, and nothing else
  logout: test_another_issuers_session_of_the_same_name_is_not_found
  logout: test_a_logout_by_subject_ends_all_sessions_of_the_person_and_nobody_elses
42 | ten thousand forged sign-outs a minute | held back; the centre is asked once a minute
  flood: test_forged_sign_outs_drown_neither_the_trail_nor_the_centre
  logout: test_forged_logouts_ask_the_centre_for_its_keys_once_a_minute_at_most
43 | an address to go to after the sign-out | ignored
  logout: test_no_parameter_says_where_a_sign_out_leads
44 | Redis away during a sign-out | over here at once, elsewhere when it is back
  session: test_a_sign_out_without_redis_holds_on_this_instance
  session: test_a_sign_out_reaches_the_other_instances_once_redis_is_back
  logout: test_a_logout_while_redis_is_out_of_reach_holds_here_at_once_and_elsewhere_later
"""


def cases(table: str = CASES) -> list[tuple[str, list[str]]]:
    """Each case, and the tests that play it."""
    found: list[tuple[str, list[str]]] = []
    for line in table.strip().splitlines():
        if line.startswith("  "):
            found[-1][1].append(line.strip())
        else:
            found.append((line, []))
    return found


@cache
def there(path: Path) -> frozenset[str]:
    """The tests of a file, and the texts in it, among which are the names of its tables' rows."""
    tree = ast.parse(path.read_text("utf-8"))
    tests = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    return frozenset(tests | {node.value for node in ast.walk(tree) if _is_text(node)})


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize(("case", "tests"), cases(), ids=[case.split(" | ")[0] for case, _ in cases()])
def test_the_case_is_played(case: str, tests: list[str]) -> None:
    """By tests that are there, under the names that stand here."""
    assert tests, case
    assert [] == missing(tests, FILES)


def missing(tests: list[str], files: Mapping[str, Path]) -> list[tuple[str, str]]:
    """The tests and rows among these that are in no file."""
    named = [(file, part.strip("] ")) for file, _, rest in map(_halves, tests) for part in rest.split(" [")]
    return [(file, name) for file, name in named if name not in there(files[file])]


def _halves(line: str) -> tuple[str, str, str]:
    return line.partition(": ")


def test_no_case_is_left_out() -> None:
    """Forty-four, in their order, each with what is tried and what must come of it."""
    lines = [case.split(" | ") for case, _ in cases()]
    assert [str(number) for number in range(1, 45)] == [parts[0] for parts in lines]
    assert {3} == {len(parts) for parts in lines}
