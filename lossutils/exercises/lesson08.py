"""Lesson 08, more of torch's losses."""

import torch

from .exercise import Condition, Exercise, Mistake
from .mistakes import averaged, bits, sign, swapped
from .trials import slope

TRUTH = "One photo, three scores: all that this lesson needs"
RANKING = "MarginRankingLoss: the better one must lead by a margin"
LEAD = "By hand: how far each lead falls short of 1"
SOFT = "SoftMarginLoss: binary cross entropy in other clothes"
PHOTO = "MultiLabelSoftMarginLoss: the same again, one number per photo"
LEADS = "MultiLabelMarginLoss: each label must lead each non-label by 1"
LIST = "The labels are a list of class numbers, ended by −1"
MOVE = "Move: the dog's score, and the night's"
FADES = "The gradients: a margin switches off, a soft margin fades"
ZEROS = "The trap: labels 0 and 1 for `SoftMarginLoss`"
OVERFLOWS = "A second trap: torch's `SoftMarginLoss` overflows"


def signs(y):
    return 2 * y - 1


def numbers(y, fill=-1):
    found = y.nonzero().flatten()
    return torch.cat([found, found.new_full((len(y) - len(found),), fill)])


def in_place(y):
    return torch.where(y == 1, torch.arange(len(y)), -1)


def named(listed):
    """The classes that such a list names: those before the first -1."""
    listed = torch.as_tensor(listed).tolist()
    return sorted(listed[: listed.index(-1)] if -1 in listed else listed)


def many_hot(generator):
    random = torch.randint(2, (5, 5), generator=generator).float()
    return [(torch.tensor([0.0, 1.0, 0.0]),), (torch.tensor([0.0, 1.0, 0.0, 0.0, 1.0]),), *((y,) for y in random)]


def softplus(x):
    return torch.logaddexp(x, torch.zeros_like(x))


def multilabel_soft_margin(x, y):
    return softplus(-signs(y) * x).mean(-1)


def photos(generator):
    sizes = ((2, 3), (3, 2), (4, 5), (3, 3))
    random = [
        (2 * torch.randn(*size, generator=generator), torch.randint(2, size, generator=generator).float())
        for size in sizes
    ]
    return [
        (torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 1.0]])),
        (torch.tensor([[2.0, -1.0, 0.5], [0.5, 0.5, 0.2]]), torch.tensor([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])),
        *random,
    ]


def soft_ranking_slope(x1, x2, y):
    return -y * torch.sigmoid(-y * (x1 - x2))


def answers(generator):
    random = torch.randn(4, 2, 5, generator=generator)
    sides = signs(torch.randint(2, (4, 5), generator=generator).float())
    return [
        (torch.tensor([1.0]), torch.tensor([0.5]), torch.tensor([1.0])),
        (torch.tensor([2.0, -1.0, 0.5]), torch.tensor([0.5, 0.5, 0.2]), torch.tensor([1.0, 1.0, -1.0])),
        *((x1, x2, y) for (x1, x2), y in zip(random, sides, strict=True)),
    ]


def by_exponentials(x1, x2, y):
    e = torch.exp(-y * (x1 - x2))
    return -y * e / (1 + e)


LEADS_BELOW = torch.tensor([-20.0, -3.0, -1.0, -0.5, 0.0, 0.3, 0.6, 0.8, 0.9])


def smooth_hinge(z):
    missing = (1 - z).clamp(min=0)
    return torch.where(missing < 1, missing**2 / 2, missing - 0.5)


EXERCISES = (
    Exercise(
        "ranking-lead",
        "08",
        (0.0, 0.7, 0.7),
        (
            Mistake("the sign of the target is flipped: y = 1 says that the first is better", RANKING, (0.3, 1.3, 1.3)),
            Mistake("max(0, …) is missing: no loss is below 0", RANKING, (-0.3, 0.7, 0.7)),
            Mistake("the rise starts at the lead that is there, 0.3", LEAD, (0.0, 0.7, 1.0)),
            Mistake("the lead that is there is not what is missing to it", LEAD, (0.0, 0.7, 0.3)),
            Mistake("the lead itself is charged, not what is missing to it", LEAD, (0.3, 0.7, 0.7)),
            Mistake("the margin is charged, and the lead forgotten", LEAD, (0.0, 1.0, 1.0)),
            Mistake("the lead is added to the margin, not taken off", RANKING, (0.0, 1.3, 1.3)),
            Mistake("only the first score rises, so it needs all that is missing", LEAD, (0.0, 0.7, 0.35)),
            Mistake("the two margins are exchanged", RANKING, spoil=lambda answer: (answer[1], answer[0], answer[2])),
        ),
    ),
    Exercise(
        "label-forms",
        "08",
        lambda y: (signs(y), numbers(y)),
        (
            Mistake("the list is not filled up with -1", LIST, lambda y: (signs(y), y.nonzero().flatten())),
            Mistake("zeros and ones are a list too, of the classes 0 and 1", LIST, lambda y: (signs(y), y.long())),
            Mistake(
                "the first -1 ends the list: what comes after it is not read", LIST, lambda y: (signs(y), in_place(y))
            ),
            Mistake("filled up with 0, the list names class 0", LIST, lambda y: (signs(y), numbers(y, 0))),
            Mistake("this list ends with -1, not with -100", LIST, lambda y: (signs(y), numbers(y, -100))),
            Mistake(
                "classes are counted from 0",
                LIST,
                lambda y: (signs(y), torch.where(numbers(y) < 0, -1, numbers(y) + 1)),
            ),
            Mistake("class numbers are integers", LIST, lambda y: (signs(y), numbers(y).to(y.dtype))),
            Mistake("zeros and ones where signs are wanted", ZEROS, lambda y: (y, numbers(y))),
            Mistake("the signs are flipped: 1 is a yes", TRUTH, lambda y: (-signs(y), numbers(y))),
            Mistake("the two forms are exchanged", TRUTH, lambda y: (numbers(y), signs(y))),
        ),
        inputs=many_hot,
        edges=((torch.tensor([1.0, 1.0, 1.0]),), (torch.tensor([0.0, 0.0]),)),
        holds=(
            Condition(
                "two tensors, each as long as y",
                lambda f, y: [len(part) for part in f(y)],
                lambda sizes, y: sizes == [len(y)] * 2,
            ),
            Condition(
                "1 for a yes and -1 for a no, first",
                lambda f, y: torch.as_tensor(f(y)[0]),
                lambda given, y: given == signs(y),
            ),
            Condition(
                "a list of integers, second",
                lambda f, y: torch.as_tensor(f(y)[1]),
                lambda given, y: not given.is_floating_point() and given.dtype != torch.bool,
            ),
            Condition(
                "a list of the labels, each once, before the first -1",
                lambda f, y: torch.as_tensor(f(y)[1]),
                lambda given, y: named(given) == y.nonzero().flatten().tolist(),
            ),
        ),
    ),
    Exercise(
        "misread-list",
        "08",
        5 / 3,
        (
            Mistake("a class that is named twice counts twice", LIST, 2.5 / 3),
            Mistake("0 is a class, not the end of the list", LIST, 13 / 3),
            Mistake("0 is a class, and the other one counts twice", LIST, 6.5 / 3),
            Mistake("a sum where a division by C is meant", LEADS, 5.0),
            Mistake("divided by the number of labels, not of classes", LEADS, 2.5),
            Mistake("max(0, …) is missing: a lead that is more than enough pays nothing back", LEADS, 1.5),
            Mistake("what one pair costs is not yet the loss", LEADS, 2.5 / 9),
            Mistake("night has the score 0.5, not 0", LEADS, 4 / 3),
        ),
    ),
    Exercise(
        "multilabel-soft-margin",
        "08",
        multilabel_soft_margin,
        (
            *(
                Mistake("exp overflows where a score is very wrong, and the sigmoid is 0 there", OVERFLOWS, wrong)
                for wrong in (
                    lambda x, y: torch.log1p(torch.exp(-signs(y) * x)).mean(-1),
                    lambda x, y: -(signs(y) * x).sigmoid().log().mean(-1),
                )
            ),
            Mistake(
                "the sigmoid rounds to 1 before the logarithm",
                OVERFLOWS,
                lambda x, y: -(y * x.sigmoid().log() + (1 - y) * (1 - x.sigmoid()).log()).mean(-1),
            ),
            *(
                Mistake(
                    "a little is added inside the logarithm, where the stable form needs none",
                    OVERFLOWS,
                    lambda x, y, eps=eps: -((signs(y) * x).sigmoid() + eps).log().mean(-1),
                )
                for eps in (1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)
            ),
            Mistake("labels 0 and 1 where signs are wanted", ZEROS, lambda x, y: softplus(-y * x).mean(-1)),
            Mistake("the noes are not counted", SOFT, lambda x, y: (y * softplus(-x)).mean(-1)),
            Mistake("the sign of the label is not used", SOFT, lambda x, y: softplus(-x).mean(-1)),
            Mistake(
                "a sum over the classes where their mean is meant",
                PHOTO,
                spoil=lambda f: lambda x, y: f(x, y) * x.shape[-1],
            ),
            Mistake(
                "the mean of the whole batch, where one number per photo is asked for", PHOTO, spoil=averaged("").spoil
            ),
            Mistake(
                "one number per class, where one per photo is asked for",
                PHOTO,
                lambda x, y: softplus(-signs(y) * x).mean(0),
            ),
            Mistake(
                "one number per answer, where one per photo is asked for", PHOTO, lambda x, y: softplus(-signs(y) * x)
            ),
            Mistake(
                "softmax makes the classes share: here each score is judged alone",
                PHOTO,
                lambda x, y: -(y * torch.log_softmax(x, -1)).mean(-1),
            ),
            sign(SOFT),
            bits(SOFT),
            swapped(SOFT),
        ),
        inputs=photos,
        edges=(
            (torch.tensor([[1000.0, -1000.0]]), torch.tensor([[0.0, 1.0]])),
            (torch.tensor([[30.0, -100.0]]), torch.tensor([[0.0, 1.0]])),
        ),
        gradient=0,
    ),
    Exercise(
        "soft-ranking-slope",
        "08",
        soft_ranking_slope,
        (
            sign(FADES, "the sign is flipped: this is the slope by the second score"),
            Mistake("the inner derivative is missing: y", FADES, lambda x1, x2, y: -torch.sigmoid(-y * (x1 - x2))),
            Mistake("y is missing in the exponent", FADES, lambda x1, x2, y: -y * torch.sigmoid(x2 - x1)),
            Mistake(
                "σ of the lead, where σ of minus the lead is meant",
                FADES,
                lambda x1, x2, y: -y * (y * (x1 - x2)).sigmoid(),
            ),
            Mistake("this is the hinge's slope: all or nothing", FADES, lambda x1, x2, y: -y * (y * (x1 - x2) < 0)),
            Mistake(
                "this is BCE's slope: its labels are 0 and 1, here they are signs",
                ZEROS,
                lambda x1, x2, y: (x1 - x2).sigmoid() - y,
            ),
            *(
                Mistake("exp overflows, and inf / inf is nan", OVERFLOWS, wrong)
                for wrong in (
                    by_exponentials,
                    lambda x1, x2, y: -y * torch.exp(-y * (x1 - x2)) * torch.sigmoid(y * (x1 - x2)),
                )
            ),
            Mistake(
                "the second score is not used: this is SoftMarginLoss's slope",
                MOVE,
                lambda x1, x2, y: -y * (-y * x1).sigmoid(),
            ),
            Mistake("this is the loss, not its slope", FADES, lambda x1, x2, y: softplus(-y * (x1 - x2))),
            Mistake(
                "divided by n: the slope of each loss is asked for",
                FADES,
                spoil=lambda f: lambda *case: f(*case) / len(case[0]),
            ),
            averaged(FADES),
        ),
        inputs=answers,
        edges=(
            (torch.tensor([-1000.0]), torch.tensor([0.0]), torch.tensor([1.0])),
            (torch.tensor([1000.0, 1000.0]), torch.tensor([0.0, 0.0]), torch.tensor([1.0, -1.0])),
        ),
    ),
    Exercise(
        "smooth-hinge",
        "08",
        smooth_hinge,
        (
            Mistake("this is the hinge: it switches off at once", FADES, lambda z: (1 - z).clamp(min=0)),
            Mistake("this is the soft loss: it fades and never stops", FADES, lambda z: softplus(-z)),
            Mistake(
                "this is the soft loss, moved by the margin: it fades and never stops", FADES, lambda z: softplus(1 - z)
            ),
            *(
                Mistake(
                    "squared, the worst pairs push the hardest", FADES, lambda z, c=c: c * (1 - z).clamp(min=0) ** 2
                )
                for c in (1, 0.5)
            ),
            Mistake("a lead beyond 1 is charged too", LEAD, lambda z: smooth_hinge(1 - (1 - z).abs())),
            Mistake("without a margin, a lead of 0 is enough", RANKING, lambda z: smooth_hinge(z + 1)),
            Mistake("without max(0, …) it never stops", RANKING, lambda z: 1 - z),
            Mistake(
                "it rises with the lead, so that training would turn the order round",
                RANKING,
                spoil=lambda f: lambda z: f(-z),
            ),
            sign(RANKING),
            averaged(LEAD),
        ),
        inputs=lambda generator: [
            (torch.tensor([0.5]),),
            (torch.tensor([-1.5, 0.25, 2.0]),),
            (2 * torch.randn(5, generator=generator),),
        ],
        edges=((torch.tensor([-4.0, 1.5]),), (torch.tensor([-50.0, 50.0]),)),
        gradient=0,
        holds=(
            Condition("one number for each lead", lambda f, z: f(z), lambda loss, z: loss.shape == z.shape),
            Condition("a loss that is never below 0", lambda f, z: f(z), lambda loss, z: loss >= 0),
            Condition(
                "a loss of 0 from a lead of 1 on",
                lambda f, z: f(torch.tensor([1.0, 1.001, 1.5, 2.0, 10.0, 50.0], dtype=z.dtype)),
                lambda loss, z: loss.abs() < 1e-6,
            ),
            Condition(
                "a gradient below 0 up to a lead of 0.9",
                lambda f, z: slope(f, torch.cat([z.flatten(), LEADS_BELOW.to(z.dtype)]).clamp(max=0.9)),
                lambda pull, z: pull < 0,
            ),
            Condition(
                "a gradient between -1 and 0",
                lambda f, z: slope(f, torch.cat([z.flatten(), LEADS_BELOW.to(z.dtype)])),
                lambda pull, z: (pull <= 1e-6) & (pull >= -1 - 1e-4),
            ),
            Condition(
                "a gradient nearer to 0 than 0.2 at a lead of 0.95",
                lambda f, z: slope(f, torch.full_like(z, 0.95)),
                lambda pull, z: pull.abs() < 0.2,
            ),
        ),
    ),
)
