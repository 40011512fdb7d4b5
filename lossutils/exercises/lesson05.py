"""Lesson 05, entropy and KL divergence."""

import math

import torch
from torch.nn import functional as F

from lossutils.information import cross_entropy, entropy, kl_divergence

from .exercise import Condition, Exercise, Mistake
from .mistakes import bits, sign, tens, through

SURPRISE = "Surprise: the rarer an event, the larger its $-\\ln p$"
ENTROPY = "Entropy is the surprise that you must expect"
BIT = "One bit is one toss of a fair coin: 0.6931 nats"
CROSS = "Cross entropy: believe $Q$ while $P$ happens"
KL = "KL divergence: the surprise that a wrong belief adds"
DIRECTION = "KL has a direction: there and back are two numbers"
PUNISHES = "Move: both directions of KL"
PARTS = "Cross entropy = entropy + KL divergence"
ZERO = "One hard label has floor 0, a soft label does not"
FIXED = "“Lower cross entropy means closer” holds only for a fixed $P$"
TORCH = "The trap: `nn.KLDivLoss` wants the model's logarithms first"
NUMBERS = "Read the symptom, name the mistake"
BATCH = "`mean` divides by too much; `batchmean` is the divergence"

SWAPPED = "the two arguments are swapped: the truth is before the bar"
NAN = "0 · ln 0 is nan for a computer: an outcome that never happens must count 0"
ADDED = "what is added inside the logarithm stands in for the rule 0 · ln 0 = 0, and changes rare outcomes"
CLAMPED = "the clamp stands in for the rule 0 · ln 0 = 0, and changes rare outcomes"
LITTLE = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-16, 1e-20)


def kl(p, q, eps=0.0):
    """The formula as it is written."""
    return (p * ((p + eps) / (q + eps)).log()).sum(-1)


def torch_kl(input, target, **options):
    return F.kl_div(input, target, reduction="none", **options).sum(-1)


def pairs(generator):
    """Of distributions without a zero: one, a batch, and batches of more than one dimension."""
    shapes = ((5,), (4, 3), (2, 3, 4))
    drawn = [(1.5 * torch.randn(2, *shape, generator=generator)).softmax(-1).unbind() for shape in shapes]
    return [
        (torch.tensor([0.9, 0.1]), torch.tensor([0.5, 0.5])),
        (torch.tensor([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]]), torch.tensor([[0.5, 0.5], [0.9, 0.1], [0.3, 0.7]])),
        *drawn,
    ]


COIN, HARD = torch.tensor([0.5, 0.5]), torch.tensor([1.0, 0.0])
RARE = (torch.tensor([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]), torch.tensor([[1.0, 1e-6], [1.0, 1e-12], [1.0, 1e-20]]))


def js(p, q, divergence=kl_divergence):
    m = (p + q) / 2
    return (divergence(p, m) + divergence(q, m)) / 2


def kl_to_the_sum(p, q):
    return torch.special.xlogy(p, p).sum(-1) - torch.special.xlogy(p, p + q).sum(-1)


def gaps(p, q):
    return q - p + p * (p / q).log()


PEAKS = torch.tensor([0.495, 0.01, 0.495], dtype=torch.float64)
WIDE = torch.full((3,), 1 / 3, dtype=torch.float64)
NARROW = torch.tensor([0.98, 0.01, 0.01], dtype=torch.float64)


def number(divergence, p, q):
    return divergence(p, q).item()


def neighbours(p):
    """Distributions that differ from P in two outcomes each."""
    for i in range(p.shape[-1]):
        moved = torch.where(p[..., i - 1] >= p[..., i], p[..., i - 1] / 2, -p[..., i] / 2)
        q = p.clone()
        q[..., i] += moved
        q[..., i - 1] -= moved
        yield q


EXERCISES = (
    Exercise(
        "fair-die",
        "05",
        (math.log(6), math.log2(6)),
        (
            Mistake("bits for nats and nats for bits", BIT, spoil=lambda a: a[::-1]),
            Mistake("both are in nats: to get bits, divide by ln 2", BIT, spoil=lambda a: (a[0], a[0])),
            Mistake("both are in bits: nats take the natural logarithm", BIT, spoil=lambda a: (a[1], a[1])),
            Mistake("multiplied by ln 2 on the way to bits: divide", BIT, spoil=lambda a: (a[0], a[0] * math.log(2))),
            tens(BIT),
            Mistake("a base-10 logarithm in place of ln", BIT, (math.log10(6), math.log2(6))),
            sign(SURPRISE),
            Mistake("one of six terms: the others are missing", ENTROPY, (math.log(6) / 6, math.log2(6) / 6)),
            Mistake(
                "six surprises are added, without the probability in front of each",
                ENTROPY,
                (6 * math.log(6), 6 * math.log2(6)),
            ),
        ),
    ),
    Exercise(
        "kl-divergence",
        "05",
        kl_divergence,
        (
            Mistake(SWAPPED, DIRECTION, spoil=lambda f: lambda p, q: f(q, p)),
            Mistake(SWAPPED, DIRECTION, lambda p, q: torch_kl(p.log(), q)),
            Mistake("this is the cross entropy: H(P) is not taken off", PARTS, cross_entropy),
            Mistake("this is the cross entropy: H(P) is not taken off", PARTS, lambda p, q: -(p * q.log()).sum(-1)),
            Mistake("this is the entropy of P: no belief appears in it", PARTS, lambda p, q: entropy(p)),
            Mistake(
                "torch's kl_div was given probabilities, where it wants the model's logarithms",
                NUMBERS,
                lambda p, q: torch_kl(q, p),
            ),
            Mistake(
                "torch's kl_div was given the truth first, and no logarithms", NUMBERS, lambda p, q: torch_kl(p, q)
            ),
            Mistake(
                "torch's kl_div was given two logarithms without log_target=True",
                NUMBERS,
                lambda p, q: torch_kl(q.log(), p.log()),
            ),
            Mistake(
                "torch's kl_div was told log_target=True, and the target is no logarithm",
                NUMBERS,
                lambda p, q: torch_kl(q.log(), p, log_target=True),
            ),
            Mistake(
                "each term is made positive: single terms may be below 0, their sum never is",
                KL,
                lambda p, q: (p * (p / q).log()).abs().sum(-1),
            ),
            Mistake("the weights p are missing in front of the logarithms", KL, lambda p, q: (p / q).log().sum(-1)),
            Mistake(NAN, ZERO, kl),
            *(Mistake(ADDED, ZERO, lambda p, q, eps=eps: kl(p, q, eps)) for eps in LITTLE),
            *(Mistake(ADDED, ZERO, lambda p, q, eps=eps: kl(p + eps, q + eps)) for eps in LITTLE),
            *(
                Mistake(CLAMPED, ZERO, lambda p, q, eps=eps: kl(p.clamp(min=eps), q.clamp(min=eps)))
                for eps in LITTLE[3:-1]
            ),
            Mistake(
                "the mean over the outcomes, where their sum is asked",
                BATCH,
                spoil=lambda f: lambda p, q: f(p, q) / p.shape[-1],
            ),
            Mistake("the divergences are averaged, where each is asked for", BATCH, spoil=through(torch.mean)),
            Mistake("the divergences are added up, where each is asked for", BATCH, spoil=through(torch.sum)),
            *(
                Mistake(
                    f"torch's kl_div with reduction={reduction!r} is no divergence of each pair",
                    BATCH,
                    lambda p, q, count=count: F.kl_div(q.log(), p, reduction="sum") / count(p),
                )
                for reduction, count in {"batchmean": len, "mean": torch.numel}.items()
            ),
            Mistake(
                "torch's kl_div takes the model first, and the numbers of a batch are put together",
                TORCH,
                lambda p, q: F.kl_div(p.log(), q, reduction="sum"),
            ),
            Mistake(
                "torch's kl_div takes the model first, and the numbers of a batch are put together",
                TORCH,
                lambda p, q: F.kl_div(p.log(), q, reduction="batchmean"),
            ),
            sign(KL, "the sign is turned: a divergence is never below 0"),
            bits(BIT),
            tens(BIT),
        ),
        inputs=pairs,
        edges=(
            (HARD, COIN),
            (torch.tensor([[0.0, 0.3, 0.7], [0.5, 0.0, 0.5]]), torch.full((2, 3), 1 / 3)),
            (torch.tensor([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]), torch.tensor([0.5, 0.5, 0.0]).expand(2, 3)),
            RARE,
        ),
        beyond=((HARD, HARD.flip(0)),),
    ),
    Exercise(
        "js-divergence",
        "05",
        js,
        (
            Mistake(
                "the mean of KL there and back: each is to be compared with M",
                DIRECTION,
                lambda p, q: (kl_divergence(p, q) + kl_divergence(q, p)) / 2,
            ),
            Mistake(
                "KL is called with M first: the truth is before the bar",
                DIRECTION,
                lambda p, q: js(p, q, lambda p, m: kl_divergence(m, p)),
            ),
            Mistake(
                "one half only: the other distribution's part is missing",
                KL,
                lambda p, q: kl_divergence(p, (p + q) / 2),
            ),
            Mistake(
                "one half only: the other distribution's part is missing",
                KL,
                lambda p, q: kl_divergence(p, (p + q) / 2) / 2,
            ),
            Mistake("the factor ½ in front is missing", KL, spoil=through(lambda x: 2 * x)),
            Mistake(
                "M = P + Q is no distribution: it sums to 2",
                KL,
                lambda p, q: (kl_to_the_sum(p, q) + kl_to_the_sum(q, p)) / 2,
            ),
            Mistake(
                "cross entropy in place of KL: the entropies are not taken off",
                PARTS,
                lambda p, q: js(p, q, cross_entropy),
            ),
            Mistake(
                "torch's kl_div was given probabilities, where it wants the model's logarithms",
                NUMBERS,
                lambda p, q: js(p, q, lambda p, m: torch_kl(m, p)),
            ),
            Mistake(NAN, ZERO, lambda p, q: js(p, q, kl)),
            *(
                Mistake(
                    "what is added inside the logarithm stands in for the rule 0 · ln 0 = 0",
                    ZERO,
                    lambda p, q, eps=eps: js(p, q, lambda p, m: kl(p, m, eps)),
                )
                for eps in (1e-3, 1e-4, 1e-5)
            ),
            Mistake(
                "the square root makes it the Jensen–Shannon distance, another quantity",
                DIRECTION,
                spoil=through(torch.sqrt),
            ),
            Mistake("the divergences are averaged, where each is asked for", BATCH, spoil=through(torch.mean)),
            bits(BIT),
        ),
        inputs=pairs,
        edges=((HARD, HARD.flip(0)), (HARD, COIN)),
    ),
    Exercise(
        "kl-gaps",
        "05",
        gaps,
        (
            Mistake("these are the terms of KL, and one of them may be below 0", KL, lambda p, q: p * (p / q).log()),
            Mistake("the weight p in front of each gap is missing", KL, lambda p, q: q / p - 1 - (q / p).log()),
            Mistake(
                "x is turned round: KL turned round has q / p inside", KL, lambda p, q: p * (p / q - 1 - (p / q).log())
            ),
            Mistake("these are the terms of -KL, without the bound x - 1", KL, lambda p, q: p * (q / p).log()),
            Mistake("the bound x - 1 itself, not how far the logarithm is below it", KL, lambda p, q: q - p),
            Mistake("the two are added, where their difference is the gap", KL, lambda p, q: q - p - p * (p / q).log()),
            Mistake("the gaps are added up, where each is asked for", KL, spoil=through(lambda x: x.sum(-1))),
            Mistake(SWAPPED, DIRECTION, spoil=lambda f: lambda p, q: f(q, p)),
            Mistake(
                "with a base-2 logarithm the fact ln x ≤ x - 1 does not hold",
                BIT,
                lambda p, q: q - p + p * (p / q).log2(),
            ),
            sign(KL, "the sign is turned: a gap is never below 0"),
        ),
        inputs=pairs,
        edges=((COIN, torch.tensor([1.0, 1e-6])), (torch.tensor([1 - 1e-6, 1e-6]), COIN)),
    ),
    Exercise(
        "wide-or-narrow",
        "05",
        (number(kl_divergence, PEAKS, WIDE), number(kl_divergence, NARROW, PEAKS)),
        (
            Mistake("the two directions are swapped: the truth is before the bar", DIRECTION, spoil=lambda a: a[::-1]),
            *(
                Mistake(
                    "one belief for both: the two directions choose differently",
                    PUNISHES,
                    (number(kl_divergence, PEAKS, belief), number(kl_divergence, belief, PEAKS)),
                )
                for belief in (WIDE, NARROW)
            ),
            Mistake(
                "both numbers are KL(P‖Q): one of each direction is asked for",
                PUNISHES,
                (number(kl_divergence, PEAKS, WIDE), number(kl_divergence, PEAKS, NARROW)),
            ),
            Mistake(
                "both numbers are KL(Q‖P): one of each direction is asked for",
                PUNISHES,
                (number(kl_divergence, WIDE, PEAKS), number(kl_divergence, NARROW, PEAKS)),
            ),
            Mistake(
                "the larger number is taken: the belief with the smaller divergence is chosen",
                PUNISHES,
                (number(kl_divergence, PEAKS, NARROW), number(kl_divergence, WIDE, PEAKS)),
            ),
            Mistake(
                "cross entropy in place of KL: the entropy is not taken off",
                PARTS,
                (number(cross_entropy, PEAKS, WIDE), number(cross_entropy, NARROW, PEAKS)),
            ),
            sign(KL, "the sign is turned: a divergence is never below 0"),
            bits(BIT),
            tens(BIT),
        ),
    ),
    Exercise(
        "own-divergence",
        "05",
        lambda p, q: (p - q).abs().sum(-1) / 2,
        (
            Mistake("this is KL, which has a direction", DIRECTION, kl_divergence),
            Mistake("this is KL, which has a direction", DIRECTION, kl),
            Mistake("this is KL, which has a direction", DIRECTION, lambda p, q: kl_divergence(q, p)),
            *(
                Mistake(
                    "KL there and back is infinite where one says “never” and the other does not",
                    PUNISHES,
                    lambda p, q, part=part: part * (kl_divergence(p, q) + kl_divergence(q, p)),
                )
                for part in (1, 0.5)
            ),
            Mistake("cross entropy is not 0 for Q = P: its floor is the entropy", PARTS, cross_entropy),
            Mistake("this is the JS divergence of exercise 3", DIRECTION, js),
            *(
                Mistake("differences without a sign rule: they always sum to 0", KL, wrong)
                for wrong in (lambda p, q: (p - q).sum(-1), lambda p, q: (q - p).sum(-1), lambda p, q: (p - q).mean(-1))
            ),
            Mistake(
                "two different distributions can have the same entropy",
                FIXED,
                lambda p, q: (entropy(p) - entropy(q)).abs(),
            ),
            Mistake("this grows when the two are alike", KL, lambda p, q: (p * q).sum(-1)),
            *(
                Mistake("one number for the whole batch, where each pair has its own", BATCH, wrong)
                for wrong in (
                    lambda p, q: (p - q).abs().sum(),
                    lambda p, q: (p - q).abs().mean(),
                    lambda p, q: (p - q).square().sum(),
                    F.mse_loss,
                )
            ),
            sign(KL, "the sign is turned: a divergence is never below 0"),
        ),
        inputs=lambda generator: [
            (torch.tensor([0.9, 0.1]), torch.tensor([0.1, 0.9])),
            *pairs(generator),
        ],
        holds=(
            Condition(
                "one number for each pair of distributions",
                lambda f, p, q: f(p, q),
                lambda d, p, q: d.shape == p.shape[:-1],
            ),
            Condition("0 for Q = P", lambda f, p, q: f(p, p), lambda d, p, q: d.abs() < 1e-3),
            Condition("more than 0 for Q that is not P", lambda f, p, q: f(p, q), lambda d, p, q: d > 0),
            Condition(
                "more than 0, whichever two outcomes P and Q differ in",
                lambda f, p, q: torch.stack([f(p, other) for other in neighbours(p)]),
                lambda d, p, q: d > 0,
            ),
            Condition(
                "the same both ways: D(P, Q) - D(Q, P) = 0",
                lambda f, p, q: f(p, q) - f(q, p),
                lambda gap, p, q: gap.abs() < 1e-4,
            ),
            Condition(
                "a finite number for [1, 0] and [0, 1]",
                lambda f, p, q: f(HARD.to(p.dtype), HARD.flip(0).to(p.dtype)),
                lambda d, p, q: d.isfinite(),
            ),
            Condition(
                "another divergence than JS: D - JS should not be 0",
                lambda f, p, q: f(p, q) - js(p, q),
                lambda gap, p, q: gap.abs().max() > 1e-4,
            ),
        ),
    ),
)
