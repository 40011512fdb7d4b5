"""Name the mistake behind a wrong answer: one that is known, two at once, or what sets it apart from the right one.

A name is given only to an answer that does on every input what the name says.
"""

import itertools
import math

import torch

from .exercise import Mistake
from .mistakes import GENERAL, LACKS, TO_A_GIVEN_NUMBER, TO_A_RESULT, bits, names, of_arguments, sign, tens
from .trials import agree, alike, attempt, equal, flat, run, same, tensor
from .words import ORDINALS


# functions
def of_function(exercise, trials):
    """The mistake of an answer that failed on some of these inputs."""
    usual = [trial for trial in trials if not trial.edge]
    failing = any(trial.failure for trial in usual)
    if {trial.failure[0] for trial in trials if trial.failure} == {"graph"}:
        return Mistake(
            "its numbers leave torch's graph (detach, item, numpy, a list of floats): nothing can learn from it"
        )
    for tried in (trials, usual) if failing else (trials,):
        if mistake := _known(exercise, tried):
            return mistake
    if exercise.holds:
        return _of_a_condition(exercise, trials)
    if mistake := _fact(exercise, trials, usual, precise=True):
        return mistake
    for tried in (trials, usual) if failing else (trials,):
        if mistake := _general(exercise, tried):
            return mistake
    return _fact(exercise, trials, usual, precise=False)


def _does(exercise, function, trials):
    """Whether a function does what the answer did, on every input."""
    ordered = sorted(trials, key=lambda trial: trial.failure is None)
    if not all(alike(t.result, run(function, t.case, exercise.gradient), exercise, t.case) for t in ordered):
        return False
    return not exercise.holds or all(attempt(exercise, function, t.case).missed == t.missed for t in ordered)


def _known(exercise, trials):
    right = exercise.answer
    return next((m for m in exercise.mistakes if _does(exercise, m.of(right), trials)), None)


def _both(first, second):
    return Mistake(f"{first.said}; and {second.said}", first.section or second.section)


def _general(exercise, trials):
    """One general mistake, or two at once, the exercise's own among them."""
    failed = [
        t for t in trials if t.failure and not isinstance(t.result, str) and isinstance(t.result[0], torch.Tensor)
    ]
    if not failed or {t.failure[0] for t in trials if t.failure} <= {"gradient"}:
        return None
    probe = max(failed, key=lambda t: (t.wide, t.result[0].numel()))
    got = probe.result[0].double()
    flat_got, finite = got.flatten(), got.isfinite().flatten()
    place = int(finite.int().argmax()) if finite.any() else None  # one number is looked at before all are
    here = flat_got[place].item() if finite.any() else 0
    room = 1e-5 * (1 + flat_got[finite].abs().max().item() if finite.any() else 1)

    def fits(value):
        if not isinstance(value, torch.Tensor) or value.shape != got.shape:
            return False
        if place is not None and not abs(value.reshape(-1)[place].item() - here) <= room:
            return False
        off = (value.double() - got).abs()
        return bool(((off <= room) | (value == got) | (value.isnan() & got.isnan())).all())

    def value_of(function):
        try:
            return tensor(function(*probe.case))
        except Exception:
            return None

    def changes(value):
        """The general mistakes that turn this value into the answer's."""
        for mistake, change in zip(GENERAL, TO_A_RESULT.values(), strict=True):
            try:
                if fits(change(value)):
                    yield mistake
            except (RuntimeError, IndexError, TypeError, AttributeError):
                continue

    right, own = exercise.answer, exercise.mistakes
    rightly = value_of(right)
    if not isinstance(rightly, torch.Tensor) or _are_whole([t.right[0] for t in trials if t.right]):
        return None  # of a few whole numbers, much agrees by chance

    def candidates():
        yield from ((m, m.spoil(right)) for m in changes(rightly))
        values = []
        for mistake in of_arguments(right, [trial.case for trial in trials]):
            function = mistake.spoil(right)
            value = value_of(function)
            if isinstance(value, torch.Tensor) and not same(value, rightly):  # else it changes nothing here
                values.append((mistake, function, value))
                if fits(value):
                    yield mistake, function
        if not any(trial.failure for trial in trials if not trial.edge):
            return  # two at once would show on ordinary inputs too
        general = [mistake for mistake, _, _ in values]
        for mistake in own:
            function = mistake.of(right)
            value = value_of(function)
            if value is None:
                continue
            yield from ((_both(mistake, m), m.spoil(function)) for m in changes(value))
            for other in itertools.chain((m for m in own if m.spoil and m.said != mistake.said), general):
                twice = other.spoil(function)
                if fits(value_of(twice)):
                    yield _both(mistake, other), twice
        for mistake, function, value in values:
            yield from ((_both(mistake, m), m.spoil(function)) for m in changes(value))

    return next((mistake for mistake, function in candidates() if _does(exercise, function, trials)), None)


def _are_whole(values):
    values = [v for v in values if isinstance(v, torch.Tensor)]
    return all(not v.is_floating_point() or bool((v == v.round()).all()) for v in values)


def _of_a_condition(exercise, trials):
    """An open exercise has no one right answer: what is missing is the name."""
    missed = {trial.failure[1] for trial in trials if trial.failure and trial.failure[0] != "exception"}
    if not missed:
        return _of_an_exception(trials)
    said = next(condition.said for condition in exercise.holds if condition.said in missed)
    return Mistake(f"one of the {len(exercise.holds)} things asked for is not so: {said}")


def _of_an_exception(trials):
    said = next((t.result for t in trials if isinstance(t.result, str)), None)
    if said is None:
        return None
    return next((Mistake(name) for words, name in EXCEPTIONS.items() if words in said), None)


EXCEPTIONS = {
    "changed in place": "it changes its input, which belongs to the one who called",
    "positional argument": "it does not take the arguments that the exercise gives it",
    "is not defined": "it uses a name that is not defined: run the cell that makes it, or import it",
    "must match the size of tensor": "the shapes of two tensors do not fit together",
    "only one element tensors": "a tensor of several numbers is used where Python wants one: take torch's function",
    "Boolean value of Tensor": "`if` is asked about many numbers at once: take torch.where",
    "can only be converted to Python scalars": "a tensor of several numbers is used where Python wants one",
    "must be real number, not Tensor": "a function of math is given a tensor: take torch's",
    "must be Tensor, not": "a function of torch is given a number: make it a tensor, or take math's",
    "math domain error": "a function of math is asked for a value that it does not have, such as log(0)",
    "math range error": "a function of math overflows: that number is too large for it",
    "division by zero": "it divides by 0",
    "does not require grad": "what it differentiates has left torch's graph",
    "Can't call numpy() on Tensor that requires grad": "numpy has no gradient: stay with torch",
    "out of range": "it asks for an element that is not there",
    "out of bounds": "it asks for an element that is not there",
}


def _fact(exercise, trials, usual, precise):
    """What is seen on every input: first what says it all, then, not `precise`, where it is right and where not."""
    if any(isinstance(trial.result, str) for trial in trials):
        return _of_an_exception(trials)
    seen = [t for t in trials if t.right is not None]
    kinds = {trial.failure[0] for trial in seen if trial.failure}
    if kinds == {"gradient"}:
        return _of_a_gradient(seen) if not precise else None
    values = [(t, t.result[0], t.right[0]) for t in seen]
    if not all(isinstance(v, torch.Tensor) and isinstance(r, torch.Tensor) for _, v, r in values):
        return Mistake("it returns nothing: `return` is missing") if all(v is None for _, v, _ in values) else None
    facts = (
        (_lacks, _constant, _precision) if precise else (_relation, _only_edges, _choice, _where, _which_cases, _shape)
    )
    return next(filter(None, (fact(exercise, values, usual) for fact in facts)), None)


def _of_a_gradient(trials):
    failed = [t for t in trials if t.failure]
    if all(t.result[1].isfinite().all() and not t.result[1].any() for t in failed):
        return Mistake("the value is right and the gradient is 0: it goes through a step, or is cut off")
    if any(t.result[1].isnan().any() for t in failed):
        return Mistake("the value is right and the gradient is nan somewhere: a branch that is not taken has no slope")
    return Mistake("the value is right and the gradient is not: a part of it is detached, or cut off")


def _lacks(exercise, values, usual):
    if all(v.shape == r.shape for _, v, r in values) and any(
        v.numel() > 1 and not v.isfinite().all() for _, v, _ in values
    ):
        return None
    for said, change in LACKS:
        try:
            if all((w := change(v)).shape == r.shape and agree(w, r, exercise, t.case) for t, v, r in values):
                return Mistake(said)
        except (RuntimeError, IndexError):
            continue
    return None


def _constant(exercise, values, usual):
    first, right = values[0][1:]
    one = all(v.shape == first.shape and torch.equal(v.double(), first.double()) for _, v, _ in values)
    if one and not all(r.shape == right.shape and torch.equal(r, right) for _, _, r in values):
        return Mistake("it gives the same for every input: a number is written in where a formula is asked for")
    return None


def _off(v, r):
    """How far a value is from the right one, as a share of it; inf where one of them is no number."""
    off = (v.double() - r.double()).abs() / r.double().abs().clamp(min=1e-12)
    return torch.where((v == r) | (v.isnan() & r.isnan()), 0.0, off).nan_to_num(math.inf)


def _precision(exercise, values, usual):
    if any(v.shape != r.shape for _, v, r in values):
        return None
    if any(t.failure for t, _, _ in values if not t.wide):
        return None
    if all(_off(v, r).max() < 2e-5 for t, v, r in values if t.wide and v.numel()):
        return Mistake("it is right to five digits only: somewhere a number is rounded, or a small one is added")
    return None


CONSTANTS = {
    "-1: a sign": -1.0,
    "1/ln 2: bits in place of nats": 1 / math.log(2),
    "ln 2: bits taken for nats": math.log(2),
    "1/ln 10: a base-10 logarithm?": 1 / math.log(10),
    "ln 10: a base-10 logarithm?": math.log(10),
    "a half": 0.5,
    "a quarter": 0.25,
    "a third": 1 / 3,
}


def _relation(exercise, values, usual):
    """Always the right number times, or plus, the same."""
    if any(v.shape != r.shape for _, v, r in values):
        return None
    pairs = [(v, r) for _, v, r in values if v.isfinite().all() and r.isfinite().all()]
    if len(pairs) < len(values) / 2:
        return None
    v, r = (torch.cat([x.double().flatten() for x in each]) for each in zip(*pairs, strict=True))
    large = r.abs() > 1e-3 * r.abs().max()
    if large.sum() < 4:
        return None
    for quantity, said, start in (((v / r)[large], "times", 1), (v - r, "plus", 0)):
        middle = quantity.median().item()
        if abs(middle - start) > 1e-2 and (quantity - middle).abs().max() < 1e-3 * abs(middle):
            called = next((n for n, c in CONSTANTS.items() if math.isclose(c, middle, rel_tol=1e-3)), None)
            end = f" ({called})" if called and said == "times" else ""
            return Mistake(f"yours is the right one {said} {middle:.4g}{end}")
    return None


def _only_edges(exercise, values, usual):
    """Right on ordinary inputs: what happens at the others?"""
    ordinary = {id(t) for t in usual}
    if any(t.failure for t, _, _ in values if id(t) in ordinary):
        return None
    got = torch.cat([v.double().flatten() for t, v, _ in values if t.failure])
    if got.isnan().any():
        end = "it gives nan, as 0 · inf, inf - inf and 0/0 do"
    elif got.isinf().any():
        end = "something overflows, or a logarithm of 0 is taken"
    else:
        end = "digits are lost, or something is cut off"
    return Mistake(f"right for ordinary numbers; for extreme ones {end}")


def _choice(exercise, values, usual):
    """Of answers that choose among a few whole numbers: which one is not recognised?"""
    if not _are_whole([r for _, _, r in values]) or any(v.shape != r.shape for _, v, r in values):
        return None
    v, r = (torch.cat([x.double().flatten() for x in each]) for each in list(zip(*values, strict=True))[1:])
    wrong = r[v != r].unique()
    if len(wrong) == 1 and len(r.unique()) > 1:
        given = v[v != r].unique().tolist()
        instead = f"{given[0]:g}" if len(given) == 1 else "another number"
        some = "sometimes " if (v[r == wrong[0]] == wrong[0]).any() else ""
        return Mistake(f"where {wrong[0]:g} is right, it {some}gives {instead}")
    return None


def _where(exercise, values, usual):
    """Right for one kind of element, wrong for the others."""
    if any(v.shape != r.shape for _, v, r in values):
        return None
    wrong = [~torch.isclose(v.double(), r.double(), rtol=1e-4, atol=1e-9, equal_nan=True) for _, v, r in values]
    count = min(len(t.case) for t, _, _ in values)
    for i in range(count):
        column = [t.case[i] for t, _, _ in values]
        if not all(isinstance(x, torch.Tensor) and x.shape == w.shape for x, w in zip(column, wrong, strict=True)):
            continue
        for said, other, test in KINDS:
            inside = [test(x) for x in column]
            hit = torch.cat([w[m] for w, m in zip(wrong, inside, strict=True)])
            missed = torch.cat([w[~m] for w, m in zip(wrong, inside, strict=True)])
            if len(hit) and len(missed) and not missed.any() and hit.float().mean() > 0.5:
                called = _called(exercise, i)
                return Mistake(f"right where {other.format(called)}, wrong where {said.format(called)}")
    shapes = {w.shape for w in wrong}
    if shapes == {torch.Size([2])} and all(t.right[0].shape == (2,) for t, _, _ in values):
        sides = torch.stack(wrong).any(0).tolist()
        if sides in ([True, False], [False, True]):
            good, bad = ("second", "first") if sides[0] else ("first", "second")
            return Mistake(f"the {good} number is right, the {bad} one is not")
    return None


KINDS = (
    ("`{}` is 0", "`{}` is 1", lambda x: x == 0),
    ("`{}` is 1", "`{}` is 0", lambda x: x == 1),
    ("`{}` is -1", "`{}` is 1", lambda x: x == -1),
    ("`{}` is below 0", "`{}` is 0 or above", lambda x: x < 0),
    ("`{}` is above 0", "`{}` is 0 or below", lambda x: x > 0),
    ("it is beyond", "`{}` is between -1 and 1", lambda x: x.abs() > 1),
    ("it is between them", "`{}` is beyond -1 and 1", lambda x: x.abs() < 1),
    ("it is below", "`{}` is a half or above", lambda x: x < 0.5),
    ("it is above", "`{}` is a half or below", lambda x: x > 0.5),
    ("it is beyond", "`{}` is between -10 and 10", lambda x: x.abs() > 10),
)


def _called(exercise, i):
    return names(exercise.answer, i + 1)[i]


def _which_cases(exercise, values, usual):
    """Right on one kind of input, wrong on the others."""
    good = [t for t, _, _ in values if not t.failure]
    bad = [t for t, _, _ in values if t.failure]
    tensors = lambda t: [x for x in t.case if isinstance(x, torch.Tensor)]  # noqa: E731
    for said, test in (
        ("right for one dimension, wrong for more", lambda t: max(x.ndim for x in tensors(t)) > 1),
        ("right for one example, wrong for several", lambda t: max(x.numel() for x in tensors(t)) > 1),
        ("right for one row, wrong for several", lambda t: max(len(x) if x.ndim else 1 for x in tensors(t)) > 1),
    ):
        if good and all(test(t) for t in bad) and not any(test(t) for t in good):
            return Mistake(said) if all(r.ndim == 0 for _, _, r in values) else None
    for i in range(min(len(t.case) for t, _, _ in values)):
        if good and not isinstance(good[0].case[i], torch.Tensor):
            kept, lost = ({t.case[i] for t in side} for side in (good, bad))
            if kept == {values[0][0].case[i]} and not kept & lost and len(good) > 2:
                said = f"right for `{_called(exercise, i)}` = {kept.pop():g}, wrong for others: a number is written in"
                return Mistake(said)
    return None


def _shape(exercise, values, usual):
    wrong = [(v, r) for _, v, r in values if v.shape != r.shape]
    if not wrong:
        return None
    if all(r.ndim == 0 and v.numel() > 1 for v, r in wrong):
        return Mistake("several numbers come out, where one is asked for: they have to be put together")
    if all(v.ndim == 0 for v, _ in wrong):
        return Mistake("one number comes out, where one each is asked for: they must not be put together")
    return Mistake("the result has another shape than is asked for")


# numbers
def shows(got, right):
    """Whether a number is the right one, given with one or two digits only."""
    return right == got or any(
        got == float(f"{right:.{digits}e}") for digits in (0, 1) if right and not right.is_integer()
    )


def of_numbers(exercise, got):
    """The mistake behind numbers, given as a flat list."""
    right, digits = flat(exercise.answer), exercise.digits

    def is_(other):
        return equal(got, flat(other), digits)

    wrongs = [(mistake, mistake.of(exercise.answer)) for mistake in exercise.mistakes]
    for mistake, wrong in wrongs:
        if is_(wrong):
            return mistake
    for mistake, wrong in wrongs:
        for other in (sign(), bits(), tens()):
            if other.said != mistake.said and is_(other.spoil(wrong)):
                return _both(mistake, other)
    if all(map(shows, got, right)):
        return None  # right as far as it goes
    found = _all_alike(got, right, digits)
    if found:
        return Mistake(found)
    if len(right) > 1 and equal(sorted(got), sorted(right), digits):
        return Mistake("the numbers are right and stand in the wrong order")
    return _by_place(exercise, wrongs, got, right, digits)


def _close(got, change, right, digits):
    try:
        other = change(right)
    except (ValueError, ZeroDivisionError, OverflowError):
        return False
    return (
        isinstance(other, float)
        and math.isclose(got, other, rel_tol=5.1 * 10.0**-digits)
        and not math.isclose(other, right, rel_tol=1e-6)
    )


def _all_alike(got, right, digits):
    for said, change in TO_A_GIVEN_NUMBER.items():
        if all(_close(g, change, r, digits) for g, r in zip(got, right, strict=True)):
            return said.replace("it is", "each is") if len(right) > 1 else said
    return None


def _by_place(exercise, wrongs, got, right, digits):
    """Of several numbers: which are right, and what the others are."""
    good = [equal([g], [r], digits) for g, r in zip(got, right, strict=True)]
    names = []
    for i, (g, r) in enumerate(zip(got, right, strict=True)):
        if good[i]:
            continue
        known = [m for m, wrong in wrongs if _explains(flat(wrong), i, got, right, digits)]
        changes = TO_A_GIVEN_NUMBER.items() if good.count(False) == 1 else ()
        said = known[0].said if known else next((s for s, change in changes if _close(g, change, r, digits)), None)
        if said is None and any(equal([g], [other], digits) for j, other in enumerate(right) if j != i):
            said = "it is the answer to another of the questions"
        if said is None and _rounded_on_the_way(g, r):
            said = "it is close, and not the right number rounded: was a number rounded on the way?"
        if said is None and r.is_integer() and abs(g - r) == 1:
            said = "it is off by one"
        names.append((i, said, known[0].section if known else None))
    if len(got) == 1:
        return Mistake(names[0][1], names[0][2]) if names[0][1] else None
    fine = [ORDINALS[i] for i, g in enumerate(good) if g and i < len(ORDINALS)]
    parts = [f"the {_list(fine)} {'is' if len(fine) == 1 else 'are'} right"] if fine else []
    parts += [f"the {ORDINALS[i]}: {said}" if said else f"the {ORDINALS[i]} is not" for i, said, _ in names]
    if not fine and not all(section for _, _, section in names):
        return None  # two guesses at once are too many
    section = next((s for _, _, s in names if s), None)
    return Mistake("; ".join(parts), section)


def _explains(wrong, i, got, right, digits):
    """Whether a known wrong answer has this number at place i, and most of its other wrong numbers were given too."""
    if len(wrong) != len(got) or not equal([got[i]], [wrong[i]], digits):
        return False
    hits = [equal([g], [w], digits) for g, w, r in zip(got, wrong, right, strict=True) if not equal([w], [r], digits)]
    return sum(hits) > len(hits) / 2


def _list(parts):
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _rounded_on_the_way(got, right):
    return not right.is_integer() and right and abs(got / right - 1) < 0.015
