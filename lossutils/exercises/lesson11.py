"""Lesson 11, the articles, checked: claims and printed numbers that one checks oneself."""

import math

import torch

from .exercise import Exercise, Mistake

QUESTIONS = "Five questions find most slips"
FOUR = "Loop, formula, `lossutils` and torch agree on 1.0778"
EXACT = "Predict: how exact can a loss be that is computed from a printed $p$?"
DIGITS = "Repaired: the printed digits choose the tolerance"
RATIO = "Predict: can a ratio show a wrong unit?"
TOLERANCE = "The trap: a check that cannot fail"


def which_dim(table, room=0.51e-4):
    for dim in (0, 1):
        if ((table.sum(dim) - 1).abs() <= room * table.shape[dim]).all():
            return torch.tensor(dim)
    return torch.tensor(-1)


def tables(generator):
    scores = [
        torch.tensor([[1.1879, 1.0780, 0.5312], [-0.3499, -1.9253, -1.5725], [-0.6578, -0.0987, 1.1570]]),
        *(2 * torch.randn(*size, generator=generator) for size in ((3, 3), (4, 3), (2, 5), (5, 4), (6, 6))),
    ]
    printed = [((s.softmax(i % 2) * 10_000).round() / 10_000,) for i, s in enumerate(scores)]
    corner = torch.tensor([[0.2, 0.8], [0.8, 0.9]])  # only its first row and column sum to 1
    drifted = torch.tensor([[0.1234] * 5 + [0.3828], [0.2222] * 4 + [0.0556] * 2])  # all rounded to the same side
    close = torch.tensor([[0.5, 0.502], [0.504, 0.5]])
    nearly = torch.tensor([[0.52, 0.51], [0.47, 0.52]])  # rounded to four decimals, no sum is off by so much
    return [
        *printed,
        (corner,),
        (nearly,),
        (close,),
        (drifted,),
        ((scores[1].softmax(1) * 10_000).round() / 10_000,),
        (scores[0],),
        (scores[2],),
    ]


def fixed(table, room):
    """The same room for every sum, however long."""
    return next((d for d in (0, 1) if ((table.sum(d) - 1).abs() <= room).all()), -1)


def nearly_exact(table):
    return next((d for d in (0, 1) if torch.allclose(table.sum(d), torch.ones_like(table.sum(d)))), -1)


def of_the_first(table):
    """Looks at one row and one column only."""
    for dim in (0, 1):
        if abs(table.select(1 - dim, 0).sum() - 1) <= 0.51e-4 * table.shape[dim]:
            return dim
    return -1


def may_belong(p, loss, d, k, room=0.5, of_loss=0.5, log=torch.log):
    h = room * 10.0**-d
    least, most = -log(p + h), -log(p - h)
    return ((loss >= least - of_loss * 10.0**-k) & (loss <= most + of_loss * 10.0**-k)).int()


def pairs(generator):
    """Printed pairs: those that belong together, and some whose loss is off by more, or by less, than it may be."""
    cases = [(torch.tensor([0.0885, 0.0885, 0.0885]), torch.tensor([2.4250, 2.4248, 2.4260]), 4, 4)]
    for d, k in ((2, 2), (2, 4), (3, 4), (4, 2), (3, 3)):
        full = 0.1 + 0.8 * torch.rand(8, generator=generator, dtype=torch.float64)
        p = (full * 10**d).round() / 10**d
        gap, half = torch.atanh(0.5 * 10.0**-d / p), 0.5 * 10.0**-k
        share = torch.tensor([-1.6, -0.9, -0.3, 0.0, 0.3, 0.9, 1.6, 2.5], dtype=torch.float64)
        cases.append((p.float(), (-full.log()).mul(10**k).round().div(10**k).float(), d, k))
        cases.append((p.float(), (-p.log() + share * (gap + half)).mul(10**k).round().div(10**k).float(), d, k))
    return cases


EXERCISES = (
    Exercise(
        "possible",
        "11",
        (0.0, 1.0, 0.0, 0.0),
        (
            Mistake(
                "a loss of labels 0 and 1 is never below 0, since no probability is above 1", QUESTIONS, (1, 1, 0, 0)
            ),
            Mistake("nothing bounds a cross entropy: a wrong and sure answer costs any amount", FOUR, (0, 0, 0, 0)),
            Mistake("the entropy of three classes is at most ln 3, the cross entropy is not", QUESTIONS, (0, 0, 1, 0)),
            Mistake("the entropy of three classes is at most ln 3 = 1.0986", QUESTIONS, (0, 1, 1, 0)),
            Mistake("log_softmax is the logarithm of a probability, so never above 0", QUESTIONS, (0, 1, 0, 1)),
        ),
        later=True,
    ),
    Exercise(
        "unit",
        "11",
        2.0,
        (
            Mistake("this is the factor between the units, not the base", RATIO, 0.3219 / -math.log(0.8)),
            Mistake("with ln the loss would be 0.2231", RATIO, math.e),
            Mistake("with base 10 the loss would be 0.0969", RATIO, 10.0),
            Mistake("the factor is turned round: the printed number is the larger one", RATIO, -math.log(0.8) / 0.3219),
            Mistake("the base is turned round: with 1/2 the loss would be negative", QUESTIONS, 0.5),
        ),
    ),
    Exercise(
        "which-dim",
        "11",
        which_dim,
        (
            Mistake(
                "the axes are exchanged: `sum(dim)` adds up along that dim",
                FOUR,
                lambda t: torch.where(which_dim(t) < 0, -1, 1 - which_dim(t)),
            ),
            *(
                Mistake("rounded numbers need not sum to exactly 1", DIGITS, lambda t, room=room: which_dim(t, room))
                for room in (0.0, 1e-9, 1e-7, 2e-6)
            ),
            Mistake("rounded numbers need not sum to exactly 1", DIGITS, nearly_exact),
            *(
                Mistake("the room grows with the number of rounded terms", DIGITS, lambda t, room=room: fixed(t, room))
                for room in (1e-4, 2e-4)
            ),
            *(
                Mistake(
                    "this tolerance lets tables through that are no softmax",
                    TOLERANCE,
                    lambda t, room=room: fixed(t, room),
                )
                for room in (0.01, 0.05, 0.1)
            ),
            Mistake(
                "the tolerance lets tables through that are no softmax", TOLERANCE, lambda t: which_dim(t, room=9.0)
            ),
            Mistake("-1 is never the answer", QUESTIONS, lambda t: which_dim(t).abs()),
            Mistake("only the first row and column are looked at", QUESTIONS, of_the_first),
        ),
        inputs=tables,
    ),
    Exercise(
        "half-gap",
        "11",
        math.atanh(0.00005 / 0.0885),
        (
            Mistake(
                "this is the whole gap: a rounded number is off by half a unit at most",
                EXACT,
                2 * math.atanh(0.00005 / 0.0885),
            ),
            Mistake("this is the error of p: the slope 1/p multiplies it", EXACT, 0.00005),
            Mistake("the error is divided by p, not multiplied by it", EXACT, 0.00005 * 0.0885),
            Mistake("four decimals mean half of 0.0001, not of 0.001", DIGITS, math.atanh(0.0005 / 0.0885)),
        ),
    ),
    Exercise(
        "may-belong",
        "11",
        may_belong,
        (
            Mistake(
                "p may be off by half a unit of its last digit, not by a whole one",
                EXACT,
                lambda *a: may_belong(*a, room=1.0),
            ),
            Mistake("p is rounded, too", EXACT, lambda *a: may_belong(*a, room=0.0)),
            Mistake("the loss is rounded, too", DIGITS, lambda *a: may_belong(*a, of_loss=0.0)),
            Mistake("a base-10 logarithm in place of ln", RATIO, lambda *a: may_belong(*a, log=torch.log10)),
            Mistake("the tolerance is chosen so that everything passes", TOLERANCE, lambda p, *a: (p > 0).int()),
            Mistake(
                "the decimals of p and of the loss are exchanged",
                DIGITS,
                lambda p, loss, d, k: may_belong(p, loss, k, d),
            ),
        ),
        inputs=pairs,
    ),
)
