"""The table of bad input: for each function which exception, with which words; and what is not looked at."""

import inspect
import re
import warnings

import pytest
import torch
import torch.nn.functional as F

import lossutils
from lossutils import _contract, information

NAN = float("nan")
p, y, s = torch.tensor([0.2, 0.5, 0.9]), torch.tensor([0.0, 1.0, 1.0]), torch.tensor([-1.0, 0.5, 2.0])
x, t, w = torch.zeros(4, 3), torch.tensor([0, 1, 2, 1]), torch.ones(3)
meta = torch.zeros(3, device="meta")
grad = torch.ones(3, requires_grad=True)

# (function, arguments, settings, exception, words of the sentence)
BAD = [
    # binary_cross_entropy
    ("binary_cross_entropy", (p, y[:2]), {}, ValueError, "same size"),
    ("binary_cross_entropy", (p, y[:1]), {}, ValueError, "same size"),
    ("binary_cross_entropy", (p, y.double()), {}, RuntimeError, "target.to(input.dtype)"),
    ("binary_cross_entropy", (p, y.long()), {}, RuntimeError, "target.to(input.dtype)"),
    ("binary_cross_entropy", (p.bfloat16(), y), {}, RuntimeError, "target.to(input.dtype)"),
    ("binary_cross_entropy", (t, t), {}, NotImplementedError, "input.float()"),
    ("binary_cross_entropy", (p, meta), {}, RuntimeError, "target.to(input.device)"),
    ("binary_cross_entropy", (p + 1, y), {}, RuntimeError, "between 0 and 1"),
    ("binary_cross_entropy", (p - 1, y), {}, RuntimeError, "between 0 and 1"),
    ("binary_cross_entropy", (p * NAN, y), {}, RuntimeError, "between 0 and 1"),
    ("binary_cross_entropy", (p, y * 2), {}, RuntimeError, "all elements of target"),
    ("binary_cross_entropy", (p, y, w[:2]), {}, RuntimeError, "does not broadcast"),
    ("binary_cross_entropy", (p, y, torch.ones(2, 3)), {}, RuntimeError, "does not broadcast"),
    ("binary_cross_entropy", (p, y, grad), {}, RuntimeError, "weight.detach()"),
    # binary_cross_entropy_with_logits
    ("binary_cross_entropy_with_logits", (s, y[:2]), {}, ValueError, "same size"),
    ("binary_cross_entropy_with_logits", (s, y.long()), {}, RuntimeError, "target.to(input.dtype)"),
    ("binary_cross_entropy_with_logits", (s, y.bool()), {}, RuntimeError, "target.to(input.dtype)"),
    ("binary_cross_entropy_with_logits", (t, t.float()), {}, NotImplementedError, "input.float()"),
    ("binary_cross_entropy_with_logits", (s, meta), {}, RuntimeError, "target.to(input.device)"),
    ("binary_cross_entropy_with_logits", (s, y), {"pos_weight": w[:2]}, RuntimeError, "pos_weight"),
    ("binary_cross_entropy_with_logits", (s, y), {"pos_weight": torch.ones(2, 3)}, RuntimeError, "pos_weight"),
    ("binary_cross_entropy_with_logits", (s, y), {"pos_weight": grad}, RuntimeError, "pos_weight.detach()"),
    ("binary_cross_entropy_with_logits", (s, y, grad), {}, RuntimeError, "weight.detach()"),
    # cross_entropy
    ("cross_entropy", (x, t[:3]), {}, ValueError, "one target"),
    ("cross_entropy", (x, torch.zeros(4, 2).long()), {}, RuntimeError, "(4,)"),
    ("cross_entropy", (torch.zeros(2, 3, 4), torch.zeros(2, 5).long()), {}, RuntimeError, "(2, 4)"),
    ("cross_entropy", (x, t.float()), {}, RuntimeError, "target.long()"),
    ("cross_entropy", (x, t.int()), {}, RuntimeError, "target.long()"),
    ("cross_entropy", (x, torch.zeros(4, 3).long()), {}, RuntimeError, "target.float()"),
    ("cross_entropy", (x[0, 0], t[0]), {}, RuntimeError, "target.float()"),
    ("cross_entropy", (x[0], t), {}, ValueError, "one class index"),
    ("cross_entropy", (x.long(), t), {}, NotImplementedError, "input.float()"),
    ("cross_entropy", (x, t + 1), {}, IndexError, "out of bounds"),
    ("cross_entropy", (x, t - 1), {}, IndexError, "out of bounds"),
    ("cross_entropy", (x, t.to("meta")), {}, RuntimeError, "target.to(input.device)"),
    ("cross_entropy", (x, t, w[:2]), {}, RuntimeError, "one weight each"),
    ("cross_entropy", (x, t, w[None]), {}, RuntimeError, "one weight each"),
    ("cross_entropy", (x, t, w.double()), {}, RuntimeError, "weight.to(input.dtype)"),
    ("cross_entropy", (x, t, grad), {}, RuntimeError, "weight.detach()"),
    ("cross_entropy", (x, x.softmax(1)), {"ignore_index": 1}, RuntimeError, "ignore_index"),
    ("cross_entropy", (x, t), {"label_smoothing": 1.1}, RuntimeError, "label_smoothing"),
    # nll_loss
    ("nll_loss", (x[0, 0], t[0]), {}, ValueError, "1 or more dimensions"),
    ("nll_loss", (x, t[:3]), {}, ValueError, "one target"),
    ("nll_loss", (x, x), {}, RuntimeError, "target.long()"),
    ("nll_loss", (x.long(), t), {}, NotImplementedError, "input.float()"),
    ("nll_loss", (x, t + 1), {}, IndexError, "out of bounds"),
    ("nll_loss", (x, t, w[:2]), {}, RuntimeError, "one weight each"),
    # softmax
    ("softmax", (x, 2), {}, IndexError, "dimensions"),
    ("softmax", (t, 0), {}, NotImplementedError, "input.float()"),
    ("log_softmax", (x, -3), {}, IndexError, "dimensions"),
    ("log_softmax", (t, 0), {}, NotImplementedError, "input.float()"),
    # information
    ("kl_div", (x, x[:, :2]), {"reduction": "sum"}, RuntimeError, "do not broadcast"),
    ("kl_div", (t, t), {"reduction": "sum"}, RuntimeError, "floating point"),
    ("kl_div", (x, x.to("meta")), {"reduction": "sum"}, RuntimeError, "target.to(input.device)"),
    # regression
    ("l1_loss", (s, y[:2]), {}, RuntimeError, "do not broadcast"),
    ("mse_loss", (t, t), {}, NotImplementedError, "input.float()"),
    ("huber_loss", (t, t), {}, NotImplementedError, "input.float()"),
    ("smooth_l1_loss", (t, t), {}, NotImplementedError, "input.float()"),
    ("l1_loss", (s, y), {"weight": w[:2]}, ValueError, "same size"),
    ("mse_loss", (s, y), {"weight": w[:1]}, ValueError, "same size"),
    ("huber_loss", (s, y), {"weight": w[None]}, ValueError, "same size"),
    ("mse_loss", (s, meta), {}, RuntimeError, "target.to(input.device)"),
    ("huber_loss", (s, y), {"delta": 0.0}, RuntimeError, "delta"),
    ("huber_loss", (s, y), {"delta": NAN}, RuntimeError, "delta"),
    ("smooth_l1_loss", (s, y), {"beta": -1.0}, RuntimeError, "beta"),
    # margin
    ("margin_ranking_loss", (s, y, y[0]), {}, RuntimeError, "number of dimensions"),
    ("margin_ranking_loss", (s, y, y[:2]), {}, RuntimeError, "do not broadcast"),
    ("margin_ranking_loss", (s, s, meta), {}, RuntimeError, "target.to(input.device)"),
    ("multilabel_margin_loss", (x, x.long() + 3), {}, RuntimeError, "out of range"),
    ("multilabel_margin_loss", (x, x.long() - 2), {}, RuntimeError, "out of range"),
    ("multilabel_margin_loss", (x, x.long()[:2]), {}, RuntimeError, "same size"),
    ("multilabel_margin_loss", (x, x), {}, RuntimeError, "target.long()"),
    ("multilabel_margin_loss", (x[None], x[None].long()), {}, RuntimeError, "(N, C)"),
    ("multilabel_margin_loss", (x[:, :0], x[:, :0].long()), {}, RuntimeError, "C > 0"),
    ("multilabel_margin_loss", (x.long(), x.long()), {}, NotImplementedError, "input.float()"),
    ("soft_margin_loss", (s, y[:2]), {}, RuntimeError, "does not broadcast"),
    ("soft_margin_loss", (t, t), {}, RuntimeError, "input.float()"),
    ("soft_margin_loss", (s, grad), {}, RuntimeError, "target.detach()"),
]
BAD += [
    (name, arguments, {"reduction": word}, ValueError, "not a valid value for reduction")
    for name, arguments in [
        ("binary_cross_entropy", (p, y)),
        ("binary_cross_entropy_with_logits", (s, y)),
        ("cross_entropy", (x, t)),
        ("nll_loss", (x, t)),
        ("kl_div", (x, x)),
        ("l1_loss", (s, y)),
        ("mse_loss", (s, y)),
        ("huber_loss", (s, y)),
        ("smooth_l1_loss", (s, y)),
        ("margin_ranking_loss", (s, s, y)),
        ("multilabel_margin_loss", (x, x.long())),
        ("soft_margin_loss", (s, y)),
    ]
    for word in ("average", None)
]

# what torch has no twin of
OWN = [
    (function, arguments, settings, exception, words)
    for function, arguments in [
        (lossutils.focal_loss, (p, y)),
        (lossutils.sigmoid_focal_loss, (s, y)),
        (lossutils.softmax_focal_loss, (x, t)),
    ]
    for settings, exception, words in [
        ({"gamma": -1}, ValueError, "gamma is -1"),
        ({"gamma": NAN}, ValueError, "gamma is nan"),
        ({"alpha": 1.5}, ValueError, "alpha is 1.5"),
        ({"alpha": -0.1}, ValueError, "[0, 1]"),
        ({"alpha": NAN}, ValueError, "[0, 1]"),
        ({"reduction": "average"}, ValueError, "not a valid value for reduction"),
    ]
]
OWN += [
    (lossutils.focal_loss, (p + 1, y), {}, RuntimeError, "between 0 and 1"),
    (lossutils.focal_loss, (p * NAN, 1), {}, RuntimeError, "between 0 and 1"),
    (lossutils.focal_loss, (p, 2), {}, RuntimeError, "all elements of target"),
    (lossutils.focal_loss, (t, y), {}, NotImplementedError, "input.float()"),
    (lossutils.focal_loss, (p, y[:2]), {}, RuntimeError, "do not broadcast"),
    (lossutils.focal_loss, (p, meta), {}, RuntimeError, "target.to(input.device)"),
    (lossutils.sigmoid_focal_loss, (t, y), {}, NotImplementedError, "input.float()"),
    (lossutils.sigmoid_focal_loss, (s, y[:2]), {}, RuntimeError, "do not broadcast"),
    (lossutils.sigmoid_focal_loss, (s, meta), {}, RuntimeError, "target.to(input.device)"),
    (lossutils.softmax_focal_loss, (x, t + 1), {}, IndexError, "out of bounds"),
    (lossutils.softmax_focal_loss, (x, t[:3]), {}, ValueError, "one target"),
    (lossutils.softmax_focal_loss, (x, t.float()), {}, RuntimeError, "target.long()"),
    (lossutils.softmax_focal_loss, (x, x.softmax(1)), {}, RuntimeError, "target.long()"),
    (lossutils.softmax_focal_loss, (x[0, 0], t[0]), {}, ValueError, "1 or more dimensions"),
    (lossutils.softmax_focal_loss, (x, t), {"alpha": w[:2]}, RuntimeError, "one number each"),
    (lossutils.SigmoidFocalLoss, (), {"gamma": -1}, ValueError, "gamma is -1"),
    (lossutils.SoftmaxFocalLoss, (), {"reduction": "average"}, ValueError, "reduction"),
    (lossutils.self_information, (p + 1,), {}, ValueError, "between 0 and 1"),
    (lossutils.self_information, (p,), {"base": 1}, ValueError, "base is 1"),
    (lossutils.entropy, (-p,), {}, ValueError, "between 0 and 1"),
    (lossutils.entropy, (p * NAN,), {}, ValueError, "between 0 and 1"),
    (lossutils.entropy, (t,), {}, NotImplementedError, "p.float()"),
    (lossutils.entropy, (p,), {"base": -2}, ValueError, "base is -2"),
    (lossutils.kl_divergence, (p, 2 * p), {}, ValueError, "q must hold probabilities"),
    (lossutils.kl_divergence, (p, p[:2]), {}, RuntimeError, "do not broadcast"),
    (information.cross_entropy, (2 * p, p), {}, ValueError, "p must hold probabilities"),
    (lossutils.l1_penalty, (3.0,), {}, TypeError, "give a tensor"),
    (lossutils.l2_penalty, ([1.0, 2.0],), {}, TypeError, "give a tensor"),
]


def names(row):
    function, arguments, settings, exception, _ = row
    name = function if isinstance(function, str) else function.__name__
    return f"{name}-{exception.__name__}-{settings or [tuple(a.shape) for a in arguments if torch.is_tensor(a)]}"


@pytest.mark.parametrize("row", BAD, ids=names)
def test_bad_input_raises_what_torch_raises_and_says_more(row):
    name, arguments, settings, exception, words = row
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(exception, match=re.escape(words)) as raised:
            getattr(lossutils, name)(*arguments, **settings)
        assert raised.type is exception
        with pytest.raises(exception) as raised:
            getattr(F, name)(*arguments, **settings)
        assert raised.type is exception


@pytest.mark.parametrize("row", OWN, ids=names)
def test_bad_input_to_what_torch_has_no_twin_of(row):
    function, arguments, settings, exception, words = row
    with pytest.raises(exception, match=re.escape(words)) as raised:
        function(*arguments, **settings)
    assert raised.type is exception


@pytest.mark.parametrize("row", BAD + OWN, ids=names)
def test_what_is_wrong_is_said_in_one_sentence(row):
    function, arguments, settings, exception, _ = row
    function = getattr(lossutils, function) if isinstance(function, str) else function
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(exception) as raised:
            function(*arguments, **settings)
    sentence = str(raised.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert not re.search(r"\. [A-Z]", sentence)
    assert len(sentence) < 260


def test_torchs_deprecated_switches_mean_what_they_meant():
    for switches in ((False, None), (None, False), (True, True), (False, False)):
        with pytest.warns(UserWarning, match="reduction="):
            loss = lossutils.binary_cross_entropy(p, y, None, *switches)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.testing.assert_close(loss, F.binary_cross_entropy(p, y, None, *switches))
    with pytest.warns(UserWarning, match="elementwise_mean"):
        lossutils.mse_loss(s, y, reduction="elementwise_mean")


@pytest.mark.parametrize("name", sorted({row[0] for row in BAD}))
def test_signatures_are_torchs(name):
    ours, torchs = (inspect.signature(getattr(m, name)).parameters.values() for m in (lossutils, F))
    assert [(a.name, a.default, a.kind) for a in ours] == [(a.name, a.default, a.kind) for a in torchs]


def test_no_value_is_read_off_an_accelerator():
    """On the meta device there are no values: whoever looks at one fails."""
    a, b = torch.empty(4, 3, device="meta", requires_grad=True), torch.empty(4, 3, device="meta")
    k = torch.empty(4, dtype=torch.long, device="meta")
    lossutils.binary_cross_entropy(a, b).backward()
    lossutils.binary_cross_entropy_with_logits(a, b, pos_weight=b[0]).backward()
    lossutils.focal_loss(a, b, reduction="mean").backward()
    lossutils.sigmoid_focal_loss(a, b, alpha=0.25, reduction="mean").backward()
    lossutils.cross_entropy(a, k, b[0], label_smoothing=0.1).backward()
    lossutils.nll_loss(a, k).backward()
    lossutils.softmax_focal_loss(a, k, reduction="mean").backward()
    lossutils.entropy(a).sum().backward()
    lossutils.kl_divergence(b, a).sum().backward()
    lossutils.kl_div(a, b, reduction="batchmean").backward()
    lossutils.multilabel_margin_loss(a, b.long()).backward()
    for name in ("l1_loss", "mse_loss", "huber_loss", "smooth_l1_loss", "soft_margin_loss"):
        getattr(lossutils, name)(a, b).backward()
    assert not _contract.readable(b)


def test_torch_compile_takes_every_loss_whole():
    a, b, k = torch.rand(4, 3, requires_grad=True), torch.rand(4, 3), torch.tensor([0, 2, 1, 1])
    for function, arguments in (
        (lossutils.binary_cross_entropy, (a, b)),
        (lossutils.binary_cross_entropy_with_logits, (a, b)),
        (lambda s, y: lossutils.sigmoid_focal_loss(s, y, alpha=0.25, reduction="mean"), (a, b.round())),
        (lossutils.cross_entropy, (a, k)),
        (lambda x, t: lossutils.softmax_focal_loss(x, t, reduction="mean"), (a, k)),
        (lossutils.huber_loss, (a, b)),
        (lossutils.soft_margin_loss, (a, b)),
    ):
        results = []
        for f in (function, torch.compile(function, backend="aot_eager", fullgraph=True)):
            loss = f(*arguments)
            results.append((loss.detach(), *torch.autograd.grad(loss, a)))
        torch.testing.assert_close(*results)
